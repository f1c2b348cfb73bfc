"""How many devices a second a ledger takes, while nothing else is in the way.

Every intent and outcome of a device is written as a run does it, by threads that make no call
in between: a run with calls has more of them under way, which PostgreSQL commits together.
"""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bench.figures import Figures
from tests.postgres import Cluster, programs
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    EnrolledDevice,
    Intent,
    Ledger,
    StepMark,
    StepState,
    open_ledger,
)
from tng.ledger_location import LedgerLocation, ledger_location
from tng.plan.models import TargetDescription

_TARGET = TargetDescription("bench", "aws", "111111111111", "eu-central-1")


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Devices a second, and what each costs this process in microseconds of its CPU."""

    devices_per_second: float
    cpu_microseconds: float


def ledger_ceiling(
    location: LedgerLocation, devices: int, *, steps: int = 2, threads: int = 16
) -> Ceiling:
    """The ceiling of the ledger at ``location``, with so many steps a device."""
    keys = [sha256(str(number).encode()).hexdigest() for number in range(devices)]
    with open_ledger(location) as ledger, ledger.hold(_TARGET):
        run = ledger.begin_run("bench")
        enrolled = [EnrolledDevice(key, key[:18], "", DeviceState.PENDING) for key in keys]
        ledger.enroll(run, _TARGET.key, enrolled, Direction.REGISTER)
        start, used = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda key: _write_device(ledger, key, steps), keys))
        seconds, used = time.perf_counter() - start, time.process_time() - used
        done = ledger.counts(_TARGET.key).get(DeviceState.DONE)
        if done != devices:
            raise AssertionError(f"the ledger has {done} of {devices} devices")
    return Ceiling(devices / seconds, used / devices * 1e6)


_CASES = ((2, 16), (4, 16), (2, 128))
"""Steps a device, and threads: at 100 ms a call, 128 of them carry 1,280 calls a second."""


def measure_ceilings(folder: Path, devices: int) -> Figures:
    """Of a file in ``folder``, and of PostgreSQL where its programs are installed."""
    figures: dict[str, float] = {}
    with _postgres_server() as server:
        for steps, threads in _CASES:
            places: dict[str, LedgerLocation] = {"ledger": _file(folder, steps, threads)}
            if server is not None:
                places["postgres_ledger"] = ledger_location(server.create(), "the benchmark")
            for place, location in places.items():
                found = ledger_ceiling(location, devices, steps=steps, threads=threads)
                name = _name(place, steps, threads)
                figures[f"{name}_devices_per_second"] = found.devices_per_second
                figures[f"{name}_cpu_microseconds_per_device"] = found.cpu_microseconds
    return figures


def ceiling_rows(figures: Figures) -> Iterator[tuple[str, str, str]]:
    """A row for each case and database that was measured."""
    for place, title in (("ledger", "SQLite"), ("postgres_ledger", "PostgreSQL, synced")):
        for steps, threads in _CASES:
            name = _name(place, steps, threads)
            if f"{name}_devices_per_second" not in figures:
                continue
            yield (
                f"ledger alone in {title}, {steps} steps a device, {threads} threads",
                f"{figures[f'{name}_devices_per_second']:,.0f} devices/s",
                "default quota: 10/s",
            )


def _name(place: str, steps: int, threads: int) -> str:
    return place if (steps, threads) == _CASES[0] else f"{place}_{steps}_steps_{threads}_threads"


def _file(folder: Path, steps: int, threads: int) -> Path:
    # The first one is looked at afterwards, too: how much a device takes on disk.
    if (steps, threads) == _CASES[0]:
        return folder / "ledger.db"
    own = folder / f"{steps}-{threads}"
    own.mkdir()
    return own / "ledger.db"


@contextmanager
def _postgres_server() -> Iterator[Cluster | None]:
    """A server that syncs every commit to its disk; ``None`` where its programs are missing."""
    if programs() is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="tng-bench-") as folder:
        server = Cluster(Path(folder), synced=True)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _write_device(ledger: Ledger, key: str, steps: int) -> None:
    done: list[Intent | StepMark | DeviceMark] = []
    for position in range(steps):
        operation = f"Step{position}"
        intent = Intent(operation, "", position, absent=True)
        ledger.record(_TARGET.key, key, Direction.REGISTER, [*done, intent])
        done = [StepMark(operation, "", StepState.DONE, made=True)]
    ledger.record(_TARGET.key, key, Direction.REGISTER, [*done, DeviceMark(DeviceState.DONE)])
