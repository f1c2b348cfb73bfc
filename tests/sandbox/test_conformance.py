"""What tng relies on in an emulator, and where each is known to differ from AWS.

`docs/sandbox.md` tells the same in words. A test here that fails after an update of an
emulator means that the table there, and perhaps a workaround, is out of date.
"""

import pytest
from botocore.exceptions import ClientError

from tests.emulators import CloudUnderTest
from tests.sandbox.certificates import new_certificate
from tng.sandbox.clouds import Emulator


def _registered(cloud: CloudUnderTest, **more):
    pem, fingerprint = new_certificate()
    reply = cloud.client("iot").register_certificate_without_ca(certificatePem=pem, **more)
    return reply["certificateArn"], fingerprint, pem


def _refusal(call, **arguments) -> tuple[int, str]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    response = refused.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_the_certificate_id_is_the_sha256_of_the_der(cloud: CloudUnderTest):
    arn, fingerprint, _ = _registered(cloud)
    assert arn == f"arn:aws:iot:{cloud.eu.region}:{cloud.eu.account}:cert/{fingerprint}"


def test_line_ends_do_not_make_another_certificate(cloud: CloudUnderTest):
    _, _, pem = _registered(cloud)
    register = cloud.client("iot").register_certificate_without_ca
    refused = _refusal(register, certificatePem=pem.replace("\n", "\r\n"))
    assert refused == (409, "ResourceAlreadyExistsException")


def test_the_same_certificate_fits_into_other_accounts_and_regions(cloud: CloudUnderTest):
    _, fingerprint, pem = _registered(cloud)
    client = cloud.client("iot", cloud.us)
    assert client.list_certificates()["certificates"] == []
    reply = client.register_certificate_without_ca(certificatePem=pem)
    assert reply["certificateId"] == fingerprint


def test_the_caller_s_account_is_told(cloud: CloudUnderTest):
    for account in (cloud.eu, cloud.us):
        assert cloud.client("sts", account).get_caller_identity()["Account"] == account.account


def test_attaching_a_policy_twice_is_one_attachment(cloud: CloudUnderTest):
    arn, _, _ = _registered(cloud)
    client = cloud.client("iot")
    for _ in range(2):
        client.attach_policy(policyName="tng-device", target=arn)
    assert client.list_targets_for_policy(policyName="tng-device")["targets"] == [arn]
    attached = client.list_attached_policies(target=arn)["policies"]
    assert [policy["policyName"] for policy in attached] == ["tng-device"]


def test_what_is_missing_is_a_404(cloud: CloudUnderTest):
    arn, _, _ = _registered(cloud)
    client = cloud.client("iot")
    missing = (404, "ResourceNotFoundException")
    assert _refusal(client.attach_policy, policyName="none", target=arn) == missing
    assert _refusal(client.describe_thing, thingName="none") == missing
    assert _refusal(client.describe_thing_type, thingTypeName="none") == missing
    assert _refusal(client.describe_thing_group, thingGroupName="none") == missing
    assert _refusal(client.create_thing, thingName="a", thingTypeName="none") == missing
    assert _refusal(client.attach_thing_principal, thingName="none", principal=arn) == missing
    assert _refusal(client.describe_certificate, certificateId="0" * 64) == missing


def test_thing_principal_and_group_are_tied_once_however_often_asked(cloud: CloudUnderTest):
    arn, _, _ = _registered(cloud)
    client = cloud.client("iot")
    for _ in range(2):
        client.create_thing(thingName="a", thingTypeName="secure-element")
        client.attach_thing_principal(thingName="a", principal=arn)
        client.add_thing_to_thing_group(thingName="a", thingGroupName="sandbox")
    assert client.list_principal_things(principal=arn)["things"] == ["a"]
    assert client.list_thing_principals(thingName="a")["principals"] == [arn]
    assert client.list_things_in_thing_group(thingGroupName="sandbox")["things"] == ["a"]


def test_a_certificate_is_deleted_only_when_free_and_inactive(cloud: CloudUnderTest):
    arn, fingerprint, _ = _registered(cloud, status="ACTIVE")
    client = cloud.client("iot")
    client.create_thing(thingName="a")
    client.attach_thing_principal(thingName="a", principal=arn)
    delete = client.delete_certificate
    assert _refusal(delete, certificateId=fingerprint) == (406, "CertificateStateException")
    client.update_certificate(certificateId=fingerprint, newStatus="INACTIVE")
    assert _refusal(delete, certificateId=fingerprint) == (409, "DeleteConflictException")
    client.detach_thing_principal(thingName="a", principal=arn)
    delete(certificateId=fingerprint)
    client.delete_thing(thingName="a")
    assert client.list_certificates()["certificates"] == []


# Where the two differ. AWS does what ministack does, except for billing groups.


def test_bad_pem_is_refused_by_ministack_and_breaks_moto(cloud: CloudUnderTest):
    register = cloud.client("iot").register_certificate_without_ca
    assert _refusal(register, certificatePem="no certificate") == (
        (400, "CertificateValidationException")
        if cloud.emulator is Emulator.MINISTACK
        else (500, "500")
    )


def test_a_thing_of_another_form_is_a_conflict_and_moto_overwrites(cloud: CloudUnderTest):
    client = cloud.client("iot")
    client.create_thing(thingName="a")
    changed = {"thingName": "a", "attributePayload": {"attributes": {"site": "2"}}}
    if cloud.emulator is Emulator.MINISTACK:
        conflict = (409, "ResourceAlreadyExistsException")
        assert _refusal(client.create_thing, **changed) == conflict
    else:
        client.create_thing(**changed)
        assert client.describe_thing(thingName="a")["attributes"] == {"site": "2"}


def test_the_endpoint_is_stable_and_moto_invents_one_a_call(cloud: CloudUnderTest):
    client = cloud.client("iot")
    seen = {
        client.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"] for _ in range(3)
    }
    assert len(seen) == (1 if cloud.emulator is Emulator.MINISTACK else 3)


def test_an_omitted_status_is_inactive_and_moto_has_none(cloud: CloudUnderTest):
    _, fingerprint, _ = _registered(cloud)
    found = cloud.client("iot").describe_certificate(certificateId=fingerprint)
    status = found["certificateDescription"].get("status")
    assert status == ("INACTIVE" if cloud.emulator is Emulator.MINISTACK else None)


def test_billing_groups_are_missing_in_ministack(cloud: CloudUnderTest):
    client = cloud.client("iot")
    if cloud.emulator is Emulator.MINISTACK:
        refused = _refusal(client.create_billing_group, billingGroupName="fleet")
        assert refused == (400, "InvalidRequestException")
    else:
        client.create_billing_group(billingGroupName="fleet")
        client.create_thing(thingName="a", billingGroupName="fleet")
        things = client.list_things_in_billing_group(billingGroupName="fleet")["things"]
        assert things == ["a"]
