"""What only AWS has beside a certificate: policies, things and groups, and how they drift."""

import json

import pytest

from tests.audit.looking import Auditing, others, selection
from tests.cloud_cases.interface import VENDOR, chip
from tng.audit.models import Standing
from tng.sandbox.preparation import POLICY_NAME, THING_GROUP
from tng.x509.pem import to_pem

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize(
        "cloud_case", ["ministack", pytest.param("moto", marks=pytest.mark.slow)], indirect=True
    ),
]


@pytest.fixture
def case(cloud_case):
    return cloud_case


@pytest.fixture
def auditing(case, tmp_path, monkeypatch):
    return Auditing(tmp_path, monkeypatch, case)


@pytest.fixture
def iot(case):
    """The account as the SDK sees it."""
    return case.client(case.first)


def arn(iot, number):
    described = iot.describe_certificate(certificateId=chip(number).sha256)
    return described["certificateDescription"]["certificateArn"]


def thing(number):
    return VENDOR.device(number).unique_id


def told(looked, number):
    (standing,) = looked.kept[number]
    (finding,) = looked.findings[number]
    assert all(item in finding.message for item in standing.differences)
    return standing.standing, finding.code, " ".join(standing.differences)


INCOMPLETE = (Standing.INCOMPLETE, "registration-incomplete")


def test_everything_that_was_taken_away_is_named(case, auditing, iot):
    auditing.register(0, 1, 2, 3, 4)
    iot.detach_policy(policyName=POLICY_NAME, target=arn(iot, 0))
    for number in (1, 2):
        iot.detach_thing_principal(thingName=thing(number), principal=arn(iot, number))
    iot.delete_thing(thingName=thing(2))
    iot.remove_thing_from_thing_group(thingName=thing(3), thingGroupName=THING_GROUP)
    iot.update_certificate(certificateId=chip(4).sha256, newStatus="REVOKED")
    case.log.clear()
    looked = auditing.look(selection(0, 1, 2, 3, 4))
    assert told(looked, 0) == (*INCOMPLETE, f"the policy {POLICY_NAME} is not attached")
    assert told(looked, 1) == (*INCOMPLETE, f"the thing {thing(1)} is not attached")
    assert told(looked, 2)[:2] == INCOMPLETE
    assert f"there is no thing {thing(2)}" in told(looked, 2)[2]
    assert told(looked, 3) == (*INCOMPLETE, f"the thing is not in the group {THING_GROUP}")
    assert told(looked, 4)[:2] == (Standing.DIFFERENT, "registration-differs")
    assert "REVOKED, expected ACTIVE" in told(looked, 4)[2]
    assert looked.kept[0][0].name == thing(0)


def test_a_thing_of_another_certificate_is_a_conflict_and_that_one_a_stranger(case, auditing, iot):
    auditing.register(0)
    iot.detach_thing_principal(thingName=thing(0), principal=arn(iot, 0))
    stranger = iot.register_certificate_without_ca(
        certificatePem=to_pem(chip(7).der), status="ACTIVE"
    )
    iot.attach_thing_principal(thingName=thing(0), principal=stranger["certificateArn"])
    case.log.clear()
    looked = auditing.look(selection(0))
    standing, code, what = told(looked, 0)
    assert (standing, code) == (Standing.CONFLICT, "registration-conflict")
    assert "belongs to another certificate" in what
    assert [item.key for item in looked.target.unknown] == [chip(7).sha256]


def test_certificates_are_listed_once_and_asked_for_not_at_all(case, auditing):
    auditing.register(0, 1)
    auditing.look(selection(0, 1, 2), others(3))
    counts = case.log.counts()
    assert counts["ListCertificates"] == 1
    assert "DescribeCertificate" not in counts
    assert counts["ListTargetsForPolicy"] == 1


def test_a_policy_that_lets_everybody_do_everything_is_said_of_the_target(case, auditing, iot):
    wide = {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [wide]})
    iot.create_policy(policyName="wide-open", policyDocument=document)
    case.log.clear()
    looked = auditing.look(selection(0), flags={"policy": ("wide-open",)})
    assert "wildcard-policy" in looked.general(case.first)
    assert "wildcard-policy" not in auditing.look(selection(0)).general(case.first)


@pytest.mark.parametrize("with_extras", [True, False])
def test_a_device_for_which_no_name_is_possible_is_not_said_to_be_in_conflict(
    auditing, with_extras
):
    auditing.register(0)
    flags = {"thing_name": "{part_number} {device_id}"}
    looked = auditing.look(selection(0, 1), flags=flags, with_extras=with_extras)
    assert [looked.standing(number) for number in (0, 1)] == [Standing.DIFFERENT, Standing.MISSING]
    assert "is no thing name" in looked.findings[1][0].message
