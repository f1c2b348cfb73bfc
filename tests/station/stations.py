"""A bench at a dock, with an issuer that signs at once."""

from tests.station.issuers import SigningIssuer
from tests.station.simulated import Bay
from tng.apply.stopping import StopSignal
from tng.csr.issuing import IssuingRefused
from tng.provisioning.result import DeviceResult
from tng.station.bench import Bench, BenchOptions
from tng.station.port import PortSettings, SerialPort


class Station:
    """Serves ``count`` devices at the dock; ``answer`` is in seconds."""

    def __init__(self, dock: Bay, count: int, answer: float = 60.0) -> None:
        self.issuer = SigningIssuer()
        self.told: list[str] = []
        self.stop = StopSignal()
        self.fatal: IssuingRefused | None = None
        self._dock = dock
        self._options = BenchOptions(answer, count)

    def run(self) -> list[DeviceResult]:
        settings = PortSettings(str(self._dock.path))
        with SerialPort(settings, self.stop, tell=self.told.append) as port:
            bench = Bench(port, self.issuer, self._options, self.stop, tell=self.told.append)
            results = list(bench.results())
            self.fatal = bench.fatal
        return results
