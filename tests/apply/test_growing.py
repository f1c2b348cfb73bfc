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

ENOUGH = 8
"""In flight at once: three looks that begin further threads."""


def most_in_flight(tmp_path, rate, seconds, devices):
    """The most calls in flight at once, of which each takes so many ``seconds``.

    From `ENOUGH` of them on calls take no time, so that ``devices`` are an upper bound of the
    looks, and a machine that stands still now and then needs more of them than an idle one.
    """
    cloud, flying, peaks = MemoryCloud(rate=rate), [], [0]

    def begin(step):
        flying.append(step)
        peaks.append(len(flying))
        time.sleep(0.0 if max(peaks) >= ENOUGH else seconds)
        flying.pop()

    cloud.before = begin
    stop = StopSignal()
    targets = (OpenTarget("eu", cloud, Calls(stop=stop), stop),)
    planned = tuple(verified(number) for number in range(devices))
    plan = plan_registration(planned, targets, PlanPolicy(), offline=False)
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        result = register(plan, targets, ledger, "tng register", offline=False, stop=stop)
    assert result.targets[0].done == devices
    return max(peaks)


def test_calls_that_take_long_get_more_threads(tmp_path):
    assert most_in_flight(tmp_path, rate=10_000.0, seconds=0.05, devices=1000) >= ENOUGH


def test_a_rate_that_few_threads_hold_gets_few(tmp_path):
    assert most_in_flight(tmp_path, rate=30.0, seconds=0.0, devices=60) <= 4
