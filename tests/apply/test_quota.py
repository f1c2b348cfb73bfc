"""The pace of calls against a quota that is enforced: no call is refused, and little is unused."""

import itertools
import random

import pytest

from tests.apply.fake_time import FakeTime
from tng.apply.calls import Calls
from tng.clouds.interface import ThrottledError
from tng.plan.view import Rates

RATES = (0.5, 10.0, 100.0, 1000.0)
CHANCE = random.Random(7)  # noqa: S311 - delays, the same in every run


class Quota:
    """A token bucket as clouds have it: ``rate`` a second, so many ``seconds`` of it at once."""

    def __init__(self, rate, start, seconds=1.0):
        self.rate = rate
        self.size = max(1.0, rate * seconds)
        self.level = self.size
        self.since = start
        self.refused = 0

    def call(self, now):
        self.level = min(self.size, self.level + (now - self.since) * self.rate)
        self.since = now
        if self.level < 1.0 - 1e-9:
            self.refused += 1
            return False
        self.level -= 1.0
        return True


class Paced:
    """Calls through a `Calls` at ``rate``; ``left`` is when each of them left."""

    def __init__(self, rate, oversleep=0.0):
        self.fake = FakeTime(oversleep)
        self.left = []
        self.calls = Calls(clock=self.fake.clock, sleep=self.fake.sleep)
        self.rates = Rates({}, rate)
        self.calls.follow(self, "memory:1")

    def make(self, count, duration=lambda: 0.0):
        """So many calls one after the other, each of which takes so long."""
        for _ in range(count):
            self.calls("Op", lambda: self.left.append(self.fake.now))
            self.fake.now += duration()

    def refusals(self, delays=lambda: 0.0, seconds=1.0):
        """How many a quota of the same rate refuses, where each arrives after such a delay."""
        quota = Quota(self.rates.others, self.left[0], seconds)
        for arrival in sorted(moment + delays() for moment in self.left):
            quota.call(arrival)
        return quota.refused


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("oversleep", [0.0, 0.004, 0.05])
def test_in_the_steady_state_the_quota_is_held_and_never_exceeded(rate, oversleep):
    paced = Paced(rate, oversleep)
    paced.make(3000)
    assert 2999 / (paced.left[-1] - paced.left[0]) >= 0.98 * rate
    assert paced.refusals() == 0


@pytest.mark.parametrize("rate", RATES)
def test_a_quota_that_saves_up_next_to_nothing_is_not_exceeded_either(rate):
    paced = Paced(rate)
    paced.make(3000)
    assert paced.refusals(seconds=0.001) == 0


# Where there is room for one call alone, any delay of one behind the other is too much.
@pytest.mark.parametrize("rate", RATES[1:])
def test_calls_that_left_evenly_and_arrive_unevenly_are_not_refused(rate):
    paced = Paced(rate)
    paced.make(3000)
    assert paced.refusals(lambda: 0.5 * CHANCE.random()) == 0


@pytest.mark.parametrize("rate", RATES)
def test_stalls_idle_time_and_a_clock_that_jumps_ahead_earn_no_burst(rate):
    paced = Paced(rate)
    stalls = itertools.cycle([0.0, 0.03, 0.0, 0.0, 0.3, 0.0, 0.0, 0.0, 12.0, 0.0, 3600.0])
    for _ in range(60):
        paced.make(CHANCE.randrange(1, 80))
        paced.fake.now += next(stalls)
    assert paced.refusals() == 0


@pytest.mark.parametrize("rate", RATES)
def test_what_a_short_stall_left_unused_is_made_up_for(rate):
    paced = Paced(rate)
    calls = int(max(rate, 1)) * 5
    for _ in range(10):
        paced.make(calls)
        paced.fake.now += 0.08
    assert (len(paced.left) - 1) / (paced.left[-1] - paced.left[0]) >= 0.98 * rate
    assert paced.refusals() == 0


def test_after_a_throttle_no_call_is_made_up_for_and_the_quota_is_held_again():
    paced = Paced(100.0)
    paced.make(500)
    answers = iter([ThrottledError("429", "slow", 5.0)])

    def throttled():
        for answer in answers:
            raise answer

    paced.calls("Op", throttled)
    resumed = len(paced.left)
    paced.make(500)
    after = paced.left[resumed:]
    assert after[0] - paced.left[resumed - 1] >= 5.0
    assert (len(after) - 1) / (after[-1] - after[0]) == pytest.approx(99.0, rel=0.005)
    assert paced.refusals() == 0
