"""Enrolling, updating and deleting, over real https, looked at from the service's side."""

from dataclasses import replace

import pytest

from tests.clouds.azure.devices import common_name, named
from tests.planned_devices import verified
from tng.clouds.interface import (
    AttentionStep,
    DoneStep,
    RefusedError,
    RegisteredDevice,
    TransientError,
)
from tng.plan.models import Disposition, Step
from tng.sandbox.dps.sandbox import InstanceSpecification
from tng.sandbox.faults import Fault, Hook, LostReply, When

PUT, GET, DELETE = "CreateOrUpdateEnrollment", "GetEnrollment", "DeleteEnrollment"


def steps_of(cloud, device):
    return cloud.steps(cloud.plan_device(device, cloud.inspect([device])))


def enrolled(running, name):
    """The service's own document of an enrollment."""
    return running.state.instances[0].enrollments[name.lower()].document


def change(running, name, **members):
    """Somebody else changes an enrollment in the service."""
    enrollment = running.state.instances[0].enrollments[name.lower()]
    enrollment.document = {**enrollment.document, **members, "etag": "Y2hhbmdlZA=="}


def calls(running, operation):
    return running.server.log.calls(operation)


def deletion(device):
    step = ("CreateEnrollment", "")
    name = common_name(device.record.source.entry).lower()
    return RegisteredDevice(device.leaf.sha256, device.record.device_id, name, (step,))


@pytest.fixture
def full(settings):
    return replace(
        settings,
        allocation_policy="static",
        iot_hubs=("sandbox-hub.azure-devices.net",),
        reprovision_policy="never",
        tags='{"line": 7}',
        desired='{"interval": 5}',
    )


def test_an_enrollment_is_made_as_asked_and_then_found(cloud_of, full, running):
    cloud = cloud_of(full)
    (step,) = steps_of(cloud, verified(1))
    assert cloud.perform(step) == DoneStep()
    document = enrolled(running, common_name(1))
    assert document["deviceId"] == common_name(1)
    assert document["initialTwin"] == {
        "tags": {"line": 7},
        "properties": {"desired": {"interval": 5}},
    }
    plan = cloud.plan_device(verified(1), cloud.inspect([verified(1)]))
    assert plan.disposition is Disposition.RIGHT
    assert cloud.sight(plan.name).standing == "unassigned"


def test_a_creation_carries_no_etag_so_that_it_can_replace_nothing(cloud, running):
    (step,) = steps_of(cloud, verified(1))
    cloud.perform(step)
    etag = enrolled(running, common_name(1))["etag"]
    assert cloud.perform(step).already
    assert enrolled(running, common_name(1))["etag"] == etag


def test_the_id_is_sent_in_lower_case_and_found_in_any(cloud, running):
    device = named("SN-Mixed-Case")
    (step,) = steps_of(cloud, device)
    cloud.perform(step)
    change(running, "sn-mixed-case", registrationId="SN-Mixed-CASE")
    assert cloud.plan_device(device, cloud.inspect([device])).disposition is Disposition.RIGHT
    result = cloud.perform(step)
    assert isinstance(result, DoneStep)
    assert result.already


def test_a_lost_reply_is_told_once_and_ones_own_success_recognised(cloud, running):
    (step,) = steps_of(cloud, verified(1))
    running.server.inject(Fault(LostReply(When.AFTER), PUT))
    with pytest.raises(TransientError):
        cloud.perform(step)
    assert len(calls(running, PUT)) == 1
    result = cloud.perform(step)
    assert isinstance(result, DoneStep)
    assert result.already


def test_what_another_enrolled_is_left_alone_and_told(cloud, running):
    steps = steps_of(cloud, named("sn1", 1))
    cloud.perform(steps_of(cloud, named("SN1", 2))[0])
    etag = enrolled(running, "sn1")["etag"]
    result = cloud.perform(steps[0])
    assert isinstance(result, AttentionStep)
    assert "another certificate is enrolled" in result.reason
    assert enrolled(running, "sn1")["etag"] == etag


def test_other_settings_behind_a_409_are_left_alone_and_told(cloud_of, settings, cloud):
    (step,) = steps_of(cloud, verified(1))
    cloud_of(replace(settings, provisioning_status="disabled")).perform(
        steps_of(cloud_of(replace(settings, provisioning_status="disabled")), verified(1))[0]
    )
    result = cloud.perform(step)
    assert isinstance(result, AttentionStep)
    assert "the provisioning status is disabled, expected enabled" in result.reason


@pytest.fixture
def outdated(cloud, cloud_of, settings, running):
    """A device whose enrollment differs: the adapter that may update it, and its step."""
    cloud.perform(steps_of(cloud, verified(1))[0])
    change(
        running,
        common_name(1),
        provisioningStatus="disabled",
        capabilities={"iotEdge": True},
        initialTwin={"tags": {"other": 1}},
    )
    updating = cloud_of(replace(settings, update=True, desired='{"a": 1}'))
    (step,) = steps_of(updating, verified(1))
    assert step.operation == "UpdateEnrollment"
    return updating, step


def test_an_update_changes_what_is_asked_and_leaves_the_rest(outdated, running):
    cloud, step = outdated
    assert cloud.perform(step) == DoneStep()
    document = enrolled(running, common_name(1))
    assert document["provisioningStatus"] == "enabled"
    assert document["capabilities"] == {"iotEdge": True}
    assert document["initialTwin"] == {"tags": {"other": 1}, "properties": {"desired": {"a": 1}}}
    assert cloud.plan_device(verified(1), cloud.inspect([verified(1)])).calls == ()


def test_an_update_whose_reply_was_lost_is_recognised(outdated, running):
    cloud, step = outdated
    running.server.inject(Fault(LostReply(When.AFTER), PUT))
    with pytest.raises(TransientError):
        cloud.perform(step)
    assert cloud.perform(step).already


def test_an_update_of_what_was_changed_meanwhile_is_not_made(outdated, running):
    cloud, step = outdated
    change(running, common_name(1), deviceId="theirs", etag="b3RoZXI=")
    running.state.instances[0].enrollments[common_name(1).lower()].document["etag"] = "b3RoZXI="
    before = len(calls(running, PUT))
    result = cloud.perform(step)
    assert isinstance(result, AttentionStep)
    assert "changed since it was read" in result.reason
    assert len(calls(running, PUT)) == before


def test_a_change_between_the_read_and_the_write_of_an_update_is_seen_by_the_etag(
    outdated, running
):
    cloud, step = outdated

    def meddle():
        enrollment = running.state.instances[0].enrollments[common_name(1).lower()]
        enrollment.document = {**enrollment.document, "deviceId": "theirs", "etag": "b3RoZXI="}

    # Before the write is looked at, after the read was answered.
    running.server.inject(Fault(Hook(When.AFTER, meddle), GET))
    result = cloud.perform(step)
    assert isinstance(result, AttentionStep)
    assert enrolled(running, common_name(1))["deviceId"] == "theirs"
    assert [call.status for call in calls(running, PUT)][-1] == 412


def test_an_update_of_what_is_gone_makes_nothing(outdated, running):
    cloud, step = outdated
    running.state.instances[0].enrollments.clear()
    assert isinstance(cloud.perform(step), AttentionStep)
    assert not running.state.instances[0].enrollments


def test_a_certificate_is_replaced_only_when_asked(cloud, cloud_of, settings, running):
    cloud.perform(steps_of(cloud, named("sn1", 2))[0])
    updating = cloud_of(replace(settings, update=True))
    (step,) = steps_of(updating, named("sn1", 1))
    assert updating.perform(step) == DoneStep()
    assert running.state.instances[0].enrollments["sn1"].sha256 == named("sn1", 1).leaf.sha256


def test_what_was_made_is_deleted_and_deleting_again_is_fine(cloud, running):
    device = verified(1)
    cloud.perform(steps_of(cloud, device)[0])
    (step,) = cloud.undo_steps(deletion(device))
    assert cloud.perform(step) == DoneStep()
    assert not running.state.instances[0].enrollments
    assert cloud.perform(step).already


def test_a_deletion_whose_reply_was_lost_is_recognised(cloud, running):
    device = verified(1)
    cloud.perform(steps_of(cloud, device)[0])
    (step,) = cloud.undo_steps(deletion(device))
    running.server.inject(Fault(LostReply(When.AFTER), DELETE))
    with pytest.raises(TransientError):
        cloud.perform(step)
    assert cloud.perform(step).already


def test_an_enrollment_that_now_has_another_certificate_is_not_deleted(cloud, running):
    cloud.perform(steps_of(cloud, named("sn1", 2))[0])
    ours = named("sn1", 1)
    (step,) = cloud.undo_steps(
        RegisteredDevice(ours.leaf.sha256, "id", "sn1", (("CreateEnrollment", ""),))
    )
    result = cloud.perform(step)
    assert isinstance(result, AttentionStep)
    assert "sn1" in running.state.instances[0].enrollments
    assert not calls(running, DELETE)


def test_without_an_etag_nothing_is_deleted(cloud, running):
    device = verified(1)
    cloud.perform(steps_of(cloud, device)[0])
    del enrolled(running, common_name(1))["etag"]
    (step,) = cloud.undo_steps(deletion(device))
    assert "without an etag" in cloud.perform(step).reason
    assert running.state.instances[0].enrollments
    assert not calls(running, DELETE)


def test_a_replacement_between_the_read_and_the_deletion_is_seen_by_the_etag(cloud, running):
    ours, theirs = named("sn1", 1), named("sn1", 2)
    cloud.perform(steps_of(cloud, theirs)[0])
    other = dict(enrolled(running, "sn1"))
    running.state.instances[0].enrollments.clear()
    cloud.perform(steps_of(cloud, ours)[0])

    def replace_it():
        running.state.instances[0].enrollments["sn1"].document = other

    running.server.inject(Fault(Hook(When.AFTER, replace_it), GET))
    (step,) = cloud.undo_steps(
        RegisteredDevice(ours.leaf.sha256, "id", "sn1", (("CreateEnrollment", ""),))
    )
    with pytest.raises(TransientError):
        cloud.perform(step)
    assert isinstance(cloud.perform(step), AttentionStep)
    assert "sn1" in running.state.instances[0].enrollments


def test_what_the_service_refuses_is_refused_with_its_code_and_tracking_id(cloud_of, settings):
    # The hub is not linked; without discovery only the service can tell.
    cloud = cloud_of(replace(settings, iot_hubs=("stranger.azure-devices.net",)))
    (step,) = steps_of(cloud, verified(1))
    with pytest.raises(RefusedError) as caught:
        cloud.perform(step)
    assert caught.value.code == "400004"
    assert "not linked" in caught.value.message
    assert "tracking id" in caught.value.message


def test_a_full_service_refuses_the_device_and_not_the_target(start, environment, cloud_of):
    full = start(InstanceSpecification("full", capacity=1))
    from tng.clouds.azure.settings import AzureSettings

    environment["FULL"] = full.connection_string("full")
    cloud = cloud_of(
        AzureSettings(
            "full",
            dps_host=full.instances[0].hosts[0],
            ca_file=full.ca_file,
            connection_string_env="FULL",
        )
    )
    cloud.perform(steps_of(cloud, verified(1))[0])
    (step,) = steps_of(cloud, verified(2))
    with pytest.raises(RefusedError, match="limit"):
        cloud.perform(step)


def test_an_operation_of_another_cloud_is_a_mistake_in_the_program(cloud):
    with pytest.raises(ValueError, match="CreateThing"):
        cloud.perform(Step("CreateThing", "", {}))
