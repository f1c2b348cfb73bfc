"""The bucket: even, exact over time, paused by throttles."""

import threading
import time
from collections import Counter

import pytest

from tests.apply.fake_time import FakeTime
from tng.apply.rate import RateBucket


def moments(bucket, fake, count):
    got = []
    for _ in range(count):
        assert bucket.acquire()
        got.append(fake.now)
    return got


@pytest.mark.parametrize("oversleep", [0.0, 0.003, 0.05])
def test_a_saturated_bucket_holds_its_rate_and_never_exceeds_it(oversleep):
    fake = FakeTime(oversleep)
    times = moments(RateBucket(10, fake.clock, fake.sleep), fake, 1001)
    rate = 1000 / (times[-1] - times[0])
    assert 9.8 <= rate <= 10.2
    for start in range(0, 900, 7):
        window = [t for t in times if times[start] <= t < times[start] + 1.0]
        assert len(window) <= 12


def test_idle_time_is_not_saved_up():
    fake = FakeTime()
    bucket = RateBucket(10, fake.clock, fake.sleep)
    bucket.acquire()
    fake.now += 3600
    times = moments(bucket, fake, 11)
    assert times[-1] - times[0] >= 0.9


def test_a_pause_holds_back_everyone_for_as_long_as_it_was_told():
    fake = FakeTime()
    bucket = RateBucket(100, fake.clock, fake.sleep)
    bucket.acquire()
    bucket.pause(5)
    bucket.pause(2)
    start = fake.now
    times = moments(bucket, fake, 3)
    assert times[0] == pytest.approx(start + 5)
    assert times[2] == pytest.approx(start + 5.02)


def test_a_pause_holds_back_also_those_that_wait_already():
    fake = FakeTime()
    bucket = RateBucket(1, fake.clock, lambda seconds: paused_while(seconds))

    def paused_while(seconds):
        if len(fake.slept) == 0:
            bucket.pause(10)
        return fake.sleep(seconds)

    bucket.acquire()
    start = fake.now
    bucket.acquire()
    assert fake.now >= start + 10


def test_a_wait_that_is_ended_gives_no_turn():
    fake = FakeTime()
    bucket = RateBucket(1, fake.clock, lambda seconds: True)
    assert bucket.acquire()
    assert not bucket.acquire()


def test_threads_share_the_rate_fairly():
    bucket = RateBucket(400, time.monotonic, lambda seconds: time.sleep(seconds) or False)
    turns, end = Counter(), time.monotonic() + 0.5

    def work(number):
        while time.monotonic() < end:
            bucket.acquire()
            turns[number] += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(turns.values()) <= 0.5 * 400 + 400 * 0.1 + 8
    assert max(turns.values()) <= 3 * min(turns.values()) + 5
