"""A bench whose certificates come from CreateCertificateFromCsr in a target of ``tng.toml``."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tng.cli.benching import BenchRequest, serve_with
from tng.cli.fleet import say
from tng.errors import TargetError
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.apply.stopping import StopSignal
    from tng.issuing.one_by_one import CloudIssuer
    from tng.ledger import Ledger
    from tng.plan.models import DevicePlan


@dataclass(frozen=True, slots=True)
class CloudBench:
    """The target's name, and the folder for certificates."""

    target: str
    certificates: Path
    config: Path | None

    @contextmanager
    def issuer(
        self,
        ledger: "Ledger",
        command: str,
        stop: "StopSignal",
        _is_cut_short: Callable[[], bool],
    ) -> "Iterator[CloudIssuer]":
        """The target as an issuer, held from here on; raises `TngError`.

        Each device is a run of its own, which nothing cuts short.
        """
        from tng.clouds.interface import CloudError
        from tng.clouds.registry import CloudOpener, select_targets
        from tng.config import load_settings
        from tng.issuing.folder import CertificateFolder
        from tng.issuing.one_by_one import CloudIssuer
        from tng.registration import open_targets

        settings = load_settings(self.config, os.environ, Path())
        chosen = select_targets(settings, [self.target], {})
        (target,) = open_targets(chosen, CloudOpener(threads=1).open, stop)
        CertificateFolder(self.certificates, {}).prepare()

        def keeper(planned: "DevicePlan") -> CertificateFolder:
            name = planned.name or planned.device.record.device_id
            return CertificateFolder(self.certificates, {planned.key: name}, say)

        made = CloudIssuer(target, ledger, command=command, stop=stop, keeper_of=keeper)
        with ExitStack() as held:
            try:
                issuer = held.enter_context(made)
            except CloudError as error:
                raise TargetError(str(error), "Run the same command again.") from error
            yield issuer


def serve_by_cloud(request: BenchRequest, target: str, certificates: Path) -> ExitCode:
    """Serve devices by a target of ``tng.toml``; the exit code. Raises `TngError`."""
    bench = CloudBench(target, certificates, request.config)
    return serve_with(request, target, bench.issuer)
