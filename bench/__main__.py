"""``python -m bench``: measure, print a table, and write JSON where asked to."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.dps_service import DpsProcess
from bench.enrolling import DEVICES, EnrollingBench
from bench.enrolling_table import enrolling_tables
from bench.inputs import Inputs, make_inputs
from bench.page import measure_page, print_page
from bench.processes import elapsed, has_proc, peak_memory, tng_command
from bench.registering import held_rate, ledger_ceiling
from bench.verifying import measure_speed, verified_devices

Row = tuple[str, str, str]
_MIB = 1024 * 1024
_PARTS = ("local", "azure", "page")


def main() -> None:
    """Parse the options, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000, help="entries of the speed runs")
    parser.add_argument("--large", type=int, default=100_000, help="entries of the memory run")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each measurement")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--only", choices=_PARTS, help="measure this part alone")
    options = parser.parse_args()
    console = Console(file=sys.stderr)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="tng-bench-") as name:
        if options.only in (None, "local"):
            console.print(f"making manifests of {options.entries:,} and {options.large:,} chips …")
            inputs = make_inputs(Path(name), (10, options.entries, options.large))
            console.print("measuring …")
            figures |= _measure(inputs, options.entries, options.large, options.rounds)
            figures["ledger_devices_per_second"] = ledger_ceiling(Path(name), 5000)
            figures["held_rate_of_100"] = held_rate(100, 5)
            _print(figures)
        if options.only in (None, "azure"):
            console.print("registering in a stand-in of Azure DPS …")
            figures |= _measure_enrolling(Path(name), options.rounds)
            Console(width=100).print(*enrolling_tables(figures), sep="\n")
        if options.only in (None, "page"):
            console.print("writing and opening the page of an audit …")
            figures |= measure_page(Path(name), options.rounds)
            print_page(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _measure_enrolling(folder: Path, rounds: int) -> dict[str, float]:
    devices = verified_devices(make_inputs(folder, (DEVICES,)), DEVICES)
    with DpsProcess() as service:
        return EnrollingBench(service, devices, folder).run(rounds)


def _measure(inputs: Inputs, entries: int, large: int, rounds: int) -> dict[str, float]:
    speed = measure_speed(inputs, entries, rounds)
    ten = tng_command("verify", str(inputs.manifests[10]), *inputs.trust_flags)
    figures = {
        "entries": entries,
        "cores": speed.cores,
        "limit_us_per_device": speed.limit * 1e6,
        "one_core_us_per_device": speed.one_core * 1e6,
        "one_core_ratio_to_limit": speed.limit / speed.one_core,
        "all_cores_us_per_device": speed.all_cores * 1e6,
        "all_cores_speed_up": speed.one_core / speed.all_cores,
        "help_seconds": elapsed(tng_command("--help"), 2 * rounds),
        "bare_python_seconds": elapsed([sys.executable, "-c", "pass"], 2 * rounds),
        "ten_entries_seconds": elapsed(ten, 2 * rounds),
    }
    if has_proc():
        for size in (entries, large):
            for jobs in (1, 0):
                command = tng_command("verify", str(inputs.manifests[size]), *inputs.trust_flags)
                where = "one" if jobs else "all"
                figures[f"peak_mib_{where}_{size}"] = (
                    peak_memory([*command, "--jobs", str(jobs)]) / _MIB
                )
    return figures


def _print(figures: dict[str, float]) -> None:
    table = Table(title=f"{figures['entries']:,} entries, {figures['cores']} cores")
    for heading in ("measured", "figure", "against"):
        table.add_column(heading)
    for row in _rows(figures):
        table.add_row(*row)
    Console(width=100).print(table)


def _rows(figures: dict[str, float]) -> list[Row]:
    limit = figures["limit_us_per_device"]
    one = figures["one_core_us_per_device"]
    spread = figures["all_cores_us_per_device"]
    rows = [
        ("limit: two bare P-256 verifications", f"{limit:.0f} us a device", ""),
        (
            "decode and verify, one core",
            f"{one:.0f} us, {1e6 / one:,.0f}/s",
            f"{figures['one_core_ratio_to_limit']:.0%} of the limit",
        ),
        (
            "decode and verify, all cores",
            f"{spread:.0f} us, {1e6 / spread:,.0f}/s",
            f"{figures['all_cores_speed_up']:.2f} x one core",
        ),
        (
            "tng --help",
            f"{figures['help_seconds'] * 1e3:.0f} ms",
            f"bare Python: {figures['bare_python_seconds'] * 1e3:.0f} ms",
        ),
        ("tng verify, 10 entries, prompt to prompt", f"{figures['ten_entries_seconds']:.2f} s", ""),
        (
            "ledger alone, 2 steps a device",
            f"{figures['ledger_devices_per_second']:,.0f} devices/s",
            "default quota: 10/s",
        ),
        ("rate held, 16 threads", f"{figures['held_rate_of_100']:.1f}/s", "set: 100/s"),
    ]
    for name, value in figures.items():
        if name.startswith("peak_mib_"):
            where, size = name.removeprefix("peak_mib_").split("_")
            label = "one core" if where == "one" else "all cores"
            rows.append((f"peak memory, {int(size):,} entries, {label}", f"{value:.0f} MiB", ""))
    return rows


# Guarded: worker processes import this module again.
if __name__ == "__main__":
    main()
