"""Registering, finding again and undoing, against both emulators over real HTTP."""

from dataclasses import replace

import pytest

from tests.planned_devices import verified
from tng.clouds.interface import AttentionStep, DoneStep, RegisteredDevice
from tng.plan.models import Disposition
from tng.sandbox.clouds import Emulator
from tng.sandbox.preparation import POLICY_NAME, THING_GROUP, THING_TYPE


def apply(cloud, device, view=None):
    """Plan one device and make its calls."""
    plan = cloud.plan_device(device, view or cloud.inspect([device]))
    return plan, [cloud.perform(step) for step in cloud.steps(plan)]


def registered(plan) -> RegisteredDevice:
    return RegisteredDevice(plan.key, plan.device.record.device_id, plan.name, plan.calls)


def test_certificate_and_policy_take_two_calls(cloud_of, settings, front, iot):
    cloud = cloud_of(settings)
    device = verified(1)
    plan = cloud.plan_device(device, cloud.inspect([device]))
    front.log.clear()
    for step in cloud.steps(plan):
        assert cloud.perform(step) == DoneStep()
    assert front.log.counts() == {"RegisterCertificateWithoutCA": 1, "AttachPolicy": 1}
    there = iot.describe_certificate(certificateId=device.leaf.sha256)["certificateDescription"]
    assert there["status"] == "ACTIVE"
    assert there["certificatePem"].count("BEGIN CERTIFICATE") == 1
    policies = iot.list_attached_policies(target=there["certificateArn"])["policies"]
    assert [policy["policyName"] for policy in policies] == [POLICY_NAME]


def test_everything_takes_five_calls_and_is_right_afterwards(cloud_of, full, front, iot):
    cloud = cloud_of(full)
    device = verified(2)
    front.log.clear()
    plan, _ = apply(cloud, device)
    assert plan.disposition is Disposition.REGISTER
    assert len(front.log.writes()) == 5
    thing = iot.describe_thing(thingName=plan.name)
    assert thing["thingTypeName"] == THING_TYPE
    assert thing["attributes"] == {"part": "TNGTLS"}
    again = cloud.plan_device(device, cloud.inspect([device]))
    assert (again.disposition, again.calls) == (Disposition.RIGHT, ())


def test_the_arn_planned_is_the_arn_made(cloud_of, full, iot):
    cloud = cloud_of(full)
    device = verified(3)
    plan = cloud.plan_device(device, cloud.inspect([device]))
    target = dict(cloud.steps(plan)[1].request)["target"]
    apply(cloud, device)
    made = iot.describe_certificate(certificateId=plan.key)["certificateDescription"]
    assert made["certificateArn"] == target


def test_registering_twice_is_done_already(cloud_of, settings, front):
    cloud = cloud_of(settings)
    device = verified(4)
    plan, _ = apply(cloud, device)
    result = cloud.perform(cloud.steps(plan)[0])
    assert isinstance(result, DoneStep)
    assert result.already


def test_an_inactive_certificate_is_not_done(cloud_of, settings, iot):
    cloud = cloud_of(settings)
    device = verified(5)
    plan, _ = apply(cloud, device)
    iot.update_certificate(certificateId=plan.key, newStatus="INACTIVE")
    assert isinstance(cloud.perform(cloud.steps(plan)[0]), AttentionStep)
    again = cloud.plan_device(device, cloud.inspect([device]))
    assert (again.disposition, again.calls) == (Disposition.DIFFERENT, ())
    assert "INACTIVE" in again.differences[0]


def test_update_activates_an_inactive_one_but_never_a_revoked_one(cloud_of, settings, iot):
    cloud = cloud_of(replace(settings, update=True))
    inactive, revoked = verified(6), verified(7)
    for device, status in ((inactive, "INACTIVE"), (revoked, "REVOKED")):
        plan, _ = apply(cloud, device)
        iot.update_certificate(certificateId=plan.key, newStatus=status)
    view = cloud.inspect([inactive, revoked])
    plan, results = apply(cloud, inactive, view)
    assert plan.calls == (("UpdateCertificate", "ACTIVE"),)
    assert results == [DoneStep()]
    description = iot.describe_certificate(certificateId=plan.key)["certificateDescription"]
    assert description["status"] == "ACTIVE"
    left = cloud.plan_device(revoked, view)
    assert (left.disposition, left.calls) == (Disposition.DIFFERENT, ())


def test_what_is_missing_is_added(cloud_of, settings, full, iot):
    device = verified(8)
    apply(cloud_of(settings), device)
    plan, _ = apply(cloud_of(full), device)
    assert plan.disposition is Disposition.COMPLETE
    assert plan.operations == ("CreateThing", "AttachThingPrincipal", "AddThingToThingGroup")
    groups = iot.list_thing_groups_for_thing(thingName=plan.name)["thingGroups"]
    assert [group["groupName"] for group in groups] == [THING_GROUP]


def test_a_thing_with_other_settings_is_a_conflict(cloud_of, full, iot):
    device = verified(9)
    iot.create_thing(thingName=f"chip-{device.record.device_id}")
    cloud = cloud_of(full)
    plan = cloud.plan_device(device, cloud.inspect([device]))
    assert (plan.disposition, plan.calls) == (Disposition.CONFLICT, ())
    assert f"type is absent, expected {THING_TYPE}" in plan.differences[0]


def test_a_thing_of_another_certificate_is_a_conflict(cloud_of, full):
    cloud = cloud_of(full)
    plan, _ = apply(cloud, verified(10))
    taken = replace(full, thing_name=replace(full.thing_name, text="", pieces=((plan.name, None),)))
    other = cloud_of(taken)
    device = verified(11)
    conflict = other.plan_device(device, other.inspect([device]))
    assert conflict.disposition is Disposition.CONFLICT
    assert "belongs to another certificate" in conflict.differences[0]


@pytest.mark.parametrize("aws_emulator", [Emulator.MINISTACK])  # moto overwrites things
def test_a_thing_made_meanwhile_is_compared(cloud_of, full, iot):
    cloud = cloud_of(full)
    device = verified(12)
    plan = cloud.plan_device(device, cloud.inspect([device]))
    iot.create_thing(thingName=plan.name)
    result = cloud.perform(cloud.steps(plan)[2])
    assert isinstance(result, AttentionStep)
    assert f"expected {THING_TYPE}" in result.reason


def test_undo_leaves_nothing(cloud_of, full, iot):
    cloud = cloud_of(full)
    plan, _ = apply(cloud, verified(13))
    steps = cloud.undo_steps(registered(plan))
    assert [step.operation for step in steps] == [
        "RemoveThingFromThingGroup",
        "DetachThingPrincipal",
        "DeleteThing",
        "DetachPolicy",
        "UpdateCertificate",
        "DeleteCertificate",
    ]
    for step in steps:
        assert isinstance(cloud.perform(step), DoneStep)
    assert iot.list_certificates()["certificates"] == []
    assert iot.list_things()["things"] == []


def test_undo_of_what_is_gone_is_done_already(cloud_of, settings):
    cloud = cloud_of(settings)
    plan, _ = apply(cloud, verified(14))
    steps = cloud.undo_steps(registered(plan))
    for step in steps:
        cloud.perform(step)
    assert all(isinstance(cloud.perform(step), DoneStep) for step in steps)


def test_undo_touches_only_what_this_tool_made(cloud_of, settings, full, front):
    cloud = cloud_of(full)
    apply(cloud_of(settings), verified(15))
    plan, _ = apply(cloud, verified(15))
    operations = [step.operation for step in cloud.undo_steps(registered(plan))]
    assert operations == ["RemoveThingFromThingGroup", "DetachThingPrincipal", "DeleteThing"]
