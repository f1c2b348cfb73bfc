"""From a deployment and the figures to the course that is played, and to those measured."""

from dataclasses import replace

from bench.results import Results
from bench.simulation.assumptions import Assumptions
from bench.simulation.events import Interruption, Registration
from bench.simulation.stages import Deployment
from tng.apply.calls import PACE

BURST_SECONDS = 1.0
"""Of its quota, which the cloud's bucket holds."""


def registration(
    deployment: Deployment, given: Assumptions, interruption: Interruption | None = None
) -> Registration:
    """The registration in AWS; the rate that is set is the quota, and a little less is held."""
    return Registration(
        devices=deployment.devices,
        targets=deployment.targets,
        shards=deployment.shards,
        rate=deployment.rate * PACE,
        quota=deployment.rate,
        burst=deployment.rate * BURST_SECONDS,
        threads=int(given.threads.value),
        latency=given.latency.value * given.calls_a_device.value,
        cores=deployment.cores,
        device_seconds=given.call_seconds.value * given.calls_a_device.value,
        ledger_rate=given.ledger_rate.value,
        interruption=interruption,
    )


def killed_daily(deployment: Deployment, given: Assumptions, away: float = 600.0) -> Interruption:
    """Each shard once a day, away for so many seconds; it then lists what is there.

    That is half of the target's devices on average: it fills while they are registered.
    """
    return killed_every(86_400.0, away, deployment, given)


def killed_every(
    every: float, away: float, deployment: Deployment, given: Assumptions
) -> Interruption:
    """The same after so many seconds of work."""
    there = deployment.there + deployment.devices_a_target / 2
    return Interruption(every, away, there / given.listed_a_page.value / given.listing_rate.value)


def measured_runs(results: Results, given: Assumptions) -> dict[str, tuple[Registration, float]]:
    """What the benchmark has measured, as it would be played: devices a second beside each.

    The stand-ins answer at once, and a device takes one call.
    """
    runs = {}
    azure = results.get("azure")
    if azure and "dps_held_single_devices_per_second" in azure.figures:
        # Nine tenths of the stand-in's quota are set.
        quota = azure.figures["dps_held_single_limit_per_second"]
        runs["Azure DPS, one by one, 90 of 100/s"] = (
            _local(azure.figures["dps_held_single_devices"], 0.9 * quota, quota, given),
            azure.figures["dps_held_single_devices_per_second"],
        )
    quota_result = results.get("quota")
    for case, (targets, rate) in _QUOTA_CASES.items():
        name = f"{case}_calls_per_second"
        if quota_result and name in quota_result.figures:
            several = f" on each of {targets} targets" if targets > 1 else ""
            run = _local(targets * rate * _QUOTA_SECONDS, rate, rate, given)
            label = f"AWS IoT, {rate:,}/s{several}"
            runs[label] = (replace(run, targets=targets), quota_result.figures[name])
    return runs


_QUOTA_SECONDS = 6
_QUOTA_CASES = {
    "quota_10": (1, 10),
    "quota_100": (1, 100),
    "quota_1000": (1, 1000),
    "quota_40_targets": (40, 10),
}
"""Case of `bench.quota` → targets, and the rate of each."""


def _local(devices: float, rate: float, quota: float, given: Assumptions) -> Registration:
    return Registration(
        devices=devices,
        rate=rate * PACE,
        quota=quota,
        burst=quota,
        threads=int(given.threads.value),
        latency=0.005,
        cores=1,
        device_seconds=given.call_seconds.value,
        ledger_rate=given.ledger_rate.value,
    )
