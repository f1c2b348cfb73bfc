import json
from datetime import UTC, datetime
from itertools import count

import pytest

from tests.sandbox.dps.devices import HUBS, SCOPE, make_chip, make_state
from tng.sandbox.dps.device_registration import (
    Caller,
    DeviceBehaviour,
    DeviceRegistrations,
    choose_hub,
)
from tng.sandbox.dps.state import Enrollment

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def chip(tmp_path):
    return make_chip(tmp_path / "chip")


class Service:
    """A pure stand-in: one instance, a fixed clock and counted ids."""

    def __init__(self, **behaviour):
        ids = count(1)
        self.state = make_state()
        self.registrations = DeviceRegistrations(
            self.state,
            DeviceBehaviour(**behaviour),
            now=lambda: NOW,
            new_id=lambda: f"id-{next(ids)}",
        )

    def enroll(self, chip, **document):
        enrollment = chip.enrollment(**document)
        self.state.instances[0].enrollments[enrollment.registration_id] = enrollment
        return enrollment

    def register(self, chip, registration_id=None, certificate=None, scope=SCOPE):
        name = registration_id or chip.registration_id
        caller = Caller(scope, name, chip.certificate if certificate is None else certificate)
        body = json.dumps({"registrationId": name, "payload": None}).encode()
        return caller, self.registrations.register(caller, body)

    def ask(self, caller, answer):
        return self.registrations.operation_status(caller, answer.document["operationId"])


def test_unassigned_assigning_assigned(chip):
    service = Service(assigning_polls=2)
    enrollment = service.enroll(chip)
    assert enrollment.registration is None

    caller, first = service.register(chip)
    assert (first.status, first.retry_seconds) == (202, 3)
    assert first.document["status"] == "assigning"
    assert enrollment.registration["status"] == "assigning"

    assert [service.ask(caller, first).document["status"] for _ in range(3)] == [
        "assigning",
        "assigning",
        "assigned",
    ]
    assert enrollment.registration == {
        "registrationId": chip.registration_id,
        "createdDateTimeUtc": "2026-11-21T12:00:00.000000Z",
        "lastUpdatedDateTimeUtc": "2026-11-21T12:00:00.000000Z",
        "status": "assigned",
        "etag": '"id-3"',
        "assignedHub": HUBS[1],
        "deviceId": chip.common_name,
        "substatus": "initialAssignment",
    }
    last = service.ask(caller, first)
    assert last.status == 200
    assert last.document["registrationState"]["assignedHub"] == HUBS[1]


def test_assigning_for_ever(chip):
    service = Service(assigning_polls=None)
    service.enroll(chip)
    caller, first = service.register(chip)
    assert {service.ask(caller, first).document["status"] for _ in range(50)} == {"assigning"}


def test_the_registration_id_has_no_case(chip):
    service = Service()
    service.enroll(chip)
    caller, answer = service.register(chip, registration_id=chip.registration_id.upper())
    assert service.ask(caller, answer).document["status"] == "assigned"


def refused(answer):
    return answer.status, answer.document["errorCode"], answer.document["message"]


def test_a_stranger_a_mismatch_and_a_wrong_scope_are_unauthorized(chip, tmp_path):
    service = Service()
    other = make_chip(tmp_path / "other", 1)
    service.enroll(chip)
    stranger = service.register(other)
    mismatch = service.register(chip, certificate=other.certificate)
    elsewhere = service.register(chip, scope="0neFFFFFFFF")
    for _, answer in (stranger, mismatch, elsewhere):
        assert refused(answer) == (401, 401002, "Unauthorized")
        assert answer.document["trackingId"].startswith("id-")


def test_an_enrollment_under_another_name_than_the_common_name_is_unauthorized(chip):
    service = Service()
    enrollment = service.enroll(chip)
    service.state.instances[0].enrollments = {"another": enrollment}
    enrollment.registration_id = "another"
    _, answer = service.register(chip, registration_id="another")
    assert refused(answer)[0] == 401


def test_a_disabled_enrollment_says_so(chip):
    service = Service()
    enrollment = service.enroll(chip, provisioningStatus="disabled")
    _, answer = service.register(chip)
    assert answer.document["status"] == "disabled"
    assert enrollment.registration["status"] == "disabled"


def test_throttling_counts_down_and_names_the_wait(chip):
    service = Service(throttled=2, retry_seconds=7)
    service.enroll(chip)
    answers = [service.register(chip)[1] for _ in range(3)]
    assert [(a.status, a.retry_seconds) for a in answers] == [(429, 7), (429, 7), (202, 7)]


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"{}", b'{"registrationId": 1}', b"[" * 5000, b" " * 9000],
    ids=["empty", "text", "list", "nothing", "number", "deep", "long"],
)
def test_a_body_that_is_no_request_is_refused(chip, body):
    service = Service()
    service.enroll(chip)
    caller = Caller(SCOPE, chip.registration_id, chip.certificate)
    assert service.registrations.register(caller, body).status == 400


def test_an_operation_of_somebody_else_is_not_found(chip, tmp_path):
    service = Service()
    other = make_chip(tmp_path / "other", 1)
    service.enroll(chip)
    service.enroll(other)
    caller, _ = service.register(chip)
    _, answer = service.register(other)
    assert service.ask(caller, answer).status == 404
    assert service.registrations.operation_status(caller, "").status == 404


def test_no_hub_fails_and_says_why(chip):
    service = Service()
    enrollment = service.enroll(chip, allocationPolicy="static", iotHubs=["elsewhere.net"])
    caller, first = service.register(chip)
    answer = service.ask(caller, first)
    assert answer.document["status"] == "failed"
    assert enrollment.registration["errorCode"] == 400209
    assert "hub" in enrollment.registration["errorMessage"]


def enrolled(**document):
    return Enrollment("sn01", document, "")


@pytest.mark.parametrize(
    ("document", "hub"),
    [
        ({"allocationPolicy": "static", "iotHubs": ["b"]}, "b"),
        ({"allocationPolicy": "static", "iotHubs": ["a", "b"]}, None),
        ({"allocationPolicy": "static"}, None),
        ({"allocationPolicy": "geoLatency"}, "a"),
        ({"allocationPolicy": "custom"}, None),
        ({"iotHubs": ["b", "x"]}, "b"),
        ({"iotHubs": ["x"]}, None),
        ({"iotHubs": "b", "allocationPolicy": "geoLatency"}, "a"),
    ],
)
def test_the_allocation_policy_chooses_the_hub(document, hub):
    assert choose_hub(enrolled(**document), ("a", "b")) == hub


def test_hashed_spreads_by_registration_id_and_is_stable():
    linked = ("a", "b", "c")
    chosen = [choose_hub(Enrollment(f"sn{n}", {}, ""), linked) for n in range(60)]
    assert set(chosen) == set(linked)
    assert chosen == [choose_hub(Enrollment(f"SN{n}", {}, ""), linked) for n in range(60)]


@pytest.mark.parametrize(("moves", "hub"), [(True, HUBS[0]), (False, HUBS[1])])
def test_registering_again_moves_to_another_hub_if_the_policy_lets_it(chip, moves, hub):
    service = Service()
    enrollment = service.enroll(chip, reprovisionPolicy={"updateHubAssignment": moves})
    service.ask(*service.register(chip))
    assert enrollment.registration["assignedHub"] == HUBS[1]
    enrollment.document |= {"allocationPolicy": "static", "iotHubs": [HUBS[0]]}
    service.ask(*service.register(chip))
    assert enrollment.registration["assignedHub"] == hub
