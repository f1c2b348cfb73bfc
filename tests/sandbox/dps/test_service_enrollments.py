"""Enrollments as the real SDK sees them: create-only, etags, ``info`` for certificates."""

import base64
from datetime import datetime

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)

from tests.sandbox.certificates import new_certificate
from tests.sandbox.dps.services import ServiceUnderTest, enrollment, error_of, status_of
from tng.sandbox.dps.sandbox import InstanceSpecification
from tng.testing.microchip import MicrochipVendor
from tng.testing.parts import TNGTLSU_608C
from tng.x509.certificate import read_certificate
from tng.x509.pem import to_pem

HUB = "sandbox-hub.azure-devices.net"


def test_an_enrollment_is_answered_with_facts_in_place_of_the_certificate(
    service: ServiceUnderTest,
):
    pem, fingerprint = new_certificate()
    made = service.client().enrollment.create_or_update("sn01", enrollment("sn01", pem))
    pair = made["attestation"]["x509"]["clientCertificates"]
    assert pair["primary"].keys() == {"info"}
    assert pair["primary"]["info"] | {"serialNumber": "", "sha1Thumbprint": ""} == {
        "subjectName": "CN=sn0123",
        "issuerName": "CN=sn0123",
        "sha256Thumbprint": fingerprint.upper(),
        "notBeforeUtc": "2026-01-01T00:00:00Z",
        "notAfterUtc": "2040-01-01T00:00:00Z",
        "version": 3,
        "serialNumber": "",
        "sha1Thumbprint": "",
    }
    assert len(pair["primary"]["info"]["sha1Thumbprint"]) == 40


def test_the_secondary_certificate_comes_back_equal_to_the_primary(service: ServiceUnderTest):
    made = service.client().enrollment.create_or_update("sn01", enrollment("sn01"))
    pair = made["attestation"]["x509"]["clientCertificates"]
    assert pair["secondary"] == pair["primary"]


def test_a_secondary_certificate_that_was_sent_is_its_own(service: ServiceUnderTest):
    pem, fingerprint = new_certificate()
    wanted = enrollment("sn01")
    wanted["attestation"]["x509"]["clientCertificates"]["secondary"] = {"certificate": pem}
    made = service.client().enrollment.create_or_update("sn01", wanted)
    pair = made["attestation"]["x509"]["clientCertificates"]
    assert pair["secondary"]["info"]["sha256Thumbprint"] == fingerprint.upper()
    assert pair["primary"] != pair["secondary"]


def test_base64_without_armour_is_taken_as_the_portal_takes_it(service: ServiceUnderTest):
    pem, fingerprint = new_certificate()
    bare = "".join(pem.splitlines()[1:-1])
    service.client().enrollment.create_or_update("sn01", enrollment("sn01", bare))
    (kept,) = service.running.state.instances[0].enrollments.values()
    assert kept.sha256 == fingerprint


def test_the_defaults_are_filled_in(service: ServiceUnderTest):
    made = service.client().enrollment.create_or_update("sn01", enrollment("sn01"))
    assert made["provisioningStatus"] == "enabled"
    assert made["allocationPolicy"] == "hashed"
    assert made["reprovisionPolicy"] == {"updateHubAssignment": True, "migrateDeviceData": True}
    assert made["createdDateTimeUtc"] == made["lastUpdatedDateTimeUtc"]
    assert datetime.fromisoformat(made["createdDateTimeUtc"]).tzinfo is not None
    assert base64.b64decode(made["etag"]).startswith(b'"')


def test_nulls_count_as_not_said(service: ServiceUnderTest):
    names = ("capabilities", "deviceId", "iotHubs", "initialTwin", "reprovisionPolicy")
    wanted = enrollment("sn01", **dict.fromkeys(names))
    made = service.client().enrollment.create_or_update("sn01", wanted)
    assert not set(names) & made.keys()


def test_everything_that_was_asked_for_is_answered(service: ServiceUnderTest):
    asked = {
        "deviceId": "0123ABCD",
        "provisioningStatus": "disabled",
        "allocationPolicy": "static",
        "iotHubs": [HUB],
        "initialTwin": {"tags": {"line": "7"}, "properties": {"desired": {"rate": 5}}},
        "reprovisionPolicy": {"updateHubAssignment": False, "migrateDeviceData": False},
        "capabilities": {"iotEdge": True},
    }
    client = service.client()
    made = client.enrollment.create_or_update("sn01", enrollment("sn01", **asked))
    assert {name: made[name] for name in asked} == asked
    assert client.enrollment.get("sn01") | {"registrationState": {}} == made | {
        "registrationState": {}
    }


def test_a_second_put_is_a_conflict_and_changes_nothing(service: ServiceUnderTest):
    client = service.client()
    made = client.enrollment.create_or_update("sn01", enrollment("sn01"))
    with pytest.raises(ResourceExistsError) as refused:
        client.enrollment.create_or_update("sn01", enrollment("sn01"))
    assert refused.value.status_code == 409
    answer = refused.value.response
    assert answer.headers["x-ms-error-code"] == "409201"
    assert answer.json()["errorCode"] == 409201
    assert answer.json()["message"] == "Enrollment already exists."
    assert answer.json()["trackingId"] == answer.headers["x-ms-request-id"]
    assert answer.json()["timestampUtc"].endswith("Z")
    assert client.enrollment.get("sn01")["etag"] == made["etag"]


def test_an_etag_replaces_and_changes(service: ServiceUnderTest):
    client = service.client()
    made = client.enrollment.create_or_update("sn01", enrollment("sn01"))
    changed = client.enrollment.create_or_update(
        "sn01", enrollment("sn01", deviceId="new"), if_match=made["etag"]
    )
    assert changed["deviceId"] == "new"
    assert changed["etag"] != made["etag"]
    assert changed["createdDateTimeUtc"] == made["createdDateTimeUtc"]
    with pytest.raises(HttpResponseError) as refused:
        client.enrollment.create_or_update("sn01", enrollment("sn01"), if_match=made["etag"])
    assert refused.value.status_code == 412
    assert type(refused.value) is HttpResponseError


def test_a_star_replaces_whatever_is_there(service: ServiceUnderTest):
    client = service.client()
    client.enrollment.create_or_update("sn01", enrollment("sn01"))
    pem, fingerprint = new_certificate()
    client.enrollment.create_or_update("sn01", enrollment("sn01", pem), if_match="*")
    (kept,) = service.running.state.instances[0].enrollments.values()
    assert kept.sha256 == fingerprint


@pytest.mark.parametrize("match", ["*", "IjAwIg=="])
def test_nothing_cannot_be_replaced(service: ServiceUnderTest, match: str):
    with pytest.raises(ResourceNotFoundError) as refused:
        service.client().enrollment.create_or_update("sn01", enrollment("sn01"), if_match=match)
    assert refused.value.response.headers["x-ms-error-code"] == "404201"


def test_ids_know_no_case(service: ServiceUnderTest):
    client = service.client()
    client.enrollment.create_or_update("SN-01", enrollment("SN-01"))
    assert client.enrollment.get("sn-01")["registrationId"] == "SN-01"
    with pytest.raises(ResourceExistsError):
        client.enrollment.create_or_update("sn-01", enrollment("sn-01"))
    client.enrollment.delete("Sn-01")
    assert not service.running.state.instances[0].enrollments


def test_delete_heeds_the_etag_and_then_there_is_nothing(service: ServiceUnderTest):
    client = service.client()
    made = client.enrollment.create_or_update("sn01", enrollment("sn01"))
    with pytest.raises(HttpResponseError) as refused:
        client.enrollment.delete("sn01", if_match="IjAwIg==")
    assert refused.value.status_code == 412
    client.enrollment.delete("sn01", if_match=made["etag"])
    for missing in (client.enrollment.get, client.enrollment.delete):
        with pytest.raises(ResourceNotFoundError):
            missing("sn01")


def test_the_registration_state_is_in_the_answer_to_get_only(service: ServiceUnderTest):
    client = service.client()
    made = client.enrollment.create_or_update("sn01", enrollment("sn01"))
    assert "registrationState" not in made
    assert "registrationState" not in next(iter(client.enrollment.query({"query": "SELECT *"})))
    assert client.enrollment.get("sn01")["registrationState"] == {
        "registrationId": "sn01",
        "status": "unassigned",
    }


def test_a_registration_is_read_and_forgotten(service: ServiceUnderTest):
    client = service.client()
    client.enrollment.create_or_update("sn01", enrollment("sn01"))
    with pytest.raises(ResourceNotFoundError) as refused:
        client.device_registration_state.get("sn01")
    assert refused.value.response.headers["x-ms-error-code"] == "404202"
    kept = service.running.state.instances[0].enrollments["sn01"]
    kept.registration = {"registrationId": "sn01", "status": "assigned", "etag": "e1"}
    assert client.device_registration_state.get("sn01")["status"] == "assigned"
    assert client.enrollment.get("sn01")["registrationState"]["status"] == "assigned"
    client.device_registration_state.delete("sn01", if_match="e1")
    assert client.enrollment.get("sn01")["registrationState"]["status"] == "unassigned"


def test_a_replacement_keeps_what_the_device_has_become(service: ServiceUnderTest):
    client = service.client()
    client.enrollment.create_or_update("sn01", enrollment("sn01"))
    kept = service.running.state.instances[0].enrollments["sn01"]
    kept.registration = {"registrationId": "sn01", "status": "assigned"}
    client.enrollment.create_or_update("sn01", enrollment("sn01"), if_match="*")
    assert client.enrollment.get("sn01")["registrationState"]["status"] == "assigned"


def test_the_attestation_mechanism_is_answered_alone(service: ServiceUnderTest):
    client = service.client()
    made = client.enrollment.create_or_update("sn01", enrollment("sn01"))
    assert client.enrollment.get_attestation_mechanism("sn01") == made["attestation"]


def test_a_chip_of_a_vendor_is_taken_with_its_name_as_dotnet_writes_it(service: ServiceUnderTest):
    leaf = read_certificate(MicrochipVendor().device(0, TNGTLSU_608C).certificate)
    made = service.client().enrollment.create_or_update(
        "sn01", enrollment("sn01", to_pem(leaf.der))
    )
    info = made["attestation"]["x509"]["clientCertificates"]["primary"]["info"]
    assert info["sha256Thumbprint"] == leaf.sha256.upper()
    assert info["subjectName"].startswith(f"CN={leaf.subject.common_name}, ")


def test_a_chain_is_refused_in_the_service_s_words(service: ServiceUnderTest):
    chain = new_certificate()[0] + new_certificate()[0]
    with pytest.raises(HttpResponseError) as refused:
        service.client().enrollment.create_or_update("sn01", enrollment("sn01", chain))
    assert refused.value.status_code == 400
    assert refused.value.response.json()["errorCode"] == 400004
    assert "not a valid base64 string" in refused.value.response.json()["message"]


@pytest.mark.parametrize(
    "registration_id",
    ["with space", "ends.", "umlaut-ä", "slash/ed", "x" * 129, "ends_", "%00"],
)
def test_an_illegal_id_is_refused(service: ServiceUnderTest, registration_id: str):
    client = service.client()
    for call in (
        lambda: client.enrollment.create_or_update(registration_id, enrollment(registration_id)),
        lambda: client.enrollment.get(registration_id),
        lambda: client.enrollment.delete(registration_id),
    ):
        with pytest.raises(HttpResponseError) as refused:
            call()
        assert refused.value.status_code == 400


@pytest.mark.parametrize("registration_id", ["a", "0", "a.b_c:d-", "A" * 128, "-"])
def test_a_legal_id_is_taken(service: ServiceUnderTest, registration_id: str):
    client = service.client()
    client.enrollment.create_or_update(registration_id, enrollment(registration_id))
    assert client.enrollment.get(registration_id)["registrationId"] == registration_id


def test_the_ids_in_path_and_body_must_agree(service: ServiceUnderTest):
    with pytest.raises(HttpResponseError) as refused:
        service.client().enrollment.create_or_update("sn01", enrollment("sn02"))
    assert refused.value.status_code == 400
    service.client().enrollment.create_or_update("sn01", enrollment("SN01"))


@pytest.mark.parametrize(
    "members",
    [
        {"allocationPolicy": "static"},
        {"allocationPolicy": "static", "iotHubs": [HUB, HUB]},
        {"allocationPolicy": "custom"},
        {"allocationPolicy": "nearest"},
        {"customAllocationDefinition": {"webhookUrl": "https://x", "apiVersion": "1"}},
        {"iotHubs": ["stranger.azure-devices.net"]},
        {"iotHubs": HUB},
        {"iotHubs": [1]},
        {"iotHubHostName": "stranger.azure-devices.net"},
        {"iotHubHostName": 1},
        {"provisioningStatus": "on"},
        {"provisioningStatus": True},
        {"reprovisionPolicy": {"migrateDeviceData": "yes"}},
        {"reprovisionPolicy": {"never": True}},
        {"reprovisionPolicy": []},
        {"capabilities": {"iotEdge": 1}},
        {"deviceId": "with space"},
        {"deviceId": ""},
        {"deviceId": 7},
        {"initialTwin": []},
        {"initialTwin": {"tags": "x"}},
        {"initialTwin": {"reported": {}}},
        {"initialTwin": {"properties": {"reported": {}}}},
        {"initialTwin": {"properties": {"desired": 1}}},
        {"optionalDeviceInformation": 1},
        {"attestation": None},
        {"attestation": {"type": "tpm"}},
        {"attestation": {"type": "x509", "x509": {"signingCertificates": {}}}},
        {"attestation": {"type": "x509", "x509": {"clientCertificates": {}}}},
        {"attestation": {"type": "x509", "x509": {"clientCertificates": {"primary": {}}}}},
        {"registrationId": None},
        {"unheardOf": 1},
    ],
)
def test_a_document_that_breaks_a_rule_is_refused(service: ServiceUnderTest, members: dict):
    with pytest.raises(HttpResponseError) as refused:
        service.client().enrollment.create_or_update("sn01", enrollment("sn01") | members)
    assert refused.value.status_code == 400
    assert not service.running.state.instances[0].enrollments


def test_what_was_read_can_be_sent_back_with_the_certificate(service: ServiceUnderTest):
    client = service.client()
    wanted = enrollment("sn01")
    client.enrollment.create_or_update("sn01", wanted)
    read = client.enrollment.get("sn01")
    again = read | {"attestation": wanted["attestation"], "deviceId": "new"}
    assert client.enrollment.create_or_update("sn01", again, if_match=read["etag"])


def test_an_instance_holds_so_many_and_no_more(start_service):
    service = start_service(InstanceSpecification("small", capacity=2))
    client = service.client()
    for number in range(2):
        client.enrollment.create_or_update(f"sn{number}", enrollment(f"sn{number}"))
    with pytest.raises(HttpResponseError) as refused:
        client.enrollment.create_or_update("sn9", enrollment("sn9"))
    assert refused.value.status_code == 403
    client.enrollment.create_or_update("sn1", enrollment("sn1"), if_match="*")


def test_instances_are_told_apart_by_host(start_service):
    service = start_service(InstanceSpecification("one"), InstanceSpecification("two"))
    service.client(name="one").enrollment.create_or_update("sn01", enrollment("sn01"))
    service.client(name="two").enrollment.create_or_update("sn01", enrollment("sn01"))
    assert [record.account for record in service.log] == ["one", "two"]
    other = service.running.instance("two").instance.hosts[1]
    assert status_of(service.ask("GET", "/enrollments/sn01", host=other)) == 200
    nobody = service.ask("GET", "/enrollments/sn01", host="elsewhere.example")
    assert status_of(nobody) == error_of(nobody)["errorCode"] == 404


@pytest.mark.parametrize(
    ("method", "path", "query", "status"),
    [
        ("GET", "/enrollments/sn01", "", 400),
        ("GET", "/enrollments/sn01", "api-version=2019-03-31", 400),
        ("PATCH", "/enrollments/sn01", "api-version=2021-10-01", 404),
        ("GET", "/enrollments", "api-version=2021-10-01", 404),
        ("GET", "/", "api-version=2021-10-01", 404),
        ("GET", "/enrollmentGroups/a", "api-version=2021-10-01", 404),
        ("POST", "/enrollments/a/b/c", "api-version=2021-10-01", 404),
    ],
)
def test_what_has_no_route_or_no_version_is_refused(service, method, path, query, status):
    answer = service.ask(method, path, query=query)
    assert status_of(answer) == status
    assert answer.lower_headers()["x-ms-request-id"]


def test_ids_are_counted_as_they_are_created(service: ServiceUnderTest):
    client = service.client()
    client.enrollment.create_or_update("SN01", enrollment("SN01"))
    client.enrollment.create_or_update("SN01", enrollment("SN01"), if_match="*")
    assert service.running.instance("sandbox-dps").creations == {"sn01": 1}
