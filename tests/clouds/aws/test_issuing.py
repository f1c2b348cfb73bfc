"""CreateCertificateFromCsr step by step: one certificate for a key, whatever gets lost."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.requested_devices import name_of, requested
from tng.clouds.interface import (
    ISSUE,
    AttentionStep,
    DoneStep,
    RegisteredDevice,
    RememberedIssue,
    ThrottledError,
    TransientError,
)
from tng.plan.models import Disposition
from tng.plan.template import Template
from tng.plan.view import RemoteView
from tng.sandbox.emulator import Emulator
from tng.sandbox.faults import Fault, LostReply, ServerError, Throttle, When
from tng.x509.pem import certified_key

NO_VIEW = RemoteView({})


@pytest.fixture(params=["ministack"])
def aws_emulator(request):
    """Where a certificate has the key of its request."""
    return Emulator(request.param)


@dataclass
class Memory:
    """What would be in a ledger."""

    issues: dict = field(default_factory=dict)
    written: frozenset = frozenset()

    def issue(self, target, key):
        return self.issues.get(key, RememberedIssue())

    def certificates_since(self, target, since):
        return self.written


@dataclass
class Folder:
    """What would be in a folder."""

    kept: dict = field(default_factory=dict)

    def has(self, key, certificate_id):
        return self.kept.get(key, ("", ""))[0] == certificate_id

    def keep(self, key, certificate_id, pem):
        self.kept[key] = (certificate_id, pem)


@pytest.fixture
def named(settings):
    return replace(settings, thing_name=Template.parse("{device_id}", "test"))


def plan_of(cloud, device):
    return cloud.plan_device(device, cloud.inspect([device]))


def perform_all(cloud, plan):
    results = [cloud.perform(step) for step in cloud.steps(plan)]
    assert all(isinstance(result, DoneStep) for result in results), results
    return results


def certificates(iot):
    """The id of each certificate and whose key it has."""
    ids = [item["certificateId"] for item in iot.list_certificates()["certificates"]]
    descriptions = [iot.describe_certificate(certificateId=item) for item in ids]
    return {
        item["certificateDescription"]["certificateId"]: certified_key(
            item["certificateDescription"]["certificatePem"]
        )
        for item in descriptions
    }


def test_a_request_gets_a_certificate_of_its_key_and_all_that_belongs_to_it(named, cloud_of, iot):
    cloud, folder, device = cloud_of(named), Folder(), requested(1)
    cloud.deliver(folder)
    plan = plan_of(cloud, device)
    assert plan.disposition is Disposition.REGISTER
    assert plan.operations == (ISSUE, "AttachPolicy", "CreateThing", "AttachThingPrincipal")
    assert (plan.key, plan.name) == (device.request.key, name_of(1))
    first, *_ = perform_all(cloud, plan)
    assert certificates(iot) == {first.note: device.request.key}
    assert folder.kept[plan.key][0] == first.note
    assert certified_key(folder.kept[plan.key][1]) == plan.key
    (principal,) = iot.list_thing_principals(thingName=name_of(1))["principals"]
    assert principal.endswith(f":cert/{first.note}")
    (policy,) = iot.list_attached_policies(target=principal)["policies"]
    assert policy["policyName"] == named.policies[0]

    cloud.remember(Memory({plan.key: RememberedIssue(first.note)}))
    again = plan_of(cloud, device)
    assert (again.disposition, again.calls) == (Disposition.RIGHT, ())


def test_planning_is_pure_and_every_step_may_be_sent_again(named, cloud_of, iot, front):
    cloud, device = cloud_of(named), requested(1)
    plan = plan_of(cloud, device)
    front.log.clear()
    assert cloud.steps(plan) == cloud.steps(cloud.plan_device(device, NO_VIEW))
    assert len(front.log) == 0
    for step in cloud.steps(plan):
        for _ in range(2):
            assert isinstance(cloud.perform(step), DoneStep)
    assert len(certificates(iot)) == 1


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        pytest.param(Throttle(), ThrottledError, id="throttle"),
        pytest.param(ServerError(500), TransientError, id="500"),
        pytest.param(LostReply(When.BEFORE), TransientError, id="lost before"),
        pytest.param(LostReply(When.AFTER), TransientError, id="lost after"),
    ],
)
def test_a_fault_is_mended_by_the_same_step_with_one_certificate(
    settings, cloud_of, iot, front, effect, error
):
    cloud, folder, device = cloud_of(settings), Folder(), requested(1)
    cloud.deliver(folder)
    perform_all(cloud, cloud.plan_device(requested(2), NO_VIEW))
    step = cloud.steps(cloud.plan_device(device, NO_VIEW))[0]
    front.inject(Fault(effect, ISSUE))
    with pytest.raises(error):
        cloud.perform(step)
    result = cloud.perform(step)
    assert isinstance(result, DoneStep)
    assert result.already is (effect == LostReply(When.AFTER))
    assert sorted(certificates(iot).values()) == sorted(
        (device.request.key, requested(2).request.key)
    )
    assert folder.kept[device.request.key][0] == result.note


def made_and_forgotten(cloud, device):
    """A certificate that a process made before it died."""
    step = cloud.steps(cloud.plan_device(device, NO_VIEW))[0]
    return cloud.perform(step).note


def test_an_orphan_is_found_by_its_key_in_a_new_process(settings, cloud_of, iot):
    device = requested(1)
    began = datetime.now(UTC)
    orphan = made_and_forgotten(cloud_of(settings), device)
    made_and_forgotten(cloud_of(settings), requested(2))
    cloud, folder = cloud_of(settings), Folder()
    cloud.deliver(folder)
    cloud.remember(Memory({device.request.key: RememberedIssue(unknown_since=began)}))
    plan = plan_of(cloud, device)
    assert plan.disposition is Disposition.COMPLETE
    assert plan.operations == (ISSUE, "AttachPolicy")
    assert orphan in plan.differences[0]
    first, _ = perform_all(cloud, plan)
    assert (first.already, first.note) == (True, orphan)
    assert folder.kept[device.request.key][0] == orphan
    assert len(certificates(iot)) == 2


def test_what_is_known_to_be_anothers_is_not_described(settings, cloud_of, front):
    device = requested(1)
    others = frozenset(made_and_forgotten(cloud_of(settings), requested(n)) for n in range(2, 5))
    cloud = cloud_of(settings)
    lost = RememberedIssue(unknown_since=datetime.now(UTC))
    cloud.remember(Memory({device.request.key: lost}, others))
    front.log.clear()
    assert cloud.inspect([device]).states == {}
    assert not front.log.calls("DescribeCertificate")


def test_what_was_made_long_before_is_not_looked_at(settings, cloud_of, front):
    device = requested(1)
    made_and_forgotten(cloud_of(settings), device)
    cloud = cloud_of(settings)
    later = datetime.now(UTC) + timedelta(hours=1)
    cloud.remember(Memory({device.request.key: RememberedIssue(unknown_since=later)}))
    front.log.clear()
    assert cloud.inspect([device]).states == {}
    assert not front.log.calls("DescribeCertificate")


def test_without_any_memory_the_thing_leads_to_the_certificate(named, cloud_of, iot):
    device = requested(1)
    perform_all(cloud_of(named), plan_of(cloud_of(named), device))
    cloud = cloud_of(named)
    plan = plan_of(cloud, device)
    assert (plan.disposition, plan.operations) == (Disposition.COMPLETE, (ISSUE,))
    (result,) = perform_all(cloud, plan)
    assert result.already
    assert len(certificates(iot)) == 1


def test_a_thing_of_another_key_is_a_conflict(named, cloud_of, iot):
    perform_all(cloud_of(named), plan_of(cloud_of(named), requested(1)))
    plan = plan_of(cloud_of(named), requested(2, name=name_of(1)))
    assert (plan.disposition, plan.calls) == (Disposition.CONFLICT, ())
    assert "belongs to another certificate" in plan.differences[0]


def test_a_certificate_that_was_deleted_may_be_made_anew(settings, cloud_of, iot):
    cloud, device = cloud_of(settings), requested(1)
    cloud.remember(Memory({device.request.key: RememberedIssue("ab" * 32)}))
    plan = plan_of(cloud, device)
    assert plan.disposition is Disposition.REGISTER
    perform_all(cloud, plan)
    assert len(certificates(iot)) == 1


def test_an_inactive_one_is_left_alone_unless_it_is_to_be_updated(settings, cloud_of, iot):
    device = requested(1)
    certificate = made_and_forgotten(cloud_of(settings), device)
    iot.update_certificate(certificateId=certificate, newStatus="INACTIVE")
    memory = Memory({device.request.key: RememberedIssue(certificate)})
    cloud = cloud_of(settings)
    cloud.remember(memory)
    assert plan_of(cloud, device).disposition is Disposition.DIFFERENT
    updating = cloud_of(replace(settings, update=True))
    updating.remember(memory)
    plan = plan_of(updating, device)
    assert plan.operations == ("UpdateCertificate", "AttachPolicy")
    perform_all(updating, plan)
    found = iot.describe_certificate(certificateId=certificate)["certificateDescription"]
    assert found["status"] == "ACTIVE"


def test_a_certificate_may_be_asked_for_inactive(settings, cloud_of, iot):
    cloud = cloud_of(replace(settings, status="INACTIVE"))
    perform_all(cloud, plan_of(cloud, requested(1)))
    (item,) = iot.list_certificates()["certificates"]
    assert item["status"] == "INACTIVE"


def test_an_undo_takes_back_what_was_made_and_may_be_sent_again(named, cloud_of, iot):
    cloud, device = cloud_of(named), requested(1)
    plan = plan_of(cloud, device)
    first, *_ = perform_all(cloud, plan)
    made = RegisteredDevice(plan.key, "id", plan.name, plan.calls, first.note)
    fresh = cloud_of(named)
    for step in fresh.undo_steps(made):
        for _ in range(2):
            assert isinstance(fresh.perform(step), DoneStep)
    assert certificates(iot) == {}
    assert iot.list_things()["things"] == []


@pytest.mark.parametrize("exists", [True, False])
def test_an_undo_finds_what_nobody_wrote_down(settings, cloud_of, iot, exists):
    device, began = requested(1), datetime.now(UTC)
    if exists:
        made_and_forgotten(cloud_of(settings), device)
    cloud, key = cloud_of(settings), device.request.key
    cloud.remember(Memory({key: RememberedIssue(unknown_since=began)}))
    made = RegisteredDevice(key, "id", "", ((ISSUE, key),))
    for step in cloud.undo_steps(made):
        assert isinstance(cloud.perform(step), DoneStep)
    assert certificates(iot) == {}


def test_one_that_is_there_is_delivered_again_where_it_is_missing(settings, cloud_of, front):
    device = requested(1)
    certificate = made_and_forgotten(cloud_of(settings), device)
    cloud, folder, key = cloud_of(settings), Folder(), device.request.key
    cloud.remember(Memory({key: RememberedIssue(certificate)}))
    cloud.deliver(folder)
    cloud.redeliver(key)
    assert folder.kept == {}
    cloud.inspect([device])
    cloud.redeliver(key)
    assert folder.kept[key][0] == certificate
    front.log.clear()
    cloud.redeliver(key)
    assert len(front.log) == 0


@pytest.mark.slow
@pytest.mark.parametrize("aws_emulator", ["moto"], indirect=True)
def test_a_certificate_of_another_key_is_named_and_gets_nothing(settings, cloud_of, iot):
    """Of moto, whatever the request, the key is a random one."""
    cloud, folder, device = cloud_of(settings), Folder(), requested(1)
    cloud.deliver(folder)
    step = cloud.steps(plan_of(cloud, device))[0]
    result = cloud.perform(step)
    assert isinstance(result, AttentionStep)
    ((made, key),) = certificates(iot).items()
    assert made in result.reason
    assert key != device.request.key
    assert folder.kept == {}
    # As long as it is there, no other one is made.
    again = cloud_of(settings)
    again.remember(Memory({device.request.key: RememberedIssue(made, problem=result.reason)}))
    plan = plan_of(again, device)
    assert (plan.disposition, plan.differences) == (Disposition.CONFLICT, (result.reason,))
    iot.update_certificate(certificateId=made, newStatus="INACTIVE")
    iot.delete_certificate(certificateId=made)
    assert plan_of(again, device).disposition is Disposition.REGISTER
