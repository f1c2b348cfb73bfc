"""The engine against calls that take long: as many in flight as hold the rate."""

import time

from tests.apply.memory_cloud import MemoryCloud
from tests.planned_devices import verified
from tng.apply.calls import Calls
from tng.apply.session import OpenTarget
from tng.apply.stopping import StopSignal
from tng.ledger import SqliteLedger
from tng.plan.eligibility import PlanPolicy
from tng.registration import plan_registration, register

DEVICES = tuple(verified(number) for number in range(60))


def most_in_flight(tmp_path, rate, seconds):
    """The most calls in flight at once, of which each takes so many ``seconds``."""
    cloud, flying, peaks = MemoryCloud(rate=rate), [], []

    def begin(step):
        flying.append(step)
        peaks.append(len(flying))
        time.sleep(seconds)
        flying.pop()

    cloud.before = begin
    stop = StopSignal()
    targets = (OpenTarget("eu", cloud, Calls(stop=stop), stop),)
    plan = plan_registration(DEVICES, targets, PlanPolicy(), offline=False)
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        result = register(plan, targets, ledger, "tng register", offline=False, stop=stop)
    assert result.targets[0].done == len(DEVICES)
    return max(peaks)


def test_calls_that_take_long_get_more_threads(tmp_path):
    assert most_in_flight(tmp_path, rate=10_000.0, seconds=0.05) >= 8


def test_a_rate_that_few_threads_hold_gets_few(tmp_path):
    assert most_in_flight(tmp_path, rate=30.0, seconds=0.0) <= 4
