"""What needs no service: ids, plans, documents, rates."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.clouds.azure.devices import common_name, named
from tests.planned_devices import leaf, verified
from tng.clouds.azure.adapter import AzureCloud
from tng.clouds.azure.comparison import plan_device
from tng.clouds.azure.enrollment import read_enrollment
from tng.clouds.azure.rates import rates
from tng.clouds.azure.sessions import AzureSessions
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.azure.steps import device_steps, left, undo_steps
from tng.clouds.interface import BatchCloud, RegisteredDevice, WatchableCloud
from tng.plan.models import Disposition
from tng.plan.template import Template
from tng.plan.view import RemoteView
from tng.x509.names import COMMON_NAME

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PLAIN = AzureSettings("eu", dps_host="eu.azure-devices-provisioning.net")
FULL = replace(
    PLAIN,
    allocation_policy="geolatency",
    iot_hubs=("a.net", "b.net"),
    reprovision_policy="reprovisionandresetdata",
    tags='{"line": 7}',
    desired='{"interval": {"s": 5}}',
)
NOTHING_THERE = RemoteView({})


def planned(settings, device, view=NOTHING_THERE):
    return plan_device(settings, NOW, device, view)


def template(text):
    return Template.parse(text, "test")


def there(device, settings=FULL, **changes):
    """The view of a service that holds what was asked for, in the service's own words."""
    step = device_steps(settings, planned(settings, device))[0]
    document = dict(step.request["enrollment"])
    info = {"info": {"sha256Thumbprint": device.leaf.sha256.upper()}}
    certificates = {"primary": info, "secondary": info}
    document["attestation"] = {"type": "x509", "x509": {"clientCertificates": certificates}}
    document["etag"] = "ImV0YWci"
    return RemoteView({device.leaf.sha256: read_enrollment({**document, **changes})})


def test_the_request_says_everything_that_is_asked_for_and_the_leaf_alone():
    device = verified(1)
    plan = planned(FULL, device)
    assert plan.calls == (("CreateEnrollment", ""),)
    assert plan.name == common_name(1).lower()
    assert plan.claims == (("device id", common_name(1)),)
    (step,) = device_steps(FULL, plan)
    document = dict(step.request["enrollment"])
    attestation = document.pop("attestation")
    assert step.request["id"] == plan.name
    assert document == {
        "registrationId": common_name(1).lower(),
        "deviceId": common_name(1),
        "provisioningStatus": "enabled",
        "allocationPolicy": "geoLatency",
        "iotHubs": ["a.net", "b.net"],
        "reprovisionPolicy": {"updateHubAssignment": True, "migrateDeviceData": False},
        "initialTwin": {"tags": {"line": 7}, "properties": {"desired": {"interval": {"s": 5}}}},
    }
    assert attestation["type"] == "x509"
    (certificate,) = attestation["x509"]["clientCertificates"].values()
    assert certificate["certificate"].count("BEGIN CERTIFICATE") == 1


def test_nothing_is_sent_that_was_not_asked_for():
    (step,) = device_steps(PLAIN, planned(PLAIN, verified(1)))
    assert set(step.request["enrollment"]) == {
        "registrationId",
        "deviceId",
        "attestation",
        "provisioningStatus",
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (None, "no common name"),
        ("0123A1B2C3D4E5F601 ATECC", "old Microchip"),
        ("sn/1", "'/'"),
        ("sn_é", "'é'"),
        ("\u212aelvin", "'\u212a'"),
        ("sn1.", "ends with '.'"),
        ("sn1_", "ends with '_'"),
        ("sn1:", "ends with ':'"),
        ("..", "ends with '.'"),
        ("a" * 65, "65 characters"),
        ("sn\x001", "has '\\x00'"),
    ],
)
def test_a_name_that_no_registration_id_can_hold_is_refused_before_any_call(name, reason):
    plan = planned(PLAIN, named(name))
    assert plan.disposition is Disposition.CONFLICT
    assert plan.name == ""
    assert plan.calls == ()
    assert reason in plan.differences[0]


@pytest.mark.parametrize("name", ["a", "A-", "a.b_c:d-9", "a" * 64, "-"])
def test_a_name_at_the_bounds_is_a_registration_id(name):
    plan = planned(PLAIN, named(name))
    assert plan.disposition is Disposition.REGISTER
    assert plan.name == name.lower()
    assert plan.claims == (("device id", name),)


def test_a_registration_id_that_the_device_cannot_present_is_refused():
    plan = planned(replace(PLAIN, registration_id=template("fleet-{cn}")), verified(1))
    assert plan.disposition is Disposition.CONFLICT
    assert "could never register" in plan.differences[0]
    same = replace(PLAIN, registration_id=template("SN{device_id}"))
    assert planned(same, verified(1)).name == common_name(1).lower()


def test_a_ca_is_no_device():
    plan = planned(PLAIN, named("sn1", is_ca=True))
    assert plan.disposition is Disposition.CONFLICT
    assert "CA" in plan.differences[0]


def test_with_two_common_names_nobody_can_say_which_the_service_compares():
    device = named("sn1")
    attributes = (*device.leaf.subject.attributes, (COMMON_NAME, "sn2"))
    subject = replace(device.leaf.subject, attributes=attributes)
    plan = planned(PLAIN, replace(device, leaf=replace(device.leaf, subject=subject)))
    assert plan.disposition is Disposition.CONFLICT
    assert "2 common names" in plan.differences[0]


@pytest.mark.parametrize("text", ["{cn}/1", "{cn} 1", "{cn}é", "{cn}" * 8, "{cn}#"])
def test_a_device_id_that_no_hub_takes_is_refused(text):
    plan = planned(replace(PLAIN, device_id=template(text)), verified(1))
    assert plan.disposition is Disposition.CONFLICT
    assert "device id" in plan.differences[0]


def test_a_field_that_a_device_lacks_is_told():
    plan = planned(replace(PLAIN, device_id=template("{group_id}")), verified(1))
    assert "{group_id} is not known" in plan.differences[0]


def test_an_expired_leaf_is_told_and_enrolled_all_the_same():
    late = datetime(2100, 1, 1, tzinfo=UTC)
    plan = plan_device(PLAIN, late, verified(1), NOTHING_THERE)
    assert plan.disposition is Disposition.REGISTER
    assert [remark.code for remark in plan.remarks] == ["expired-certificate-planned"]
    endless = replace(leaf(1), not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    plan = planned(PLAIN, replace(verified(1), leaf=endless))
    assert plan.disposition is Disposition.REGISTER
    assert [remark.code for remark in plan.remarks] == ["endless-certificate-planned"]
    assert planned(PLAIN, verified(1)).remarks == ()


def test_what_is_as_wanted_is_right_although_the_secondary_echoes_the_primary():
    device = verified(1)
    assert planned(FULL, device, there(device)).disposition is Disposition.RIGHT


def test_only_what_is_asked_for_is_compared():
    device = verified(1)
    view = there(
        device,
        iotHubs=["B.net", "a.NET"],
        initialTwin={
            "tags": {"line": 7, "other": 1},
            "properties": {"desired": {"interval": {"s": 5, "t": 6}, "$version": 1}},
        },
        capabilities={"iotEdge": True},
    )
    assert planned(FULL, device, view).disposition is Disposition.RIGHT
    assert planned(PLAIN, device, view).disposition is Disposition.RIGHT


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"deviceId": "Another"}, "the device id is Another"),
        ({"deviceId": common_name(1).lower()}, "the device id is"),
        ({"deviceId": None}, "the device id is"),
        ({"provisioningStatus": "disabled"}, "the provisioning status is disabled"),
        ({"allocationPolicy": "hashed"}, "the allocation policy is hashed"),
        ({"iotHubs": ["a.net"]}, "the IoT hub is a.net"),
        ({"iotHubs": "a.net"}, "the IoT hub is not set"),
        ({"reprovisionPolicy": {"updateHubAssignment": True}}, "the reprovision policy is not"),
        ({"initialTwin": {"tags": {"line": True}}}, "the tags are not"),
        ({"initialTwin": {"tags": {"line": 7}}}, "the desired properties are not"),
        ({"initialTwin": 5}, "the tags are not"),
    ],
)
def test_other_settings_are_told_and_changed_only_when_asked(changes, reason):
    device = verified(1)
    view = there(device, **changes)
    left = planned(FULL, device, view)
    assert left.disposition is Disposition.DIFFERENT
    assert left.calls == ()
    assert reason in left.differences[0]
    assert "--update" in left.differences[-1]
    changed = planned(replace(FULL, update=True), device, view)
    assert changed.disposition is Disposition.COMPLETE
    assert changed.calls == (("UpdateEnrollment", "ImV0YWci"),)
    assert reason in changed.differences[0]


def certificates(primary, secondary):
    def of(sha256):
        return {"info": {"sha256Thumbprint": ":".join([sha256[:2], sha256[2:].upper()])}}

    pair = {"primary": of(primary), "secondary": of(secondary)}
    return {"type": "x509", "x509": {"clientCertificates": pair}}


def test_another_certificate_under_the_id_is_a_conflict_and_replaced_only_when_asked():
    device = verified(1)
    view = there(device, attestation=certificates("ab" * 32, "ab" * 32))
    left = planned(FULL, device, view)
    assert left.disposition is Disposition.CONFLICT
    assert left.name
    assert "ab" * 32 in left.differences[0]
    changed = planned(replace(FULL, update=True), device, view)
    assert changed.disposition is Disposition.COMPLETE
    assert "is replaced" in changed.differences[0]


@pytest.mark.parametrize("ours_first", [True, False])
def test_a_second_certificate_is_told(ours_first):
    device = verified(1)
    ours, other = device.leaf.sha256, "ab" * 32
    pair = (ours, other) if ours_first else (other, ours)
    plan = planned(FULL, device, there(device, attestation=certificates(*pair)))
    assert plan.disposition is Disposition.DIFFERENT
    assert f"a second certificate is enrolled beside it, {other}" in plan.differences[0]


def test_an_enrollment_by_another_means_is_a_conflict():
    device = verified(1)
    plan = planned(FULL, device, there(device, attestation={"type": "tpm"}))
    assert plan.disposition is Disposition.CONFLICT
    assert "enrolled with tpm" in plan.differences[0]


@pytest.mark.parametrize("etag", ["", None, 5, "*", "x\r\nInjected: 1", "x" * 257])
def test_without_an_etag_that_can_be_sent_nothing_is_changed(etag):
    device = verified(1)
    view = there(device, provisioningStatus="disabled", etag=etag)
    plan = planned(replace(FULL, update=True), device, view)
    assert plan.disposition is Disposition.DIFFERENT
    assert plan.calls == ()


@pytest.mark.parametrize("document", [{}, {"attestation": []}, {"attestation": {"x509": "y"}}])
def test_a_document_of_another_form_is_another_certificate(document):
    device = verified(1)
    view = RemoteView({device.leaf.sha256: read_enrollment(document)})
    assert planned(FULL, device, view).disposition is Disposition.CONFLICT


def test_only_a_creation_is_undone():
    device = verified(1)
    made = RegisteredDevice(device.leaf.sha256, "id", "sn1", (("CreateEnrollment", ""),))
    (step,) = undo_steps(made)
    assert (step.operation, step.subject) == ("DeleteEnrollment", device.leaf.sha256)
    assert step.request == {"id": "sn1"}
    assert undo_steps(replace(made, steps=(("UpdateEnrollment", "etag"),))) == ()


@pytest.mark.parametrize(
    ("operation", "complete", "stays"),
    [("CreateEnrollment", True, ()), ("UpdateEnrollment", False, ("the enrollment sn1",)),
     ("", True, ("the enrollment sn1",)), ("", False, ())],
)  # fmt: skip
def test_an_enrollment_that_was_there_before_stays(operation, complete, stays):
    steps = ((operation, ""),) if operation else ()
    device = RegisteredDevice("ab" * 32, "id", "sn1", steps, is_complete=complete)
    assert left(device) == stays
    assert bool(undo_steps(device)) == (operation == "CreateEnrollment")


def test_one_bucket_holds_everything_but_the_management():
    limits = rates(replace(PLAIN, rate=10))
    for operation in ("CreateEnrollment", "GetEnrollment", "QueryEnrollments", "DeleteEnrollment"):
        assert limits.bucket(operation) == ("", 10)
    assert limits.bucket("ListKeys")[0] == "ListKeys"
    assert limits.cost("CreateEnrollment") == 1
    assert limits.cost("DeleteEnrollment") == 2
    assert limits.cost("CreateEnrollment", 7) == 7


def test_a_bulk_that_counts_as_a_call_costs_one_however_few_are_in_it():
    by_call = rates(replace(PLAIN, bulk_counts_as="call"))
    assert [by_call.cost("CreateEnrollment", steps) for steps in (1, 10)] == [1, 1]
    one_by_one = rates(replace(PLAIN, bulk_counts_as="call", bulk=False))
    assert one_by_one.cost("CreateEnrollment") == one_by_one.batch("CreateEnrollment") == 1


def no_call(operation, call):
    raise AssertionError(f"{operation} was called")


def test_the_adapter_plans_offline_without_a_call():
    by_name = replace(
        PLAIN, dps_host=None, dps="my-dps", resource_group="g", subscription="s", name=""
    )
    for settings, account, name in (
        (PLAIN, PLAIN.dps_host, "eu"),
        (by_name, "unknown", "my-dps"),
        (replace(PLAIN, name=""), PLAIN.dps_host, PLAIN.dps_host),
    ):
        cloud = AzureCloud(settings, AzureSessions(2, {}), no_call)
        assert isinstance(cloud, BatchCloud)
        assert isinstance(cloud, WatchableCloud)
        facts = cloud.preflight(offline=True)
        assert facts.capacity == 1_000_000
        description = cloud.description
        assert (description.cloud, description.region) == ("azure", "")
        assert (description.account, description.name) == (account, name)
        plan = cloud.plan_device(verified(1), NOTHING_THERE)
        assert cloud.steps(plan)
        assert (cloud.batch_size("CreateEnrollment"), cloud.batch_size("DeleteEnrollment")) == (
            10,
            1,
        )
    assert AzureCloud(
        replace(PLAIN, bulk=False), AzureSessions(2, {}), no_call
    ).batch_size("CreateEnrollment") == 1  # fmt: skip
