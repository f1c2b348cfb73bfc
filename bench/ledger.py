"""What registering can carry without a cloud: the ledger's ceiling and the rate that is held."""

from collections.abc import Iterable

from rich.table import Table

from bench.figures import Figures, Settings, plain_table
from bench.ledger_ceiling import ceiling_rows, measure_ceilings
from bench.registering import held_rate

_DEVICES, _QUICK_DEVICES = 5_000, 300
_RATE = 100.0
_SECONDS, _QUICK_SECONDS = 5.0, 0.5


def measure_ledger(settings: Settings) -> Figures:
    """Devices a second that the ledger takes, and calls a second through a saturated bucket."""
    devices = _QUICK_DEVICES if settings.quick else _DEVICES
    seconds = _QUICK_SECONDS if settings.quick else _SECONDS
    ceilings = measure_ceilings(settings.folder, devices)
    size = sum(path.stat().st_size for path in settings.folder.glob("*.db"))
    return {
        **ceilings,
        "ledger_bytes_per_device": size / devices,
        "held_rate_of_100": held_rate(_RATE, seconds),
    }


def ledger_tables(figures: Figures) -> Iterable[Table]:
    """Both beside what they are held against."""
    rows = (
        *ceiling_rows(figures),
        ("ledger on disk", f"{figures['ledger_bytes_per_device']:,.0f} bytes a device", ""),
        (
            "rate held by a bucket, 16 threads",
            f"{figures['held_rate_of_100']:.1f}/s",
            f"set: {_RATE:.0f}/s",
        ),
    )
    yield plain_table("without a cloud", ("measured", "figure", "against"), rows)
