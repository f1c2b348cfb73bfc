"""Every call is paced: through the caller, at a rate that the vendor allows."""

from tests.clouds.conformance.devices import (
    made_by_us,
    perform_all,
    plan_of,
    registered,
)
from tests.planned_devices import verified


def test_every_read_is_made_through_the_caller_and_named_as_its_rate_is(case, caller, cloud):
    registered(cloud, 0, 1)
    case.log.clear()
    caller.operations.clear()
    cloud.inspect([verified(number) for number in range(3)])
    assert sorted(caller.operations) == sorted(case.log.counts().elements())


def test_no_rate_is_above_what_the_vendor_documents(case, open_target):
    """Of every call that registering, looking and undoing make, with the default settings."""
    cloud = open_target(without="rate")
    (plan,) = registered(cloud, 0)
    perform_all(cloud, cloud.undo_steps(made_by_us(plan)))
    made = set(case.log.counts())
    assert made >= {case.operation(step.operation) for step in cloud.steps(plan)}
    documented = {name: quota for name in made if (quota := case.quota(name)) is not None}
    assert case.kind.registering in documented or cloud.rates.shared
    for operation, quota in documented.items():
        _, rate = cloud.rates.bucket(operation)
        assert 0 < rate <= quota, operation


def test_no_step_makes_more_calls_than_it_counts_as(case, cloud):
    plan = plan_of(cloud, verified(0))
    for steps in (cloud.steps(plan), cloud.undo_steps(made_by_us(plan))):
        for step in steps:
            case.log.clear()
            cloud.perform(step)
            assert len(case.log) <= max(1.0, cloud.rates.cost(step.operation)), step.operation
