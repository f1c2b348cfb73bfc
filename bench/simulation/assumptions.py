"""The figures that the simulation stands on, each with where it is from.

What ``make bench`` has measured is taken from its last run; what only a cloud could tell is what
its documentation says; the rest is a stated assumption that the command line can change.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

from bench.results import Results
from tng.apply.engine import MOST_THREADS

MICROSECOND = 1e-6


@dataclass(frozen=True, slots=True)
class Given:
    """A figure, its unit, and where it is from."""

    value: float
    unit: str
    origin: str


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Everything that is not the user's to decide; see `assumptions`."""

    entry_bytes: Given
    report_bytes: Given
    verify_seconds: Given
    stream_seconds: Given
    ledger_rate: Given
    ledger_bytes: Given
    call_seconds: Given
    planned_bytes: Given
    calls_a_device: Given
    threads: Given
    latency: Given
    listed_a_page: Given
    listing_rate: Given
    index_bytes: Given
    dps_rate: Given
    dps_size: Given
    page_seconds: Given

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Name in words, value with unit, origin."""
        for field in fields(self):
            given: Given = getattr(self, field.name)
            yield _WORDS[field.name], f"{_number(given.value)} {given.unit}".strip(), given.origin


_WORDS = {
    "entry_bytes": "an entry of a manifest",
    "report_bytes": "a device in the JSON report",
    "verify_seconds": "decode and verify a device, on one of several busy cores",
    "stream_seconds": "split, collect and report a device, in the one process that reads",
    "ledger_rate": "devices a second that the ledger (SQLite) takes",
    "ledger_bytes": "a device in the ledger",
    "call_seconds": "client CPU a call to AWS IoT",
    "planned_bytes": "a planned device in memory",
    "calls_a_device": "calls a device: certificate and policy",
    "threads": "devices under way at most, a process and target",
    "latency": "an answer of the cloud",
    "listed_a_page": "certificates listed by a call",
    "listing_rate": "listing calls a second, a target",
    "index_bytes": "a device in the index of duplicates",
    "dps_rate": "devices a second, an Azure DPS",
    "dps_size": "enrollments, an Azure DPS",
    "page_seconds": "a device in the audit's HTML page",
}

_DOCUMENTED_AWS = "AWS IoT API reference and service quotas"
_DOCUMENTED_DPS = "Azure subscription limits: 1,000 operations a minute, 90% of it used"
_NOT_MEASURED = "assumed until `make bench` has measured it"


def assumptions(results: Results, *, latency: float = 0.05) -> Assumptions:
    """The figures, from ``results`` where they have them; ``latency`` is in seconds."""
    measured = _Measured(results)
    ratio = measured.ratio
    return Assumptions(
        entry_bytes=ratio("million", "million_gigabytes", "million_devices", 3750, "bytes", 1e9),
        report_bytes=ratio(
            "million", "million_report_gigabytes", "million_devices", 1150, "bytes", 1e9
        ),
        verify_seconds=measured.product(
            "local", "all_cores_us_per_device", "cores", 165 * MICROSECOND, "s", MICROSECOND
        ),
        stream_seconds=measured.one(
            "million", "million_reader_us_per_device", 40 * MICROSECOND, "s", MICROSECOND
        ),
        ledger_rate=measured.one("ledger", "ledger_devices_per_second", 8000, "devices/s"),
        ledger_bytes=measured.one("ledger", "ledger_bytes_per_device", 700, "bytes"),
        call_seconds=measured.one(
            "quota", "quota_1000_cpu_us_per_call", 850 * MICROSECOND, "s", MICROSECOND
        ),
        planned_bytes=measured.one("planning", "planning_bytes_per_device", 4000, "bytes"),
        calls_a_device=Given(2, "", "RegisterCertificateWithoutCA, AttachPolicy"),
        threads=Given(float(MOST_THREADS), "", "what the engine allows a target"),
        latency=Given(latency, "s", "assumed; `--latency`"),
        listed_a_page=Given(250, "", _DOCUMENTED_AWS),
        listing_rate=Given(10, "calls/s", _DOCUMENTED_AWS),
        index_bytes=Given(110, "bytes", "two digests with place and certificate, in a B-tree"),
        dps_rate=Given(15, "devices/s", _DOCUMENTED_DPS),
        dps_size=Given(1_000_000, "", "Azure subscription limits"),
        page_seconds=ratio("page", "page_write_seconds_100000", "", 2.5e-5, "s", 1e-5),
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    results: Results

    def one(
        self, section: str, figure: str, otherwise: float, unit: str, scale: float = 1.0
    ) -> Given:
        """That figure times ``scale``."""
        return self._given(section, (figure,), otherwise, unit, lambda found: found[0] * scale)

    def product(
        self, section: str, first: str, second: str, otherwise: float, unit: str, scale: float
    ) -> Given:
        """Both figures multiplied."""
        return self._given(
            section, (first, second), otherwise, unit, lambda found: found[0] * found[1] * scale
        )

    def ratio(
        self, section: str, first: str, second: str, otherwise: float, unit: str, scale: float
    ) -> Given:
        """One figure divided by the other, or by 1 where no second is named."""
        names = (first, second) if second else (first,)
        return self._given(
            section,
            names,
            otherwise,
            unit,
            lambda found: found[0] * scale / (found[1] if second else 1),
        )

    def _given(
        self,
        section: str,
        names: tuple[str, ...],
        otherwise: float,
        unit: str,
        combine: Callable[[Sequence[float]], float],
    ) -> Given:
        result = self.results.get(section)
        if result is None or any(name not in result.figures for name in names):
            return Given(otherwise, unit, _NOT_MEASURED)
        value = combine([result.figures[name] for name in names])
        return Given(value, unit, f"measured: section {section}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
