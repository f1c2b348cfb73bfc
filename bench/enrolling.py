"""Registering in Azure DPS, through the real engine, ledger, adapter, SDK and https.

With a quota the limit is what the quota allows. Without one it is the SDK alone doing the
same calls, measured in turn with the engine. The stand-in is a process of its own: the CPU
time told is the client's. Registering and planning are timed; making and verifying the
devices is not.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

from bench.dps_service import DpsProcess, Tally
from bench.enrolling_cases import FREE, HELD, HELD_ROUNDS, MOST_DEVICES, Case
from bench.sdk_alone import make_calls, sdk_calls, sdk_client
from tng.apply.engine import DEFAULT_THREADS
from tng.apply.session import OpenTarget
from tng.apply.stopping import StopSignal
from tng.clouds.azure.settings import CONNECTION_STRING_VARIABLE, AzureSettings
from tng.clouds.registry import CloudOpener
from tng.ledger import DeviceState, SqliteLedger
from tng.models import VerifiedDevice
from tng.plan.eligibility import PlanPolicy
from tng.plan.models import Disposition, Plan
from tng.registration import open_targets, plan_registration, register

_NEW = 10
DEVICES = MOST_DEVICES + _NEW
"""How many are needed."""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class _Sample:
    """Seconds by the clock and of this process's CPU, and what the stand-in saw."""

    seconds: float
    cpu: float
    tally: Tally


class _Planned(NamedTuple):
    plan: Plan
    targets: tuple[OpenTarget, ...]
    stop: StopSignal


class EnrollingBench:
    """Measures one case after the other; ``folder`` takes a ledger for each run."""

    def __init__(
        self, service: DpsProcess, devices: Sequence[VerifiedDevice], folder: Path
    ) -> None:
        """``devices`` are `DEVICES`."""
        self._service = service
        self._devices = devices
        self._folder = folder
        self._numbers = count()

    def run(self, rounds: int) -> Figures:
        """Every figure by its name: medians of ``rounds``, at a quota of `HELD_ROUNDS` at most."""
        figures: Figures = {"dps_threads": DEFAULT_THREADS}
        for case in FREE:
            figures |= self._free(case, rounds)
        for case in HELD:
            figures |= self._held(case, min(rounds, HELD_ROUNDS))
        return figures | self._planned(rounds)

    def _free(self, case: Case, rounds: int) -> Figures:
        alone, whole = [], []
        for _ in range(rounds):
            alone.append(self._sdk(case))
            whole.append(self._engine(case))
        seconds, limit = _median_seconds(whole), _median_seconds(alone)
        return _named(
            case.name,
            {
                **_figures(case, whole, seconds),
                "limit_per_second": case.devices / limit,
                "ratio_to_limit": limit / seconds,
                "sdk_cpu_ms": _cpu_ms(case, alone),
            },
        )

    def _held(self, case: Case, rounds: int) -> Figures:
        samples = [self._engine(case) for _ in range(rounds)]
        # The first call leaves at once: there are as many intervals as further calls.
        seconds = _median_seconds(samples) * case.devices / (case.devices - case.per_call)
        return _named(
            case.name,
            {
                **_figures(case, samples, seconds),
                "limit_per_second": case.allowed,
                "ratio_to_limit": case.devices / seconds / case.allowed,
            },
        )

    def _engine(self, case: Case) -> _Sample:
        devices = self._devices[: case.devices]
        self._service.empty(case.quota)
        with SqliteLedger(self._folder / f"dps-{next(self._numbers)}.db") as ledger:
            plan, targets, stop = self._plan(case, devices)
            clocks = _Clocks()
            result = register(plan, targets, ledger, "bench", offline=False, stop=stop)
            seconds, cpu = clocks.since()
            written = dict(ledger.counts(plan.targets[0].target.key))
        _expect(f"{case.name}: done", result.targets[0].done, case.devices)
        _expect(f"{case.name}: ledger", written, {DeviceState.DONE: case.devices})
        return _Sample(seconds, cpu, self._checked(case))

    def _sdk(self, case: Case) -> _Sample:
        self._service.empty(case.quota)
        client = sdk_client(self._service.place)
        with client:
            calls = sdk_calls(client, case, self._devices[: case.devices])
            clocks = _Clocks()
            make_calls(calls)
            seconds, cpu = clocks.since()
        return _Sample(seconds, cpu, self._checked(case))

    def _checked(self, case: Case) -> Tally:
        """What the stand-in saw; it must have every device, made once, by the fewest calls."""
        tally = self._service.tally()
        wanted = {device.leaf.sha256: 1 for device in self._devices[: case.devices]}
        _expect(f"{case.name}: all there once", tally.creations == wanted, expected=True)
        taken = tally.calls[case.operation] - tally.throttled[case.operation]
        _expect(f"{case.name}: calls", taken, case.devices // case.per_call)
        return tally

    def _planned(self, rounds: int) -> Figures:
        """Planning against the devices that the last case has left there."""
        there, new = self._devices[:MOST_DEVICES], self._devices[MOST_DEVICES:]
        return {
            "dps_enrolled": MOST_DEVICES,
            **self._planning("plan_there", there, Disposition.RIGHT, rounds),
            **self._planning("plan_new", new, Disposition.REGISTER, rounds),
        }

    def _planning(
        self, name: str, devices: Sequence[VerifiedDevice], expected: Disposition, rounds: int
    ) -> Figures:
        samples = []
        for _ in range(rounds):
            self._service.forget_calls()
            clocks = _Clocks()
            planned = self._plan(FREE[1], devices)
            seconds, cpu = clocks.since()
            found = {device.disposition for device in planned.plan.targets[0].devices}
            _expect(f"{name}: dispositions", found, {expected})
            samples.append(_Sample(seconds, cpu, self._service.tally()))
        calls = samples[0].tally.calls
        return _named(
            name,
            {
                "devices": len(devices),
                "seconds": _median_seconds(samples),
                "cpu_ms": statistics.median(sample.cpu for sample in samples) * 1e3,
                "queries": calls["QueryEnrollments"],
                "gets": calls["GetEnrollment"],
                "calls": calls.total(),
            },
        )

    def _plan(self, case: Case, devices: Sequence[VerifiedDevice]) -> _Planned:
        place, stop = self._service.place, StopSignal()
        settings = AzureSettings(
            "bench",
            dps_host=place.host,
            ca_file=place.ca_file,
            rate=case.rate,
            bulk=case.bulk,
            bulk_counts_as=case.bulk_counts_as,
        )
        secrets = {CONNECTION_STRING_VARIABLE: place.connection_string}
        opener = CloudOpener(threads=DEFAULT_THREADS, environment=secrets)
        targets = open_targets([settings], opener.open, stop)
        plan = plan_registration(devices, targets, PlanPolicy(), offline=False)
        _expect("targets planned", (len(plan.targets), plan.failed), (1, ()))
        return _Planned(plan, targets, stop)


class _Clocks:
    """Both clocks, from when it is made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def since(self) -> tuple[float, float]:
        """Seconds by the clock, and of this process's CPU: all of its threads."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def _figures(case: Case, samples: Sequence[_Sample], seconds: float) -> Figures:
    calls = statistics.median(sample.tally.calls.total() for sample in samples)
    return {
        "devices": case.devices,
        "devices_per_second": case.devices / seconds,
        "calls_a_device": calls / case.devices,
        "throttled": max(sample.tally.throttled.total() for sample in samples),
        "cpu_ms": _cpu_ms(case, samples),
    }


def _cpu_ms(case: Case, samples: Sequence[_Sample]) -> float:
    return statistics.median(sample.cpu for sample in samples) / case.devices * 1e3


def _median_seconds(samples: Sequence[_Sample]) -> float:
    return statistics.median(sample.seconds for sample in samples)


def _named(name: str, figures: Figures) -> Figures:
    return {f"dps_{name}_{key}": value for key, value in figures.items()}


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise AssertionError(f"{what}: {found}, expected {expected}")
