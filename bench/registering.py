"""What registering can carry without a cloud: the ledger's ceiling and the rate that is held.

The limit is the account's quota (10 registrations a second by default), so these two
must be far above it and exactly at it.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from tng.apply.rate import RateBucket
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    EnrolledDevice,
    Intent,
    SqliteLedger,
    StepMark,
    StepState,
)
from tng.plan.models import TargetDescription

_TARGET = TargetDescription("bench", "aws", "111111111111", "eu-central-1")
_STEPS = ("RegisterCertificateWithoutCA", "AttachPolicy")


def ledger_ceiling(folder: Path, devices: int) -> float:
    """Devices a second of which the ledger takes every intent and outcome (2 steps each)."""
    keys = [sha256(str(number).encode()).hexdigest() for number in range(devices)]
    with SqliteLedger(folder / "ledger.db") as ledger, ledger.hold(_TARGET):
        run = ledger.begin_run("bench")
        enrolled = [EnrolledDevice(key, key[:18], "", DeviceState.PENDING) for key in keys]
        ledger.enroll(run, _TARGET.key, enrolled, Direction.REGISTER)
        start = time.perf_counter()
        for key in keys:
            _write_device(ledger, key)
        return devices / (time.perf_counter() - start)


def held_rate(rate: float, seconds: float, threads: int = 16) -> float:
    """Calls a second that ``threads`` get through a saturated bucket of ``rate``."""
    stop = threading.Event()
    bucket = RateBucket(rate, time.monotonic, stop.wait)
    calls = int(rate * seconds)
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: bucket.acquire(), range(calls)))
    # The first call leaves at once: there are as many intervals as further calls.
    return (calls - 1) / (time.perf_counter() - start)


def _write_device(ledger: SqliteLedger, key: str) -> None:
    done: list[Intent | StepMark | DeviceMark] = []
    for position, operation in enumerate(_STEPS):
        intent = Intent(operation, "", position, absent=True)
        ledger.record(_TARGET.key, key, Direction.REGISTER, [*done, intent])
        done = [StepMark(operation, "", StepState.DONE, made=True)]
    ledger.record(_TARGET.key, key, Direction.REGISTER, [*done, DeviceMark(DeviceState.DONE)])
