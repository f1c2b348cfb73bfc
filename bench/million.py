"""A whole delivery at once: a million chips through the command, as its users run it.

The chips are all different, and a second manifest repeats a known number of them, so that the
report can be held against what must be in it: a fast run that misses one counts as none.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from bench.figures import Figures, Settings, plain_table
from bench.inputs import Inputs, make_inputs, make_manifest
from bench.processes import Finished, has_proc, run_to_end, tng_command

_QUICK = 1_500
_REPEATED_SHARE = 200
"""One chip of so many comes again."""

_TAIL_BYTES = 1 << 20
_SAMPLE_SECONDS = 0.1
"""Memory is flat over minutes, and looking at it takes time from what is measured."""

_FOUND_REPEATS = 1
"""Exit code: done, with findings."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """Two manifests; half of the second are the last chips of the first once more."""

    inputs: Inputs
    first: Path
    second: Path
    size: int
    repeated: int

    @property
    def devices(self) -> int:
        return self.size + 2 * self.repeated


def measure_million(settings: Settings) -> Figures:
    """Wall clock, devices a second and peak memory of ``tng verify`` at its defaults."""
    delivery = _make(settings, _QUICK if settings.quick else settings.large)
    report = settings.folder / "report.json"
    settings.say(f"verifying {delivery.devices:,} entries …")
    command = tng_command(
        "verify", str(delivery.first), str(delivery.second), *delivery.inputs.trust_flags,
        "--format", "json", "--output", str(report),
    )  # fmt: skip
    run = run_to_end(command, every=_SAMPLE_SECONDS, expect=(_FOUND_REPEATS,))
    return {**_taken(delivery, report, run), **_found(delivery, report)}


def _make(settings: Settings, size: int) -> _Delivery:
    settings.say(f"making {size:,} entries …")
    inputs = make_inputs(settings.folder, (size,))
    second, repeated = settings.folder / "second.json", size // _REPEATED_SHARE
    make_manifest(second, 2 * repeated, start=size - repeated)
    return _Delivery(inputs, inputs.manifests[size], second, size, repeated)


def _taken(delivery: _Delivery, report: Path, run: Finished) -> dict[str, float]:
    read = delivery.first.stat().st_size + delivery.second.stat().st_size
    figures = {
        "million_devices": float(delivery.devices),
        "million_gigabytes": read / 1e9,
        "million_report_gigabytes": report.stat().st_size / 1e9,
        "million_seconds": run.seconds,
        "million_devices_per_second": delivery.devices / run.seconds,
    }
    if has_proc():
        figures["million_peak_mb"] = run.peak / 1e6
        figures["million_reader_us_per_device"] = run.cpu / delivery.devices * 1e6
    return figures


def _found(delivery: _Delivery, report: Path) -> dict[str, float]:
    summary = _summary(report)
    verified = summary["outcomes"]["verified"]
    repeated = summary["findings"].get("duplicate-certificate", 0)
    wanted = (delivery.size + delivery.repeated, delivery.repeated)
    return {
        "million_repeated": float(delivery.repeated),
        "million_found_repeated": float(repeated),
        "million_exact": float((verified, repeated) == wanted),
    }


def million_tables(figures: Figures) -> Iterable[Table]:
    """What was measured, and that the report was right."""
    devices = figures["million_devices"]
    rows = [
        ("input", f"{figures['million_gigabytes']:.2f} GB"),
        ("report (JSON)", f"{figures['million_report_gigabytes']:.2f} GB"),
        ("from prompt to prompt", f"{figures['million_seconds']:.1f} s"),
        ("devices a second", f"{figures['million_devices_per_second']:,.0f}"),
        ("repeated in the second manifest", f"{figures['million_repeated']:,.0f}"),
        ("found as repeated", f"{figures['million_found_repeated']:,.0f}"),
    ]
    if "million_peak_mb" in figures:
        peak = f"{figures['million_peak_mb']:.0f} MB"
        rows.append(("peak memory of all processes together", peak))
        reader = f"{figures['million_reader_us_per_device']:.0f} us"
        rows.append(("CPU a device of the process that reads and reports", reader))
    yield plain_table(f"tng verify, {devices:,.0f} devices", ("measured", "figure"), rows)


def _summary(report: Path) -> dict[str, dict[str, int]]:
    """The last member of the report, read from its end: the whole would need the memory."""
    with report.open("rb") as stream:
        stream.seek(max(0, report.stat().st_size - _TAIL_BYTES))
        tail = stream.read()
    _, marker, summary = tail.rpartition(b'"summary":')
    if not marker:
        raise AssertionError("the report has no summary at its end")
    found: dict[str, dict[str, int]] = json.loads(summary.rstrip().removesuffix(b"}"))
    return found
