"""A whole delivery at once: a million chips through the command, as its users run it.

The chips are all different, and a second manifest repeats a known number of them, so that the
report can be held against what must be in it: a fast run that misses one counts as none.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from rich.table import Table

from bench.figures import Figures, Settings, plain_table
from bench.inputs import make_inputs, make_manifest
from bench.processes import has_proc, run_to_end, tng_command

_QUICK = 1_500
_REPEATED_SHARE = 200
"""One chip of so many comes again."""

_TAIL_BYTES = 1 << 20
_SAMPLE_SECONDS = 0.1
"""Memory is flat over minutes, and looking at it takes time from what is measured."""

_FOUND_REPEATS = 1
"""Exit code: done, with findings."""


def measure_million(settings: Settings) -> Figures:
    """Wall clock, devices a second and peak memory of ``tng verify`` at its defaults."""
    size = _QUICK if settings.quick else settings.large
    repeated = size // _REPEATED_SHARE
    settings.say(f"making {size:,} entries …")
    inputs = make_inputs(settings.folder, (size,))
    manifest = inputs.manifests[size]
    second = settings.folder / "second.json"
    # Half of it are the last chips of the first manifest once more, half are new.
    make_manifest(second, 2 * repeated, start=size - repeated)
    report = settings.folder / "report.json"
    settings.say(f"verifying {size + 2 * repeated:,} entries …")
    command = tng_command(
        "verify", str(manifest), str(second), *inputs.trust_flags,
        "--format", "json", "--output", str(report),
    )  # fmt: skip
    run = run_to_end(command, every=_SAMPLE_SECONDS, expect=(_FOUND_REPEATS,))
    summary = _summary(report)
    figures = {
        "million_devices": float(size + 2 * repeated),
        "million_gigabytes": (manifest.stat().st_size + second.stat().st_size) / 1e9,
        "million_report_gigabytes": report.stat().st_size / 1e9,
        "million_seconds": run.seconds,
        "million_devices_per_second": (size + 2 * repeated) / run.seconds,
        "million_repeated": float(repeated),
        "million_verified": float(summary["outcomes"]["verified"]),
        "million_found_repeated": float(summary["findings"].get("duplicate-certificate", 0)),
    }
    figures["million_exact"] = float(
        (figures["million_verified"], figures["million_found_repeated"])
        == (size + repeated, repeated)
    )
    if has_proc():
        figures["million_peak_mb"] = run.peak / 1e6
    for path in (manifest, second, report):
        path.unlink()
    return figures


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
