"""Retries: what is tried again, how often, how long it waits, and what ends it."""

from dataclasses import dataclass

import pytest

from tests.apply.fake_time import FakeTime
from tng.apply.calls import PACE, Calls, StoppedError
from tng.apply.retry import RetryPolicy
from tng.apply.stopping import StopSignal
from tng.clouds.interface import RefusedError, ThrottledError, TransientError
from tng.plan.view import Rates


class Script:
    """Raises or returns one item of the script a call."""

    def __init__(self, *items):
        self.items = list(items)
        self.count = 0

    def __call__(self):
        self.count += 1
        item = self.items.pop(0) if len(self.items) > 1 else self.items[0]
        if isinstance(item, Exception):
            raise item
        return item


@dataclass
class Rated:
    rates: Rates


def make(fake, *, stop=None, rate=1e6, rates=None, **policy):
    calls = Calls(
        stop=stop or StopSignal(), policy=RetryPolicy(**policy),
        clock=fake.clock, sleep=fake.sleep, jitter=lambda: 0.999,
    )  # fmt: skip
    calls.follow(Rated(rates or Rates({"Slow": 2.0}, rate)), "memory:1:eu")
    return calls


def test_a_transient_failure_is_tried_again():
    script = Script(TransientError("500", "oops"), TransientError("500", "oops"), "answer")
    assert make(FakeTime())("Op", script) == "answer"
    assert script.count == 3


def test_transient_failures_are_bounded_and_back_off_longer_and_longer():
    fake = FakeTime()
    script = Script(TransientError("500", "oops"))
    with pytest.raises(TransientError):
        make(fake, attempts=5, base=1, cap=5)("Op", script)
    assert script.count == 5
    waits = [wait for wait in fake.slept if wait > 0.1]
    assert waits == sorted(waits)
    assert len(waits) == 4
    assert 4 < max(waits) <= 5


def test_a_refusal_is_not_tried_again():
    script = Script(RefusedError("InvalidRequestException", "no"), "answer")
    with pytest.raises(RefusedError):
        make(FakeTime())("Op", script)
    assert script.count == 1


def test_throttles_do_not_count_as_failures():
    script = Script(*[ThrottledError("Throttling", "slow down")] * 20, "answer")
    assert make(FakeTime(), attempts=2)("Op", script) == "answer"


def test_throttles_end_at_the_deadline():
    fake = FakeTime()
    script = Script(ThrottledError("Throttling", "slow down"))
    with pytest.raises(ThrottledError):
        make(fake, deadline=60)("Op", script)
    assert 60 <= fake.now - 1000 <= 60 + 21


def test_a_throttled_operation_pauses_the_others_do_not():
    fake = FakeTime()
    calls = make(fake)
    script = Script(ThrottledError("Throttling", "slow down", retry_after=7), "answer")
    calls("Op", script)
    assert fake.now >= 1007
    before = fake.now
    calls("Another", Script("answer"))
    assert fake.now == before


def test_retry_after_is_honoured_up_to_a_limit():
    fake = FakeTime()
    script = Script(ThrottledError("Throttling", "slow down", retry_after=86400), "answer")
    make(fake, retry_after_limit=30)("Op", script)
    assert 1030 <= fake.now < 1031


def test_each_operation_has_its_own_rate():
    fake = FakeTime()
    calls = make(fake)
    for _ in range(5):
        calls("Slow", Script("answer"))
    assert (fake.now - 1000) * PACE == pytest.approx(2.0)


def test_a_stopped_run_makes_no_call():
    stop = StopSignal()
    stop.set()
    script = Script("answer")
    with pytest.raises(StoppedError):
        make(FakeTime(), stop=stop)("Op", script)
    assert script.count == 0


def test_a_stop_ends_the_wait_for_another_attempt():
    stop = StopSignal()
    calls = Calls(stop=stop, policy=RetryPolicy(base=1000, cap=1000), jitter=lambda: 0.999)

    def fail():
        stop.set()
        raise TransientError("500", "oops")

    with pytest.raises(StoppedError):
        calls("Op", fail)


def test_stopping_reaches_the_parts_and_not_the_whole():
    whole = StopSignal()
    one, two = whole.child(), whole.child()
    one.set()
    assert one.is_set()
    assert not two.is_set()
    whole.set()
    assert two.is_set()
    assert whole.child().is_set()


def test_operations_without_a_quota_of_their_own_share_one_bucket_and_its_pauses():
    fake = FakeTime()
    calls = make(fake, rates=Rates({}, 10.0, shared=True))
    for operation in ("Put", "Get", "Delete", "Put", "Get"):
        calls(operation, Script("answer"))
    assert (fake.clock() - 1000) * PACE == pytest.approx(0.4)
    before = fake.clock()
    assert calls("Put", Script(ThrottledError("429", "slow", 5.0), "answer")) == "answer"
    calls("Get", Script("answer"))
    assert fake.clock() - before >= 5.0


def test_a_call_for_several_steps_takes_as_much_as_they_cost():
    fake = FakeTime()
    calls = make(fake, rates=Rates({}, 10.0, shared=True, costs={"Put": 0.5}))
    for _ in range(5):
        calls("Put", Script("answer"), steps=10)
    assert (fake.clock() - 1000) * PACE == pytest.approx(2.0)
