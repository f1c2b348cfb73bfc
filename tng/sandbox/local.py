"""Local clouds side by side, and the files that let ``tng`` use them.

    with LocalClouds() as clouds:
        ...  # tng register --config {clouds.files.configuration} --target sandbox-eu

Nothing outlives it: not the processes, not the ports, not the files.
"""

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tng.sandbox.authority import CA_FILE, SandboxAuthority
from tng.sandbox.aws import CREDENTIALS_FILE, AwsSandbox, LocalAws
from tng.sandbox.aws import device_names as aws_device_names
from tng.sandbox.clouds import Emulator, LocalCloud
from tng.sandbox.configuration import SandboxFiles, SideFile
from tng.sandbox.dps.quotas import quota_for
from tng.sandbox.dps.sandbox import DpsSandbox, RunningDps
from tng.sandbox.dps.sandbox import device_names as dps_device_names
from tng.sandbox.faults import Fault
from tng.sandbox.quotas import AWS_DEFAULT_REGISTRATIONS
from tng.sandbox.record import DEFAULT_LIMIT, CallLog

ENVIRONMENT_FILE = "env"
"""Sets the environment of a shell that sources it."""


@dataclass(frozen=True, slots=True)
class RunningClouds:
    """The local clouds that are running; those that are not are ``None``."""

    aws: LocalAws | None
    azure: RunningDps | None
    files: SandboxFiles

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the targets in ``tng.toml``."""
        aws = () if self.aws is None else tuple(item.target for item in self.aws.accounts)
        azure = () if self.azure is None else tuple(item.name for item in self.azure.instances)
        return aws + azure

    @property
    def logs(self) -> tuple[CallLog, ...]:
        """The calls that were made, a log a cloud."""
        aws = () if self.aws is None else (self.aws.front.log,)
        azure = () if self.azure is None else (self.azure.server.log,)
        return aws + azure

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables with which ``tng`` and the clouds' own tools find them."""
        found = {"TNG_CONFIG": str(self.files.configuration)}
        if self.aws is not None:
            credentials = self.files.directory / CREDENTIALS_FILE
            found["AWS_SHARED_CREDENTIALS_FILE"] = str(credentials)
            found.update(self.aws.variables(self.files.directory))
        if self.azure is not None:
            found.update(self.azure.variables)
            found["SANDBOX_CA_FILE"] = str(self.ca_file)
        return dict(sorted(found.items()))

    @property
    def ca_file(self) -> Path:
        """The CA that devices and clients of all clouds must trust, as PEM."""
        return self.files.directory / CA_FILE

    @property
    def environment_file(self) -> Path:
        """A shell script that sets `environment`."""
        return self.files.directory / ENVIRONMENT_FILE


def _exports(environment: Mapping[str, str]) -> SideFile:
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
    return SideFile(ENVIRONMENT_FILE, "".join(lines))


class LocalClouds:
    """Starts a `RunningClouds`; a context manager.

    ``clouds`` are those to be run. ``directory`` takes the files (``None``: a temporary one).
    ``emulator`` is AWS's, and ``port`` that of the front before it; 0 takes a free one.
    ``device_port`` is where devices find Azure's side, ``aws_device_port`` where they find
    AWS's. ``rate`` is how many registrations a
    second an account or instance takes, with all other quotas in proportion; AWS's own is 10,
    and 0 limits nothing. The faults begin when everything is prepared. ``log_limit`` is how
    many calls a cloud keeps. Raises `ConfigurationError` if something is missing or taken.
    """

    def __init__(
        self,
        clouds: Sequence[LocalCloud] = tuple(LocalCloud),
        *,
        directory: Path | None = None,
        emulator: Emulator = Emulator.MINISTACK,
        port: int = 0,
        device_port: int = 0,
        aws_device_port: int = 0,
        rate: float = AWS_DEFAULT_REGISTRATIONS,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        log_limit: int = DEFAULT_LIMIT,
    ) -> None:
        self._clouds = frozenset(clouds)
        self._directory = directory
        self._rate = rate
        authority = SandboxAuthority((*aws_device_names(), *dps_device_names()))
        self._aws = AwsSandbox(
            emulator=emulator,
            port=port,
            device_port=aws_device_port,
            authority=authority,
            rate=rate,
            faults=faults,
            seed=seed,
            log_limit=log_limit,
        )
        self._azure = DpsSandbox(
            quota=quota_for(rate),
            device_port=device_port,
            authority=authority,
            faults=faults,
            seed=seed,
            log_limit=log_limit,
        )
        self._stack = ExitStack()

    def __enter__(self) -> RunningClouds:
        with ExitStack() as stack:
            running = self._start(stack)
            self._stack = stack.pop_all()
        return running

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> RunningClouds:
        aws = stack.enter_context(self._aws) if LocalCloud.AWS in self._clouds else None
        azure = stack.enter_context(self._azure) if LocalCloud.AZURE in self._clouds else None
        files = SandboxFiles(self._directory or self._temporary_directory(stack))
        stack.callback(files.remove)
        running = RunningClouds(aws, azure, files)
        started = [cloud for cloud in (aws, azure) if cloud is not None]
        # Both clouds name the same CA.
        others = {file.name: file for cloud in started for file in cloud.side_files()}
        files.write(
            [section for cloud in started for section in cloud.sections()],
            [*others.values(), _exports(running.environment)],
        )
        return running

    def _temporary_directory(self, stack: ExitStack) -> Path:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tng-sandbox-files-")))
