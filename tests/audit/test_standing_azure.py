"""What only Azure has: one enrollment a name, of whatever attestation, and a limit."""

import pytest

from tests.audit.looking import Auditing, others, selection
from tests.cloud_cases.interface import chip
from tests.clouds.azure.devices import named
from tng.audit.models import Standing
from tng.plan.eligibility import Selection
from tng.x509.pem import to_pem


@pytest.fixture
def case(dps_case):
    return dps_case


@pytest.fixture
def auditing(case, tmp_path, monkeypatch):
    return Auditing(tmp_path, monkeypatch, case)


def name_of(number):
    return (chip(number).subject.common_name or "").lower()


def enroll(case, name, number, replace=False):
    """Somebody enrolls the certificate of a chip under ``name``."""
    certificates = {"primary": {"certificate": to_pem(chip(number).der)}}
    attestation = {"type": "x509", "x509": {"clientCertificates": certificates}}
    document = {"registrationId": name, "attestation": attestation}
    with case.client(case.first) as client:
        etag = client.enrollment.get(name)["etag"] if replace else None
        client.enrollment.create_or_update(name, document, if_match=etag)
    case.log.clear()


@pytest.mark.parametrize("with_extras", [True, False])
def test_another_certificate_under_a_devices_name_is_a_conflict(case, auditing, with_extras):
    auditing.register(0)
    enroll(case, name_of(0), 7, replace=True)
    looked = auditing.look(selection(0), with_extras=with_extras)
    assert looked.standing(0) is Standing.CONFLICT
    assert looked.codes(0) == ["registration-conflict"]
    assert chip(7).sha256 in looked.findings[0][0].message
    unknown = [(item.key, item.name) for item in looked.target.unknown]
    assert unknown == ([(chip(7).sha256, name_of(0))] if with_extras else [])
    assert looked.target.listed is with_extras


def test_a_certificate_that_is_enrolled_under_another_name_is_not_taken_for_absent(case, auditing):
    auditing.register(1)
    enroll(case, "somebody-else", 0)
    enroll(case, "a-second-one", 1)
    enroll(case, "a-forgery", 3)
    looked = auditing.look(selection(0, 1), others(3))
    assert [looked.standing(number) for number in (0, 1, 3)] == [
        Standing.DIFFERENT,
        Standing.DIFFERENT,
        Standing.UNEXPECTED,
    ]
    assert "registered as somebody-else" in looked.findings[0][0].message
    assert "registered as a-second-one" in looked.findings[1][0].message
    assert "registered as a-forgery (enabled)" in looked.findings[3][0].message
    assert looked.target.unknown == ()


def test_what_has_no_certificate_is_an_unknown_by_its_name(case, auditing):
    document = {"registrationId": "by-key", "attestation": {"type": "symmetricKey"}}
    case.running.instance(case.first.name).enrollments["by-key"] = kept(case, document)
    looked = auditing.look(selection(0))
    assert [(item.key, item.name) for item in looked.target.unknown] == [("", "by-key")]
    (message,) = [item.finding.message for item in looked.seen.general
                  if item.finding.code == "unknown-registered"]  # fmt: skip
    assert "by-key" in message


def kept(case, document):
    """An enrollment as the stand-in keeps it, which itself takes none without a certificate."""
    case.add(case.second, 0)
    template = next(iter(case.running.instance(case.second.name).enrollments.values()))
    case.log.clear()
    return type(template)(document["registrationId"], document, template.sha256)


@pytest.mark.parametrize("with_extras", [True, False])
def test_a_chip_that_can_never_register_is_missing_and_not_in_conflict(auditing, with_extras):
    old = Selection((named("0123 ATECC", 0),), ())
    looked = auditing.look(old, with_extras=with_extras)
    assert looked.standing(0) is Standing.MISSING
    assert looked.codes(0) == ["device-not-registered"]
    assert "has a space" in looked.findings[0][0].message


def test_a_service_that_is_too_small_for_all_is_read_all_the_same(auditing):
    auditing.register(0)
    looked = auditing.look(selection(0, 1, 2), flags={"limit": 2})
    assert looked.target.problem == ""
    assert looked.target.counts == {Standing.IN_PLACE: 1, Standing.MISSING: 2}


def test_one_query_tells_everything(case, auditing):
    auditing.register(0, 1)
    auditing.look(selection(0, 1, 2), others(3))
    # The other one is the preflight's.
    assert case.log.counts() == {"QueryEnrollments": 2}
