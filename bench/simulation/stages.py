"""The closed formulas: what each stage of a fleet's way takes, and which of them is the longest.

A stage takes as long as the slowest of what it needs (cores, the one reading process, a quota, the
ledger, the line); that one is its bottleneck. Stages that are not the same run add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from bench.simulation.assumptions import Assumptions
from tng.apply.calls import PACE

_DPS_A_SUBSCRIPTION = 10
"""Azure subscription limits."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the user decides.

    ``targets`` are AWS accounts in regions, each taking ``rate`` registrations a second and an
    equal part of the devices. ``cores`` are all there are, ``readers`` the processes that split
    inputs and write reports (one a machine, or one a worker of a cluster). ``bandwidth`` is in
    bytes a second; ``there`` is how many certificates each target lists beforehand.
    """

    devices: float
    targets: int = 1
    rate: float = 10.0
    cores: int = 2
    readers: int = 1
    shards: int = 1
    bandwidth: float = 125e6
    there: float = 0.0
    dps: int = 1

    @property
    def devices_a_target(self) -> float:
        """The part of each."""
        return self.devices / self.targets


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage takes: wall-clock seconds, core-seconds, calls, bytes; and what holds it up."""

    name: str
    seconds: float
    held_up_by: str
    core_seconds: float = 0.0
    calls: float = 0.0
    size: float = 0.0


def stages(deployment: Deployment, given: Assumptions) -> Iterator[Stage]:
    """Every stage in the order of a delivery's way, Azure as the alternative to AWS."""
    yield _transfer(deployment, given)
    yield _verify(deployment, given)
    yield _duplicates(deployment, given)
    yield _listing(deployment, given)
    yield registering(deployment, given)
    yield _azure(deployment, given)
    yield _ledger(deployment, given)
    yield _audit(deployment, given)


def _transfer(deployment: Deployment, given: Assumptions) -> Stage:
    size = deployment.devices * given.entry_bytes.value
    return Stage("transfer of the input", size / deployment.bandwidth, "line", size=size)


def _verify(deployment: Deployment, given: Assumptions) -> Stage:
    work = deployment.devices * given.verify_seconds.value
    reading = deployment.devices * given.stream_seconds.value / deployment.readers
    return _slowest(
        "decode and verify",
        {"cores": work / deployment.cores, "reading process": reading},
        core_seconds=work,
        size=deployment.devices * given.report_bytes.value,
    )


def _duplicates(deployment: Deployment, given: Assumptions) -> Stage:
    # Its time is part of the reading process'; what grows is the disk.
    size = deployment.devices * given.index_bytes.value
    return Stage("duplicates (within the above)", 0.0, "disk", size=size)


def _listing(deployment: Deployment, given: Assumptions) -> Stage:
    pages = deployment.there / given.listed_a_page.value
    return Stage(
        "plan: list what is there",
        pages / given.listing_rate.value,
        "listing quota",
        core_seconds=pages * deployment.targets * given.call_seconds.value,
        calls=pages * deployment.targets,
    )


def registering(deployment: Deployment, given: Assumptions) -> Stage:
    """All targets side by side."""
    calls = deployment.devices * given.calls_a_device.value
    work = calls * given.call_seconds.value
    in_flight = given.threads.value * deployment.shards / given.latency.value
    # A shard is one process, and Python computes on one core in each.
    cores = min(deployment.cores, deployment.shards)
    return _slowest(
        "register in AWS",
        {
            "registration quota": deployment.devices_a_target / (deployment.rate * PACE),
            "calls under way": deployment.devices_a_target * given.calls_a_device.value / in_flight,
            "cores" if cores == deployment.cores else "one process": work / cores,
            "ledger": deployment.devices / given.ledger_rate.value,
        },
        core_seconds=work,
        calls=calls,
    )


def _azure(deployment: Deployment, given: Assumptions) -> Stage:
    services = max(deployment.dps, services_needed(deployment, given))
    return Stage(
        f"or enroll in {services:,} Azure DPS",
        deployment.devices / services / given.dps_rate.value,
        "operations a minute",
        calls=deployment.devices,
    )


def services_needed(deployment: Deployment, given: Assumptions) -> int:
    """The fewest DPS that may hold so many enrollments; 10 of them need a subscription."""
    return ceil(deployment.devices / given.dps_size.value)


def subscriptions_needed(services: int) -> int:
    """Azure subscriptions for so many DPS."""
    return ceil(services / _DPS_A_SUBSCRIPTION)


def _ledger(deployment: Deployment, given: Assumptions) -> Stage:
    return Stage(
        "ledger (within the above)",
        0.0,
        "disk",
        core_seconds=deployment.devices / given.ledger_rate.value,
        size=deployment.devices * given.ledger_bytes.value,
    )


def _audit(deployment: Deployment, given: Assumptions) -> Stage:
    """A second verification with the listing of everything, and its pages."""
    verified = _verify(deployment, given)
    pages = deployment.devices_a_target / given.listed_a_page.value
    written = deployment.devices * given.page_seconds.value / deployment.readers
    parts = {
        verified.held_up_by: verified.seconds + written,
        "listing quota": pages / given.listing_rate.value,
    }
    return _slowest(
        "audit: verify again, list all, report",
        parts,
        core_seconds=verified.core_seconds + deployment.devices * given.page_seconds.value,
        calls=pages * deployment.targets,
        size=verified.size,
    )


def _slowest(
    name: str,
    parts: dict[str, float],
    *,
    core_seconds: float = 0.0,
    calls: float = 0.0,
    size: float = 0.0,
) -> Stage:
    bottleneck = max(parts, key=lambda part: parts[part])
    return Stage(name, parts[bottleneck], bottleneck, core_seconds, calls, size)
