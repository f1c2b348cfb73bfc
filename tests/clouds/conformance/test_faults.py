"""What throttles, server errors and lost replies look like to the engine, in every cloud."""

import pytest

from tests.cloud_cases.interface import keys
from tests.clouds.conformance.devices import (
    FAULTS,
    calls_of,
    made_by_us,
    plan_of,
)
from tests.planned_devices import verified
from tng.clouds.interface import (
    DoneStep,
    ThrottledError,
    TransientError,
)
from tng.errors import TargetError
from tng.sandbox.faults import Fault, LostReply, ServerError, Throttle, When


def failing_once(case, cloud, step, effect, error):
    """Meet ``effect`` in the call of a step, then make it again."""
    case.log.clear()
    case.inject(Fault(effect, case.operation(step.operation)))
    with pytest.raises(error) as caught:
        cloud.perform(step)
    assert type(caught.value) is error
    assert caught.value.code
    assert len(calls_of(case, step)) == 1
    assert isinstance(cloud.perform(step), DoneStep)


@FAULTS
def test_a_fault_of_any_step_is_raised_once_and_mended_by_the_same_step(case, cloud, effect, error):
    plan = plan_of(cloud, verified(0))
    for step in cloud.steps(plan):
        failing_once(case, cloud, step, effect, error)
    case.assert_registered(case.first, 1)
    for step in cloud.undo_steps(made_by_us(plan)):
        failing_once(case, cloud, step, effect, error)
    case.assert_empty(case.first)


@FAULTS
def test_a_fault_of_a_read_is_raised_once_and_not_tried_again(case, cloud, effect, error):
    case.log.clear()
    case.inject(Fault(effect))
    with pytest.raises(error):
        cloud.inspect([verified(0)])
    assert len(case.log) == 1
    assert cloud.inspect([verified(0)]).states == {}


@pytest.mark.parametrize("effect", [Throttle(), ServerError(503), LostReply(When.BEFORE)], ids=str)
def test_a_preflight_that_fails_says_why_and_can_be_made_again(case, open_target, effect):
    cloud = open_target(preflight=False)
    case.inject(Fault(effect))
    with pytest.raises(TargetError) as caught:
        cloud.preflight(offline=False)
    assert len(case.log) == 1
    assert caught.value.hint
    cloud.preflight(offline=False)
    assert case.log.writes() == ()


def test_ones_own_lost_success_is_told_from_a_new_one(case, cloud):
    step = cloud.steps(plan_of(cloud, verified(0)))[0]
    case.inject(Fault(LostReply(When.AFTER), case.operation(step.operation)))
    with pytest.raises(TransientError):
        cloud.perform(step)
    result = cloud.perform(step)
    assert isinstance(result, DoneStep)
    assert result.already
    assert set(case.registered(case.first)) == keys(1)


def test_what_cannot_be_read_after_a_conflict_is_not_taken_for_ones_own(case, cloud):
    """A `TransientError` would: of a call that may have taken effect, "already" is a success."""
    step = cloud.steps(plan_of(cloud, verified(0)))[0]
    case.add(case.first, 0)
    for read in ("DescribeCertificate", "GetEnrollment"):
        case.inject(Fault(ServerError(503), read))
    with pytest.raises(ThrottledError):
        cloud.perform(step)
    result = cloud.perform(step)
    assert isinstance(result, DoneStep)
    assert result.already
