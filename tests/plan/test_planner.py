"""What is to be done on each target, and how long it takes."""

from datetime import timedelta

import pytest

from tests.plan.fake_cloud import NO_FACTS, NOTHING_THERE, FakeCloud
from tests.planned_devices import verified
from tng.findings import Effect, Finding, Severity, finding
from tng.plan.eligibility import PlanPolicy, Selection, select_devices
from tng.plan.models import Disposition, FailedTarget
from tng.plan.planner import InspectedTarget, make_plan
from tng.plan.view import Rates, RemoteView, TargetFacts


def select(*devices) -> Selection:
    return select_devices(devices, PlanPolicy())


def target(cloud, view=NOTHING_THERE, name="eu") -> InspectedTarget:
    return InspectedTarget(name, cloud, NO_FACTS, view)


def test_calls_are_counted_and_timed_by_the_slowest_operation():
    devices = [verified(number) for number in range(20)]
    plan = make_plan(select(*devices), [target(FakeCloud())])
    assert plan.targets[0].calls == {"Register": 20, "Attach": 20}
    assert plan.targets[0].duration == timedelta(seconds=4)


@pytest.mark.parametrize(
    ("calls", "seconds"), [({}, 0), ({"Register": 30}, 3), ({"Register": 30, "Other": 50}, 10)]
)
def test_duration(calls, seconds):
    assert FakeCloud().rates.duration(calls) == timedelta(seconds=seconds)


def test_what_is_there_needs_no_call():
    view = RemoteView({verified(1).leaf.sha256: {}})
    plan = make_plan(select(verified(1), verified(2)), [target(FakeCloud(), view)])
    found = [device.disposition for device in plan.targets[0].devices]
    assert found == [Disposition.RIGHT, Disposition.REGISTER]
    assert plan.targets[0].calls == {"Register": 1, "Attach": 1}


def test_offline_says_that_nothing_was_read():
    plan = make_plan(select(verified(1)), [target(FakeCloud(), None)])
    assert plan.targets[0].devices[0].disposition is Disposition.REGISTER
    assert [item.code for item in plan.targets[0].findings] == ["remote-state-not-read"]


def test_devices_of_one_name_are_all_left_alone():
    cloud = FakeCloud(name_of=lambda device: "same" if device.leaf != verified(3).leaf else "own")
    plan = make_plan(select(verified(1), verified(2), verified(3)), [target(cloud)]).targets[0]
    dispositions = [device.disposition for device in plan.devices]
    assert dispositions == [Disposition.CONFLICT, Disposition.CONFLICT, Disposition.REGISTER]
    assert plan.calls == {"Register": 1, "Attach": 1}
    assert [item.code for item in plan.findings] == ["target-name-duplicate"]


def test_devices_that_claim_the_same_further_name_are_all_left_alone():
    cloud = FakeCloud(claims_of=lambda device: (("device id", "same"),))
    plan = make_plan(select(verified(1), verified(2)), [target(cloud)]).targets[0]
    assert [device.disposition for device in plan.devices] == [Disposition.CONFLICT] * 2
    assert plan.devices[0].differences == (
        "the device id 'same' is also that of 1 other planned devices",
    )
    assert "would have the device id 'same'" in plan.findings[0].message


@pytest.mark.parametrize(("held", "fits"), [(None, True), (1, True), (2, False)])
def test_a_target_that_cannot_hold_all_is_not_begun(held, fits):
    facts = TargetFacts((), (), capacity=3)
    there = verified(1).leaf.sha256
    view = RemoteView({there: {}}, held)
    inspected = InspectedTarget("eu", FakeCloud(), facts, view)
    plan = make_plan(select(verified(1), verified(2), verified(3)), [inspected])
    assert len(plan.targets) == fits
    if not fits:
        assert "would hold 4 devices (2 are there, 2 new), its limit is 3" in plan.failed[0].message


def test_operations_that_share_a_bucket_take_the_time_of_all():
    rates = Rates({"Discover": 1.0}, 10.0, shared=True, costs={"Put": 0.1})
    assert rates.duration({"Put": 100, "Get": 20, "Discover": 2}) == timedelta(seconds=3)


def test_two_places_that_are_not_known_yet_may_be_different():
    targets = [target(FakeCloud("unknown"), None), target(FakeCloud("unknown"), None, name="us")]
    assert len(make_plan(select(verified(1)), targets).targets) == 2


def test_what_is_said_of_several_devices_is_one_finding():
    remark = finding("endless-certificate-planned", "never ends")
    cloud = FakeCloud(remarks=(remark,))
    plan = make_plan(select(verified(1), verified(2)), [target(cloud)]).targets[0]
    assert [item.code for item in plan.findings] == ["endless-certificate-planned"]
    assert plan.findings[0].message.startswith("2 devices, for example ")


def test_devices_without_a_name_are_told():
    plan = make_plan(select(verified(1)), [target(FakeCloud(name_of=lambda _: ""))]).targets[0]
    assert [item.code for item in plan.findings] == ["target-name-invalid"]
    assert plan.devices[0].device.record.device_id in plan.findings[0].message


def test_connectivity_objects_are_planned_with_a_warning():
    found = Finding("nxp-connectivity-object", Severity.WARNING, Effect.NONE, "F0000001")
    plan = make_plan(select(verified(1, found)), [target(FakeCloud())]).targets[0]
    assert plan.devices[0].disposition is Disposition.REGISTER
    assert [item.code for item in plan.findings] == ["connectivity-object-planned"]


def test_the_same_account_and_region_twice_is_refused():
    targets = [target(FakeCloud()), target(FakeCloud(), name="also-eu")]
    earlier = FailedTarget("us", "no credentials", "sign in")
    plan = make_plan(select(verified(1)), targets, [earlier])
    assert len(plan.targets) == 1
    assert [item.name for item in plan.failed] == ["us", "also-eu"]
    assert "111111111111" in plan.failed[1].message


def test_other_accounts_are_planned_side_by_side():
    targets = [target(FakeCloud()), target(FakeCloud("222222222222"), name="us")]
    assert len(make_plan(select(verified(1)), targets).targets) == 2
