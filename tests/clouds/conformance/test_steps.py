"""Steps may be sent again, undo exactly what was made, and leave alone what differs."""

from dataclasses import replace

from tests.clouds.conformance.devices import (
    made_by_us,
    perform_all,
    plan_of,
    registered,
)
from tests.planned_devices import verified
from tng.clouds.interface import AttentionStep


def test_every_step_may_be_sent_again(case, cloud):
    plan = plan_of(cloud, verified(0))
    for steps in (cloud.steps(plan), cloud.undo_steps(made_by_us(plan))):
        for step in steps:
            perform_all(cloud, [step, step])
    case.assert_empty(case.first)


def test_a_whole_device_may_be_sent_again(case, cloud):
    plan = plan_of(cloud, verified(0))
    for _ in range(2):
        perform_all(cloud, cloud.steps(plan))
        case.assert_registered(case.first, 1)
    for _ in range(2):
        perform_all(cloud, cloud.undo_steps(made_by_us(plan)))
        case.assert_empty(case.first)


def test_what_differs_is_left_alone_and_told_when_it_is_found_only_by_the_step(case, cloud):
    step = cloud.steps(plan_of(cloud, verified(0)))[0]
    case.add(case.first, 0)
    case.lock_out(case.first, 0)
    before = case.registered(case.first)
    result = cloud.perform(step)
    assert isinstance(result, AttentionStep)
    assert case.differs in result.reason
    assert case.registered(case.first) == before


def test_undoing_undoes_exactly_what_was_made(case, cloud):
    first, second = registered(cloud, 0, 1)
    perform_all(cloud, cloud.undo_steps(made_by_us(second)))
    case.assert_registered(case.first, 1)
    # Nothing was made, nothing is undone.
    assert cloud.undo_steps(replace(made_by_us(first), steps=())) == ()
    perform_all(cloud, cloud.undo_steps(made_by_us(first)))
    case.assert_empty(case.first)
