"""What registering can carry without a cloud: the ledger's ceiling and the rate that is held."""

from collections.abc import Iterable

from rich.table import Table

from bench.figures import Figures, Settings, plain_table
from bench.registering import held_rate, ledger_ceiling

_DEVICES, _QUICK_DEVICES = 5_000, 300
_RATE = 100.0
_SECONDS, _QUICK_SECONDS = 5.0, 0.5


def measure_ledger(settings: Settings) -> Figures:
    """Devices a second that the ledger takes, and calls a second through a saturated bucket."""
    devices = _QUICK_DEVICES if settings.quick else _DEVICES
    seconds = _QUICK_SECONDS if settings.quick else _SECONDS
    rate = ledger_ceiling(settings.folder, devices)
    size = sum(path.stat().st_size for path in settings.folder.glob("*.db"))
    return {
        "ledger_devices_per_second": rate,
        "ledger_bytes_per_device": size / devices,
        "held_rate_of_100": held_rate(_RATE, seconds),
    }


def ledger_tables(figures: Figures) -> Iterable[Table]:
    """Both beside what they are held against."""
    rows = (
        (
            "ledger alone, 2 steps a device",
            f"{figures['ledger_devices_per_second']:,.0f} devices/s",
            "default quota: 10/s",
        ),
        ("ledger on disk", f"{figures['ledger_bytes_per_device']:,.0f} bytes a device", ""),
        (
            "rate held by a bucket, 16 threads",
            f"{figures['held_rate_of_100']:.1f}/s",
            f"set: {_RATE:.0f}/s",
        ),
    )
    yield plain_table("without a cloud", ("measured", "figure", "against"), rows)
