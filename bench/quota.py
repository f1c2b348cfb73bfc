"""Registering in AWS at the quota: how much of it is held, and what that takes.

`tng register` itself, in a process of its own, against a stand-in that enforces a quota with
a bucket per account, region and operation. From the first registration to the last: the share
of the quota, what was refused, CPU time, memory, threads and connections.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.boto_alone import boto_cpu_per_call
from bench.inputs import Inputs, make_inputs
from bench.iot_answers import REGISTER, IotQuota
from bench.iot_service import IotProcess, Sight
from bench.processes import tng_command
from bench.watched import Watched

_MIB = 1024 * 1024
_SECONDS = 10
_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "BENCH", "AWS_SECRET_ACCESS_KEY": "bench"}
_CONFIGURATION = """[targets.t{number}]
cloud = "aws"
region = "eu-bench-{number}"
endpoint_url = "{url}"
rate = {rate}
"""

Figures = dict[str, float]
_ALONE = "quota_boto3_cpu_us_per_call"


@dataclass(frozen=True, slots=True)
class Case:
    """One measurement: ``rate`` registrations a second a target, in ``shards`` processes."""

    name: str
    rate: int
    devices: int
    targets: int = 1
    shards: int = 1

    @property
    def label(self) -> str:
        """In words."""
        several = f"{self.targets} targets, " if self.targets > 1 else ""
        shards = f", {self.shards} shards" if self.shards > 1 else ""
        return f"{several}{self.rate:,}/s{shards}"


CASES = (
    Case("quota_10", 10, 10 * _SECONDS),
    Case("quota_100", 100, 100 * _SECONDS),
    Case("quota_1000", 1000, 1000 * _SECONDS),
    Case("quota_1000_shards", 1000, 1000 * _SECONDS, shards=2),
    Case("quota_40_targets", 10, 10 * _SECONDS, targets=40),
)


def measure_quota(folder: Path, cases: Sequence[Case] = CASES) -> Figures:
    """Every figure by its name; files are made in ``folder``."""
    inputs = make_inputs(folder, tuple({case.devices for case in cases}))
    figures: Figures = {}
    with IotProcess() as service:
        for number, case in enumerate(cases):
            place = folder / f"quota-{number}"
            place.mkdir()
            figures |= _measure(service, case, inputs, place)
        fewest = min(case.devices for case in cases)
        figures[_ALONE] = boto_cpu_per_call(service, inputs, fewest) * 1e6
    return figures


def _measure(service: IotProcess, case: Case, inputs: Inputs, folder: Path) -> Figures:
    service.empty(IotQuota({REGISTER: case.rate}))
    tables = [
        _CONFIGURATION.format(number=n, url=service.url, rate=case.rate)
        for n in range(1, case.targets + 1)
    ]
    (folder / "tng.toml").write_text("\n".join(tables), encoding="utf-8")
    runs = [
        Watched(_command(case, inputs, shard), folder, _ENVIRONMENT)
        for shard in range(1, case.shards + 1)
    ]
    for run in runs:
        run.wait()
    sight = service.sight()
    _check(case, sight)
    return {f"{case.name}_{name}": value for name, value in _figures(case, sight, runs).items()}


def _command(case: Case, inputs: Inputs, shard: int) -> list[str]:
    targets = [word for n in range(1, case.targets + 1) for word in ("--target", f"t{n}")]
    shards = ["--shard", f"{shard}/{case.shards}"] if case.shards > 1 else []
    manifest = inputs.manifests[case.devices]
    return tng_command(
        "register", str(manifest), *targets, *shards, "--yes", "--format", "jsonl",
        *inputs.trust_flags,
    )  # fmt: skip


def _figures(case: Case, sight: Sight, runs: Sequence[Watched]) -> Figures:
    usages = [usage for (_, name), usage in sight.usage.items() if name == REGISTER]
    start, end = min(usage.first for usage in usages), max(usage.last for usage in usages)
    # The first call leaves at once: there are as many intervals as further calls.
    shares = [(usage.given - 1) / (usage.last - usage.first) / case.rate for usage in usages]
    peaks = [run.peak(start, end) for run in runs]
    cpu = sum(run.cpu_between(start, end) for run in runs)
    calls = sum(usage.given for usage in usages)
    return {
        "share": min(shares),
        "calls_per_second": sum(shares) * case.rate,
        "throttled": sum(usage.refused for usage in usages),
        "least_left": min(usage.least for usage in usages),
        "cpu_seconds": cpu,
        "cpu_us_per_call": cpu / calls * 1e6,
        "cpu_share_of_core": cpu / (end - start),
        "service_cpu_seconds": sight.cpu,
        "peak_mib": sum(resident for resident, _ in peaks) / _MIB,
        "threads": sum(threads for _, threads in peaks),
        "connections": sight.connections,
    }


def _check(case: Case, sight: Sight) -> None:
    """Each device once on each target, or the figures mean nothing."""
    if len(sight.registrations) != case.devices:
        raise AssertionError(f"{len(sight.registrations)} of {case.devices} were registered")
    if set(sight.registrations.values()) != {case.targets}:
        raise AssertionError("a device was registered twice on a target, or not at all")


def quota_table(figures: Figures, cases: Sequence[Case] = CASES) -> Table:
    """The figures as a table."""
    table = Table(title="tng register against an AWS IoT that enforces its quota")
    for heading in (
        "quota", "held", "throttled", "CPU", "CPU a call", "memory", "threads", "connections",
    ):  # fmt: skip
        table.add_column(heading)
    for case in cases:
        own = {
            name.removeprefix(f"{case.name}_"): value
            for name, value in figures.items()
            if name.startswith(f"{case.name}_")
        }
        if "share" not in own:
            continue
        table.add_row(
            case.label,
            f"{own['share']:.1%}",
            f"{own['throttled']:.0f}",
            f"{own['cpu_share_of_core']:.0%} of a core",
            f"{own['cpu_us_per_call']:.0f} us",
            f"{own['peak_mib']:.0f} MiB",
            f"{own['threads']:.0f}",
            f"{own['connections']:.0f}",
        )
    if _ALONE in figures:
        table.caption = (
            f"boto3 alone, one call after another in one thread, takes {figures[_ALONE]:.0f} us of "
            "CPU a call."
        )
    return table


def main() -> None:
    """Measure those cases that are named, or all; print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.quota", description=__doc__)
    parser.add_argument("--only", choices=[case.name for case in CASES], action="append")
    options = parser.parse_args()
    cases = [case for case in CASES if options.only is None or case.name in options.only]
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tng-quota-") as name:
        figures = measure_quota(Path(name), cases)
    for label, value in figures.items():
        print(f"{label}: {value:.4g}", file=sys.stderr)
    Console(width=120).print(quota_table(figures, cases))
    print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)


# Guarded: worker processes import this module again.
if __name__ == "__main__":
    main()
