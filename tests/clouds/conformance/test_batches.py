"""Several devices in one call, where a cloud takes that: each has an outcome of its own."""

import pytest

from tests.cloud_cases.fixtures import KINDS
from tests.cloud_cases.interface import keys
from tests.clouds.conformance.devices import (
    FAULTS,
    made_by_us,
    plan_of,
    plan_of_absent,
)
from tests.planned_devices import verified
from tng.apply.calls import Calls
from tng.apply.session import OpenTarget
from tng.apply.stopping import StopSignal
from tng.clouds.interface import BatchCloud, DoneStep
from tng.ledger import SqliteLedger
from tng.plan.eligibility import PlanPolicy, select_devices
from tng.plan.planner import InspectedTarget, make_plan
from tng.plan.view import RemoteView, TargetFacts
from tng.registration import register
from tng.sandbox.faults import Fault

WHERE_IT_BATCHES = pytest.mark.parametrize(
    "cloud_case", [name for name, kind in KINDS.items() if kind.per_call > 1], indirect=True
)


def test_a_cloud_says_how_many_go_together(case, cloud):
    plan = plan_of(cloud, verified(0))
    sizes = [
        cloud.batch_size(step.operation) if isinstance(cloud, BatchCloud) else 1
        for step in (*cloud.steps(plan), *cloud.undo_steps(made_by_us(plan)))
    ]
    assert max(sizes) == sizes[0] == case.kind.per_call


@WHERE_IT_BATCHES
def test_a_batch_has_an_outcome_for_each_step_and_is_one_call(case, cloud):
    case.add(case.first, 2)
    steps = [step for n in range(10) for step in cloud.steps(plan_of_absent(cloud, n))]
    case.log.clear()
    results = cloud.perform_batch(steps)
    assert [result.already for result in results] == [n == 2 for n in range(10)]
    assert len(case.log.writes()) == 1
    assert set(case.registered(case.first)) == keys(10)


@WHERE_IT_BATCHES
def test_a_plan_tells_the_calls_that_are_made(case, cloud, tmp_path):
    plan = make_plan(
        select_devices([verified(n) for n in range(12)], PlanPolicy()),
        [InspectedTarget("own", cloud, TargetFacts((), ()), RemoteView({}))],
    )
    target = OpenTarget("own", cloud, Calls(), StopSignal())
    case.log.clear()
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        register(plan, [target], ledger, "test", offline=False, stop=StopSignal())
    assert sum(plan.targets[0].calls.values()) == len(case.log.writes()) == 2


@FAULTS
@WHERE_IT_BATCHES
def test_a_fault_of_a_batch_is_raised_once_and_mended_by_the_same_batch(case, cloud, effect, error):
    steps = [step for n in range(10) for step in cloud.steps(plan_of_absent(cloud, n))]
    case.inject(Fault(effect, case.kind.registering))
    case.log.clear()
    with pytest.raises(error):
        cloud.perform_batch(steps)
    assert len(case.log) == 1
    assert all(isinstance(result, DoneStep) for result in cloud.perform_batch(steps))
    case.assert_registered(case.first, 10)
