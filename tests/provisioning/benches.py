"""A fleet issuer with everything real behind it: link, ledger, folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from tests.provisioning.fleet_service import TEMPLATE, Signer, ca_file
from tng.apply.retry import RetryPolicy
from tng.apply.stopping import StopSignal
from tng.device.credentials import load_file_credentials
from tng.device.link import DeviceEndpoint, DeviceLink
from tng.device.links import open_link
from tng.ledger import open_ledger
from tng.ledger.relational import RelationalLedger
from tng.ledger_location import ledger_location
from tng.provisioning.caller import FleetCaller, FleetService
from tng.provisioning.issuer import FleetIssuer, Provisioning
from tng.provisioning.keeping import wanted_certificates
from tng.provisioning.saving import ResultFolder
from tng.provisioning.template import ParameterTemplates


@dataclass
class Workplace:
    """A folder with a ledger, certificates and a claim; ``told`` is what a person was told.

    With a ``database``, its URL, the ledger is there and not in the folder.
    """

    folder: Path
    database: str = ""
    told: list[str] = field(default_factory=list)

    @property
    def certificates(self) -> Path:
        return self.folder / "certificates"

    @property
    def ledger_file(self) -> Path:
        return self.folder / "ledger.db"

    def ledger(self) -> RelationalLedger:
        """The ledger, opened anew."""
        return open_ledger(ledger_location(self.database or str(self.ledger_file), "the test"))

    @contextmanager
    def issuer(
        self,
        port: int,
        *,
        timeout: float = 30.0,
        host: str = "127.0.0.1",
        parameters: tuple[str, ...] = ("SerialNumber={device_id}",),
        trusts: bool = True,
        again: bool = False,
        within: str = "",
        keep: tuple[str, ...] = (),
    ) -> Iterator[FleetIssuer]:
        # Of benches side by side each writes files of its own.
        own = Path(mkdtemp(dir=self.folder))
        certificate, key = Signer().claim(own)
        credentials = load_file_credentials(certificate, key, lambda: "")
        authority = ca_file(own) if trusts else None
        endpoint = DeviceEndpoint(host, port, ("127.0.0.1", port), authority)
        stop = StopSignal()

        def opened(seconds: float) -> DeviceLink:
            return open_link(endpoint, credentials, "bench", timeout_seconds=seconds)

        service = FleetService("127.0.0.1", TEMPLATE, "bench")
        policy = RetryPolicy(base=0.01, cap=0.02)
        provisioning = Provisioning(
            ParameterTemplates.parse(parameters),
            ResultFolder(self.certificates / within),
            timeout,
            again,
            wanted_certificates(keep),
        )
        with (
            self.ledger() as ledger,
            FleetIssuer(
                service,
                FleetCaller(service, opened, stop, policy=policy),
                provisioning,
                ledger,
                command="tng fleet-provision",
                tell=self.told.append,
                stop=stop,
            ) as issuer,
        ):
            yield issuer
