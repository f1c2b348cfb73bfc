"""Buckets and scripts on a clock of the test's own: exact, and the same in every run."""

import subprocess
import sys

from tng.sandbox.faults import (
    Fault,
    FaultScript,
    LostReply,
    ServerError,
    Throttle,
    When,
    kill_process,
    random_faults,
)
from tng.sandbox.quotas import AWS_DEFAULTS, UNLIMITED, Buckets, Quotas, quotas_for

PLACE = ("111111111111", "eu-central-1", "AttachPolicy")


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_and_then_the_rate():
    clock = _Clock()
    buckets = Buckets(Quotas({"AttachPolicy": 10}), clock)
    assert [buckets.take(*PLACE) for _ in range(11)] == [True] * 10 + [False]
    clock.now += 0.35
    assert [buckets.take(*PLACE) for _ in range(4)] == [True] * 3 + [False]


def test_a_bucket_never_holds_more_than_its_burst():
    clock = _Clock()
    buckets = Buckets(Quotas({"AttachPolicy": 5}, burst_seconds=2), clock)
    clock.now += 3600
    assert sum(buckets.take(*PLACE) for _ in range(20)) == 10


def test_a_rate_below_one_a_second_still_lets_a_call_through():
    clock = _Clock()
    buckets = Buckets(Quotas({"AttachPolicy": 0.5}), clock)
    assert [buckets.take(*PLACE), buckets.take(*PLACE)] == [True, False]
    clock.now += 2
    assert buckets.take(*PLACE)


def test_quotas_scale_with_the_registrations_wanted():
    assert quotas_for(0) is UNLIMITED
    assert quotas_for(10).rates == AWS_DEFAULTS.rates
    assert quotas_for(100).rates["AttachPolicy"] == 150


def test_a_fault_meets_the_calls_from_the_first_for_as_many_as_asked():
    script = FaultScript([Fault(Throttle(), "AttachPolicy", first=2, count=2)])
    met = [bool(script.effects(*PLACE)) for _ in range(5)]
    assert met == [False, True, True, False, False]


def test_a_fault_counts_only_the_calls_that_it_is_for():
    script = FaultScript([Fault(Throttle(), "AttachPolicy", account="222222222222")])
    assert not script.effects(*PLACE)
    assert script.effects("222222222222", *PLACE[1:]) == (Throttle(),)


def test_several_faults_meet_in_the_order_of_the_script():
    script = FaultScript([Fault(ServerError()), Fault(LostReply(When.AFTER))])
    assert script.effects(*PLACE) == (ServerError(), LostReply(When.AFTER))


def test_chance_repeats_with_its_seed_and_differs_with_another():
    def run(seed: int) -> list[bool]:
        script = FaultScript([Fault(Throttle(), count=None, probability=0.3)], seed)
        return [bool(script.effects(*PLACE)) for _ in range(200)]

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert 30 <= sum(run(7)) <= 90


def test_random_faults_are_of_every_kind_and_none_at_zero():
    assert random_faults(0) == ()
    assert {type(fault.effect) for fault in random_faults(0.2)} == {
        Throttle,
        ServerError,
        LostReply,
    }


def test_kill_process_ends_it_and_does_not_mind_that_it_is_gone():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        kill_process(process.pid)()
        assert process.wait(10) == -9
    kill_process(process.pid)()
