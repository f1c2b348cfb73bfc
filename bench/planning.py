"""Planning against an account that has a million certificates already: calls, time, memory.

`tng plan` itself, in a process of its own, against a stand-in that makes the certificates up as
they are listed and holds no quota: so the time is that of the reading alone. At AWS's default
quotas it would be the calls' share of 10 a second, which is told as well.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.inputs import Inputs, make_inputs
from bench.iot_answers import IotQuota
from bench.iot_service import IotProcess
from bench.processes import tng_command
from bench.watched import Watched

_MIB = 1024 * 1024
_CERTIFICATES = 1_000_000
_RATE = 100_000
"""A second: far more than there will be."""
_QUOTA = 10
"""Calls of ListCertificates and DescribeCertificate a second (AWS's default)."""
_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "BENCH", "AWS_SECRET_ACCESS_KEY": "bench"}
_LIST, _DESCRIBE = "ListCertificates", "DescribeCertificate"

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Case:
    """So many ``devices`` planned where so many ``certificates`` of others are."""

    devices: int
    certificates: int

    @property
    def name(self) -> str:
        """In the figures."""
        return f"planning_{self.devices}_of_{self.certificates}"


CASES = (Case(10, _CERTIFICATES), Case(5000, 0), Case(50_000, 0), Case(5000, _CERTIFICATES))
_FEWER, _MORE = CASES[1], CASES[2]
BYTES_A_DEVICE = "planning_bytes_per_device"
"""What a planned device takes in memory, by the difference of two runs."""


def measure_planning(folder: Path) -> Figures:
    """Every figure by its name; files are made in ``folder``."""
    inputs = make_inputs(folder, tuple({case.devices for case in CASES}))
    figures: Figures = {}
    with IotProcess() as service:
        for case in CASES:
            service.empty(IotQuota(), case.certificates)
            measured = _measure(service, case, inputs, folder)
            figures |= {f"{case.name}_{name}": value for name, value in measured.items()}
    more = figures[f"{_MORE.name}_peak_mib"] - figures[f"{_FEWER.name}_peak_mib"]
    figures[BYTES_A_DEVICE] = more * _MIB / (_MORE.devices - _FEWER.devices)
    return figures


def _measure(service: IotProcess, case: Case, inputs: Inputs, folder: Path) -> Figures:
    command = tng_command(
        "plan", str(inputs.manifests[case.devices]), "--cloud", "aws", "--region", "eu-central-1",
        "--endpoint-url", service.url, "--rate", str(_RATE), "--format", "jsonl",
        *inputs.trust_flags,
    )  # fmt: skip
    run = Watched(command, folder, _ENVIRONMENT)
    run.wait()
    usage = {name: item for (_, name), item in service.sight().usage.items()}
    lists = usage[_LIST].given
    describes = usage[_DESCRIBE].given if _DESCRIBE in usage else 0
    start, end = usage[_LIST].first, max(item.last for item in usage.values())
    resident, threads = run.peak(0.0, float("inf"))
    return {
        "list_calls": lists,
        "describe_calls": describes,
        "seconds": end - start,
        "cpu_seconds": run.cpu_between(start, end),
        "seconds_at_default_quota": (lists + describes) / _QUOTA,
        "peak_mib": resident / _MIB,
        "threads": threads,
    }


def planning_table(figures: Figures) -> Table:
    """The figures as a table."""
    table = Table(title="tng plan in an account that is full already")
    for heading in (
        "devices", "certificates there", "lists", "describes", "read in", "CPU",
        "at 10 calls/s", "memory of all",
    ):  # fmt: skip
        table.add_column(heading)
    for case in CASES:
        # A run of an older version has fewer cases.
        if f"{case.name}_seconds" not in figures:
            continue
        table.add_row(
            f"{case.devices:,}",
            f"{case.certificates:,}",
            f"{figures[f'{case.name}_list_calls']:,.0f}",
            f"{figures[f'{case.name}_describe_calls']:,.0f}",
            f"{figures[f'{case.name}_seconds']:.1f} s",
            f"{figures[f'{case.name}_cpu_seconds']:.1f} s",
            f"{figures[f'{case.name}_seconds_at_default_quota'] / 60:.1f} min",
            f"{figures[f'{case.name}_peak_mib']:.0f} MiB",
        )
    if BYTES_A_DEVICE in figures:
        table.caption = f"A planned device takes {figures[BYTES_A_DEVICE] / 1000:.1f} kB of memory."
    return table


def main() -> None:
    """Measure all cases; print a table."""
    argparse.ArgumentParser(prog="python -m bench.planning", description=__doc__).parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tng-planning-") as name:
        figures = measure_planning(Path(name))
    Console(width=120).print(planning_table(figures))
    print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)


# Guarded: worker processes import this module again.
if __name__ == "__main__":
    main()
