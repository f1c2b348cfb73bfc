"""How many threads a target gets: as few as hold its rate, and never more than allowed."""

import threading
import time

import pytest

from tests.apply.fake_time import FakeTime
from tests.apply.test_calls import Rated
from tng.apply.calls import Calls
from tng.apply.crew import LASTING_LOOKS, LOOK_SECONDS, Crew, Demand
from tng.apply.rate import BURST_SECONDS, RateBucket
from tng.plan.view import Rates


class Looks:
    """A `Demand` that is asked again after ``seconds``, ``busy`` of them spent computing."""

    def __init__(self, most=128):
        self.now = self.cpu = 0.0
        self.unused = 0.0
        self.demand = Demand(most, lambda: self.unused, lambda: self.now, lambda: self.cpu)

    def wanted(self, threads, *, kept=False, used=0.5, seconds=1.1 * LOOK_SECONDS, busy=0.0):
        self.now += seconds
        self.cpu += busy * seconds
        self.unused = 0.0 if kept else (1 - used) * seconds
        return self.demand.wanted(threads)


def test_while_the_rate_is_held_none_is_added():
    looks = Looks()
    assert [looks.wanted(1, kept=True) for _ in range(5)] == [1] * 5


def test_while_calls_are_behind_there_are_twice_as_many_until_all_are_there():
    looks, threads = Looks(most=20), [1]
    for _ in range(12):
        threads.append(looks.wanted(threads[-1], used=threads[-1] / 100))
    assert threads == [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 20, 20, 20]


def test_a_standstill_is_no_reason_for_more():
    looks = Looks()
    for kept in (False, True, True, False, True, False):
        assert looks.wanted(1, kept=kept) == 1


def test_threads_that_were_of_no_use_are_the_last_until_the_rate_was_held_for_long():
    looks, threads = Looks(), [1]
    for _ in range(8):
        threads.append(looks.wanted(threads[-1], used=0.8))
    assert threads == [1, 1, 2, 2, 2, 2, 2, 2, 2]
    for _ in range(LASTING_LOOKS):
        assert looks.wanted(2, kept=True) == 2
    assert [looks.wanted(2, used=0.5) for _ in range(2)] == [2, 4]


def test_good_moments_now_and_then_are_no_reason_for_more():
    looks, threads = Looks(), [1]
    for number in range(200):
        threads.append(looks.wanted(threads[-1], used=0.8, kept=number % 5 == 4))
    assert threads[-1] == 2


def test_between_two_looks_none_is_added():
    looks = Looks()
    assert [looks.wanted(1, kept=False, seconds=LOOK_SECONDS / 9) for _ in range(9)] == [1] * 9


def test_a_process_that_computes_all_the_time_gets_none():
    looks = Looks()
    assert [looks.wanted(1, kept=False, busy=0.95) for _ in range(5)] == [1] * 5
    assert looks.wanted(1, kept=False, busy=0.5) == 2


@pytest.mark.parametrize(
    ("duration", "together", "unused"),
    [(0.09, 1, 0.0), (0.2, 1, 1.8), (0.2, 2, 0.0)],
)
def test_a_bucket_knows_how_much_of_its_rate_went_unused(duration, together, unused):
    fake = FakeTime()
    bucket = RateBucket(10, fake.clock, fake.sleep)
    assert bucket.unused() is None
    for _ in range(20):
        for _ in range(together):
            bucket.acquire()
        fake.now += duration
    assert bucket.unused() == pytest.approx(unused, abs=BURST_SECONDS + 1e-6)
    assert bucket.unused() is None


def test_a_target_is_as_well_used_as_the_operation_that_bounds_it():
    fake = FakeTime()
    calls = Calls(clock=fake.clock, sleep=fake.sleep)
    calls.follow(Rated(Rates({"Slow": 10.0, "Fast": 100.0}, 1.0)), "memory:1")
    for _ in range(20):
        calls("Slow", lambda: None)
        calls("Fast", lambda: None)
    assert calls.unused() == pytest.approx(0.0, abs=BURST_SECONDS)
    for _ in range(20):
        calls("Fast", lambda: None)
        fake.now += 0.2
    assert calls.unused() >= 3.0


def test_threads_are_begun_only_where_calls_take_long():
    begun, ended = set(), threading.Event()

    def work():
        begun.add(threading.get_ident())
        while not ended.is_set():
            time.sleep(0.001)
            crew.look()
            if len(begun) == 4:
                ended.set()

    crew = Crew("t", 4, work, lambda: 1.0, cpu=lambda: 0.0)
    crew.run()
    assert len(begun) == 4
    ended.clear()
    begun.clear()
    until = time.monotonic() + 3 * LOOK_SECONDS

    def brief():
        begun.add(threading.get_ident())
        while time.monotonic() < until:
            time.sleep(0.001)
            crew.look()

    crew = Crew("t", 4, brief, lambda: 0.0)
    crew.run()
    assert len(begun) == 1


def test_what_one_raises_is_raised_after_all_have_ended():
    ended = []

    def work():
        time.sleep(0.001)
        crew.look()
        if not ended:
            ended.append(1)
            raise ValueError("first")

    crew = Crew("t", 4, work, lambda: 1.0, cpu=lambda: 0.0)
    with pytest.raises(ValueError, match="first"):
        crew.run()
