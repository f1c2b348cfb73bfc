"""How many threads a target gets: as few as hold its rate, and never more than allowed."""

import threading
import time

import pytest

from tests.apply.fake_time import FakeTime
from tng.apply.crew import LOOK_SECONDS, Crew, Demand
from tng.apply.rate import BURST_SECONDS, RateBucket


class Looks:
    """A `Demand` that is asked again after ``seconds``, ``busy`` of them spent computing."""

    def __init__(self, most=128):
        self.now = self.cpu = 0.0
        self.demand = Demand(most, lambda: self.now, lambda: self.cpu)

    def wanted(self, threads, *, kept, seconds=1.1 * LOOK_SECONDS, busy=0.0):
        self.now += seconds
        self.cpu += busy * seconds
        return self.demand.wanted(threads, self.now if kept else float("-inf"))


def test_while_the_rate_is_held_none_is_added():
    looks = Looks()
    assert [looks.wanted(1, kept=True) for _ in range(5)] == [1] * 5


def test_while_calls_are_behind_there_are_twice_as_many_until_all_are_there():
    looks, threads = Looks(most=20), [1]
    for _ in range(6):
        threads.append(looks.wanted(threads[-1], kept=False))
    assert threads == [1, 2, 4, 8, 16, 20, 20]


def test_between_two_looks_none_is_added():
    assert Looks().wanted(1, kept=False, seconds=LOOK_SECONDS / 2) == 1


def test_a_process_that_computes_all_the_time_gets_none():
    looks = Looks()
    assert looks.wanted(1, kept=False, busy=0.95) == 1
    assert looks.wanted(1, kept=False, busy=0.5) == 2


@pytest.mark.parametrize(("duration", "kept"), [(0.09, True), (0.2, False)])
def test_a_bucket_knows_whether_its_turns_were_asked_for_in_time(duration, kept):
    fake = FakeTime()
    bucket = RateBucket(10, fake.clock, fake.sleep)
    start = fake.now
    for _ in range(20):
        bucket.acquire()
        fake.now += duration
    assert (bucket.last_kept > start + 20 * 0.09 - BURST_SECONDS) is kept


def test_threads_are_begun_only_where_calls_take_long():
    begun, ended = set(), threading.Event()
    behind = {"crew": True}

    def work():
        begun.add(threading.get_ident())
        while not ended.is_set():
            time.sleep(0.001)
            crew.look()
            if len(begun) == 4:
                ended.set()

    crew = Crew("t", 4, work, lambda: 0.0 if behind["crew"] else 1e18, cpu=lambda: 0.0)
    crew.run()
    assert len(begun) == 4
    ended.clear()
    begun.clear()
    behind["crew"] = False
    until = time.monotonic() + 3 * LOOK_SECONDS

    def brief():
        begun.add(threading.get_ident())
        while time.monotonic() < until:
            time.sleep(0.001)
            crew.look()

    crew = Crew("t", 4, brief, lambda: 1e18)
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

    crew = Crew("t", 4, work, lambda: float("-inf"), cpu=lambda: 0.0)
    with pytest.raises(ValueError, match="first"):
        crew.run()
