"""What the stand-in answers fits the written contract, as far as JSON Schema can say.

A contract proxy holds real traffic to the whole description, requests and headers included;
this finds the same earlier, without Node.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.sandbox.certificates import new_certificate
from tests.sandbox.dps.services import ServiceUnderTest, bulk, enrollment, error_of, status_of

PEM = new_certificate()[0]
CONTRACT = yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text("utf-8"))
EVERYTHING = {
    "deviceId": "0123ABCD",
    "provisioningStatus": "disabled",
    "allocationPolicy": "custom",
    "customAllocationDefinition": {"webhookUrl": "https://x.example", "apiVersion": "2021-10-01"},
    "iotHubs": ["sandbox-hub.azure-devices.net"],
    "iotHubHostName": "sandbox-hub.azure-devices.net",
    "initialTwin": {"tags": {"line": "7"}, "properties": {"desired": {"rate": 5}}},
    "reprovisionPolicy": {"updateHubAssignment": False, "migrateDeviceData": False},
    "capabilities": {"iotEdge": True},
    "optionalDeviceInformation": {"model": "x"},
}


def _errors(schema: dict[str, Any], content: object) -> list[str]:
    validator = Draft202012Validator(schema | {"components": CONTRACT["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(content)]


def _request_errors(path: str, method: str, content: object) -> list[str]:
    operation = CONTRACT["paths"][path][method]
    return _errors(operation["requestBody"]["content"]["application/json"]["schema"], content)


def _answer_errors(path: str, method: str, status: int, content: object) -> list[str]:
    answer = CONTRACT["paths"][path][method]["responses"][str(status)]
    if "$ref" in answer:
        answer = CONTRACT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return _errors(answer["content"]["application/json"]["schema"], content)


def test_every_schema_is_one():
    for schema in CONTRACT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("method", "path", "template", "body", "status"),
    [
        ("PUT", "/enrollments/sn01", "/enrollments/{id}", enrollment("sn01", PEM), 200),
        (
            "PUT",
            "/enrollments/sn01",
            "/enrollments/{id}",
            enrollment("sn01", PEM, **EVERYTHING),
            200,
        ),
        (
            "PUT",
            "/enrollments/sn01",
            "/enrollments/{id}",
            enrollment("sn01", PEM, **dict.fromkeys(EVERYTHING)),
            200,
        ),
        ("PUT", "/enrollments/kept", "/enrollments/{id}", enrollment("kept", PEM), 409),
        ("POST", "/enrollments", "/enrollments", bulk("create", enrollment("a", PEM)), 200),
        ("POST", "/enrollments", "/enrollments", bulk("update", enrollment("kept", PEM)), 200),
        ("POST", "/enrollments", "/enrollments", bulk("delete", {"registrationId": "b"}), 200),
        ("POST", "/enrollments/query", "/enrollments/query", {"query": "SELECT *"}, 200),
        ("GET", "/enrollments/kept", "/enrollments/{id}", None, 200),
        ("GET", "/enrollments/none", "/enrollments/{id}", None, 404),
        (
            "POST",
            "/enrollments/kept/attestationmechanism",
            "/enrollments/{id}/attestationmechanism",
            None,
            200,
        ),
        ("GET", "/registrations/kept", "/registrations/{id}", None, 404),
    ],
)
def test_requests_and_answers_fit_the_contract(
    service: ServiceUnderTest, method: str, path: str, template: str, body: Any, status: int
):
    service.client().enrollment.create_or_update("kept", enrollment("kept", PEM))
    answer = service.ask(method, path, b"" if body is None else body)
    assert status_of(answer) == status
    assert _answer_errors(template, method.lower(), status, error_of(answer)) == []
    if body is not None:
        assert _request_errors(template, method.lower(), body) == []


@pytest.mark.parametrize(
    ("method", "path", "template", "body"),
    [
        ("PUT", "/enrollments/a", "/enrollments/{id}", enrollment("a", PEM, unheardOf=1)),
        ("PUT", "/enrollments/a", "/enrollments/{id}", enrollment("a", PEM + PEM)),
        ("PUT", "/enrollments/a", "/enrollments/{id}", enrollment("ends.", PEM)),
        (
            "POST",
            "/enrollments",
            "/enrollments",
            bulk("create", *(enrollment(f"a{n}", PEM) for n in range(11))),
        ),
        ("POST", "/enrollments", "/enrollments", bulk("upsert", enrollment("a", PEM))),
        ("POST", "/enrollments/query", "/enrollments/query", {"query": "DELETE"}),
    ],
)
def test_what_the_contract_refuses_the_stand_in_refuses(
    service: ServiceUnderTest, method: str, path: str, template: str, body: Any
):
    answer = service.ask(method, path, body)
    assert status_of(answer) == 400
    assert _answer_errors(template, method.lower(), 400, error_of(answer)) == []
    assert _request_errors(template, method.lower(), body) != []


def test_an_answer_with_a_certificate_or_a_state_too_many_would_be_noticed(
    service: ServiceUnderTest,
):
    made = service.client().enrollment.create_or_update("a", enrollment("a", PEM))
    place = ("/enrollments/{id}", "put", 200)
    assert _answer_errors(*place, made) == []
    state = {"registrationState": {"registrationId": "a", "status": "unassigned"}}
    assert _answer_errors(*place, made | state) != []
    made["attestation"]["x509"]["clientCertificates"]["primary"]["certificate"] = PEM
    assert _answer_errors(*place, made) != []
