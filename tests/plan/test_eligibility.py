"""Who may be planned."""

import pytest

from tests.planned_devices import record, unverified, verified
from tests.requested_devices import requested
from tng.findings import CHECKS, Effect, Finding, Severity
from tng.models import AnchorReference, AttestedDevice, RejectedDevice, Source, Undecodable
from tng.plan.eligibility import (
    ATTESTATION_OBJECT,
    PlanPolicy,
    select_devices,
    select_requests,
)
from tng.plan.models import UnverifiedAllowedDevice, certificate_of, device_key
from tng.plan.shard import Shard

EVERYTHING = PlanPolicy(allow_unverified=True, allow_attestation=True)
REJECTED = Finding("forged", Severity.ERROR, Effect.REJECTED, "the signature does not match")
MISSING = Finding("issuer-missing", Severity.WARNING, Effect.UNVERIFIED, "fetch CA 7")
ATTESTATION = Finding(ATTESTATION_OBJECT, Severity.ERROR, Effect.INELIGIBLE, "F0000013")
OTHER = Finding("other", Severity.ERROR, Effect.INELIGIBLE, "is not for that")


def test_the_attestation_check_is_the_verifiers():
    assert ATTESTATION_OBJECT in CHECKS


def test_verified_devices_are_planned():
    assert select_devices([verified(1)], PlanPolicy()).devices == (verified(1),)


@pytest.mark.parametrize("policy", [PlanPolicy(), EVERYTHING])
@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (RejectedDevice(record(1), (MISSING, REJECTED)), "forged: the signature does not match"),
        (Undecodable(Source("log", line=3), ()), "undecodable"),
        (
            AttestedDevice(record(1), AnchorReference("signer", built_in=True), ()),
            "genuine, but there is no certificate to register",
        ),
        (verified(1, OTHER), "other: is not for that"),
    ],
)
def test_others_are_never_planned_whatever_is_allowed(outcome, reason, policy):
    selection = select_devices([outcome], policy)
    assert selection.devices == ()
    assert [item.reason for item in selection.ineligible] == [reason]


def test_unverified_devices_need_to_be_allowed():
    device = unverified(1, MISSING)
    refused = select_devices([device], PlanPolicy())
    assert refused.devices == ()
    assert refused.ineligible[0].reason == "issuer-missing: fetch CA 7"
    allowed = select_devices([device], PlanPolicy(allow_unverified=True))
    assert allowed.devices == (UnverifiedAllowedDevice(device, device.record.leaf),)


@pytest.mark.parametrize("make", [verified, unverified])
def test_attestation_objects_need_to_be_allowed(make):
    device = make(1, ATTESTATION)
    refused = select_devices([device], PlanPolicy(allow_unverified=True))
    assert refused.devices == ()
    assert refused.ineligible[0].reason.startswith(ATTESTATION_OBJECT)
    assert len(select_devices([device], EVERYTHING).devices) == 1


def test_a_certificate_is_planned_once():
    selection = select_devices([verified(1), verified(2), verified(1)], PlanPolicy())
    assert selection.devices == (verified(1), verified(2))
    assert selection.ineligible[0].reason == "the same certificate as manifest.json entry 1"


def test_requests_are_planned_once_for_each_key():
    first, again, other = requested(1), requested(1, name="another name"), requested(2)
    forged = RejectedDevice(record(3), (REJECTED,))
    unread = Undecodable(Source("log", line=3), ())
    selection = select_requests([first, again, forged, unread, other])
    assert selection.devices == (first, other)
    reasons = [item.reason for item in selection.ineligible]
    assert reasons == [
        "csr-key-duplicate: the same key as 1.csr",
        "forged: the signature does not match",
        "undecodable",
    ]


def test_shards_of_requests_are_cut_by_their_keys():
    devices = [requested(number) for number in range(8)]
    shards = [select_requests(devices, Shard(index, 2)).own for index in (1, 2)]
    assert sorted(map(device_key, shards[0] + shards[1])) == sorted(map(device_key, devices))


def test_a_request_is_no_certificate():
    assert device_key(requested(1)) == requested(1).request.key
    with pytest.raises(TypeError, match="has none yet"):
        certificate_of(requested(1))
