"""Plans are pure, see what was made, and change only what they are asked to."""

from tests.clouds.conformance.devices import (
    made_by_us,
    perform_all,
    plan_of,
    registered,
)
from tests.planned_devices import verified
from tng.plan.models import Disposition
from tng.plan.view import RemoteView


def test_planning_and_steps_are_pure(case, cloud):
    device = verified(0)
    view = cloud.inspect([device])
    plan = cloud.plan_device(device, view)
    case.log.clear()
    for _ in range(3):
        assert cloud.plan_device(device, view) == plan
        assert cloud.steps(plan) == cloud.steps(cloud.plan_device(device, RemoteView({})))
        assert cloud.undo_steps(made_by_us(plan)) == cloud.undo_steps(made_by_us(plan))
    assert cloud.plan_device(device, RemoteView({})) == plan
    assert view.states == {}
    assert len(case.log) == 0
    assert plan.disposition is Disposition.REGISTER
    assert tuple((step.operation, step.subject) for step in cloud.steps(plan)) == plan.calls
    assert {name: plan.operations.count(name) for name in plan.operations} == case.kind.plan


def test_a_plan_after_the_steps_is_right_and_one_before_was_not(case, cloud):
    registered(cloud, 0, 2)
    devices = [verified(number) for number in range(3)]
    view = cloud.inspect(devices)
    plans = [cloud.plan_device(device, view) for device in devices]
    right, register = Disposition.RIGHT, Disposition.REGISTER
    assert [plan.disposition for plan in plans] == [right, register, right]
    assert [bool(plan.calls) for plan in plans] == [False, True, False]


def test_what_somebody_changed_is_planned_only_when_asked(case, cloud, open_target):
    registered(cloud, 0)
    case.lock_out(case.first, 0)
    left = plan_of(cloud, verified(0))
    assert (left.disposition, left.calls) == (Disposition.DIFFERENT, ())
    assert case.differs in " ".join(left.differences)
    updating = open_target(update=True)
    changed = plan_of(updating, verified(0))
    assert changed.disposition is Disposition.COMPLETE
    perform_all(updating, updating.steps(changed))
    case.assert_registered(case.first, 1)
    # It was there before: what was only changed is not this tool's to remove.
    assert not any(
        step.operation in case.kind.undo[-1:] for step in updating.undo_steps(made_by_us(changed))
    )


def test_looking_writes_nothing_and_offline_calls_nothing(case, open_target):
    cloud = open_target(preflight=False)
    cloud.preflight(offline=True)
    assert len(case.log) == 0
    cloud.preflight(offline=False)
    cloud.steps(plan_of(cloud, verified(0)))
    assert len(case.log) > 0
    assert case.log.writes() == ()


def test_targets_of_one_cloud_do_not_touch_each_other(case, cloud, open_target):
    other = open_target(case.second)
    assert other.description.key != cloud.description.key
    registered(cloud, 0)
    assert plan_of(other, verified(0)).disposition is Disposition.REGISTER
    case.assert_empty(case.second)
