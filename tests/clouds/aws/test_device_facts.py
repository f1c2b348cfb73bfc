"""What an account says of one certificate, read from both emulators."""

from dataclasses import replace

import pytest

from tests.device.pki import Authority
from tng.clouds.aws.device_facts import open_device_facts
from tng.device.account import FactsError, Registration
from tng.sandbox.faults import Fault, ServerError, Throttle
from tng.sandbox.preparation import POLICY_NAME
from tng.x509.certificate import read_certificate


@pytest.fixture
def leaf():
    return Authority().device("lamp-7")


def id_of(issued):
    return read_certificate(issued.der).sha256


@pytest.fixture
def registered(iot, leaf):
    """The leaf as a device of the account; its ARN."""
    reply = iot.register_certificate_without_ca(certificatePem=leaf.pem, status="ACTIVE")
    assert reply["certificateId"] == id_of(leaf)
    return reply["certificateArn"]


def test_a_certificate_with_its_policies_and_things(iot, settings, leaf, registered):
    iot.attach_policy(policyName=POLICY_NAME, target=registered)
    iot.create_thing(thingName="lamp-7")
    iot.attach_thing_principal(thingName="lamp-7", principal=registered)
    facts = open_device_facts(settings)
    found = facts.registration(id_of(leaf))
    assert isinstance(found, Registration)
    assert (found.status, found.policies, found.things) == ("ACTIVE", (POLICY_NAME,), ("lamp-7",))
    assert facts.place == f"account {settings.account} in {settings.region}"


def test_its_status_is_told(iot, settings, leaf, registered):
    iot.update_certificate(certificateId=id_of(leaf), newStatus="INACTIVE")
    found = open_device_facts(settings).registration(id_of(leaf))
    assert (found.status, found.policies, found.things) == ("INACTIVE", (), ())


def test_what_is_registered_in_another_account_is_not_here(cloud, settings, leaf, registered):
    other = replace(settings, account=None, region=cloud.us.region)
    assert open_device_facts(other).registration(id_of(leaf)) is None


def test_the_endpoint(iot, settings, front):
    address = open_device_facts(settings).endpoint()
    assert ".iot." in address
    assert len(front.log.calls("DescribeEndpoint")) == 1


def test_credentials_of_another_account_are_not_believed(settings):
    with pytest.raises(FactsError, match="000000000000"):
        open_device_facts(replace(settings, account="000000000000")).registration("ab" * 32)


@pytest.mark.parametrize("effect", [Throttle(), ServerError()])
@pytest.mark.parametrize("operation", ["DescribeCertificate", "ListAttachedPolicies"])
def test_a_failure_says_what_was_asked(front, settings, leaf, registered, operation, effect):
    front.inject(Fault(effect, operation))
    with pytest.raises(FactsError, match=operation):
        open_device_facts(settings).registration(id_of(leaf))
