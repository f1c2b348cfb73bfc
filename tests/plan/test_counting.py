"""How many calls are told before they are made, where several devices go into one."""

from datetime import timedelta

import pytest

from tng.plan.counting import count_calls
from tng.plan.view import Rates

CREATE, CHANGE = ("Create",), ("Change",)
BY_STEP = Rates({}, 1.0, shared=True, costs={"Change": 2.0}, together={"Create": 10})
BY_CALL = Rates({}, 1.0, shared=True, together={"Create": 10}, by_call=frozenset({"Create"}))


@pytest.mark.parametrize(("devices", "calls"), [(1, 1), (10, 1), (11, 2), (95, 10)])
def test_devices_that_go_together_are_one_call(devices, calls):
    """A step costs what it costs; only where the call is what counts, the last one costs all."""
    assert count_calls([CREATE] * devices, BY_STEP).calls == {"Create": calls}
    assert count_calls([CREATE] * devices, BY_STEP).duration == timedelta(seconds=devices)
    assert count_calls([CREATE] * devices, BY_CALL).duration == timedelta(seconds=calls)


def test_only_those_that_follow_one_another_go_together():
    mixed = [CREATE, CREATE, (), CREATE, CHANGE, CREATE]
    counted = count_calls(mixed, BY_STEP)
    assert counted.calls == {"Create": 2, "Change": 1}
    assert counted.duration == timedelta(seconds=6)


def test_a_device_that_needs_more_than_one_step_goes_alone():
    counted = count_calls([("Create", "Change"), ("Create", "Change"), CREATE, CREATE], BY_STEP)
    assert counted.calls == {"Create": 3, "Change": 2}


def test_nothing_takes_no_time():
    counted = count_calls([(), ()], BY_STEP)
    assert counted.calls == {}
    assert counted.duration == timedelta()
