"""Every IoT operation, as botocore itself writes it, is recognised."""

import botocore.session
import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.config import Config
from botocore.model import OperationModel
from botocore.serialize import create_serializer

from tng.sandbox.operations import UNKNOWN, Operation, read_credential, recognise
from tng.sandbox.record import certificate_id

_MODEL = botocore.session.Session().get_service_model("iot")


def _arguments(operation: OperationModel) -> dict[str, object]:
    """Values for the parameters in the path, with characters that must be escaped."""
    shape = operation.input_shape
    members = {} if shape is None else shape.members
    return {
        name: "arn:aws:iot:eu-central-1:111111111111:cert/0a"
        for name, member in members.items()
        if member.serialization.get("location") == "uri" and member.type_name == "string"
    } | {
        name: 1
        for name, member in members.items()
        if member.serialization.get("location") == "uri" and member.type_name in ("long", "integer")
    }


@pytest.mark.parametrize("name", _MODEL.operation_names)
def test_every_operation_is_recognised_from_what_the_sdk_sends(name):
    operation = _MODEL.operation_model(name)
    serializer = create_serializer("rest-json", include_validation=False)
    request = serializer.serialize_to_request(_arguments(operation), operation)
    prepare_request_dict(request, endpoint_url="http://127.0.0.1:1")
    target = request["url"].removeprefix("http://127.0.0.1:1")
    assert recognise(request["method"], target, {}, b"", "iot").name == name


def test_what_fits_no_route_is_unknown_and_counts_as_a_write():
    found = recognise("POST", "/no/such/path", {}, b"", "iot")
    assert found.name == UNKNOWN
    assert found.writes


def test_json_and_query_services_are_recognised():
    headers = {"x-amz-target": "ServiceQuotasV20190624.GetServiceQuota"}
    quotas = recognise("POST", "/", headers, b"{}", "servicequotas")
    assert quotas == Operation("servicequotas", "GetServiceQuota", "json")
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    caller = recognise("POST", "/", form, b"Action=GetCallerIdentity&Version=1", "sts")
    assert caller == Operation("sts", "GetCallerIdentity", "query")
    assert not caller.writes


def test_the_credential_scope_tells_key_region_and_service():
    client = botocore.session.Session().create_client(
        "iot",
        region_name="us-east-1",
        aws_access_key_id="222222222222",
        aws_secret_access_key="sandbox",
        config=Config(retries={"total_max_attempts": 1}),
    )
    seen: list[str] = []

    class _StopError(Exception):
        pass

    def stop(request, **_):
        seen.append(request.headers["Authorization"].decode())
        raise _StopError

    client.meta.events.register("before-send", stop)
    with pytest.raises(_StopError):
        client.list_things()
    credential = read_credential(seen[0])
    assert (credential.access_key, credential.region) == ("222222222222", "us-east-1")
    assert credential.service == _MODEL.signing_name


@pytest.mark.parametrize("text", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b/c"])
def test_an_unsigned_request_has_no_account(text):
    assert read_credential(text).access_key == UNKNOWN


@pytest.mark.parametrize(
    "pem", ["", "x", "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----"]
)
def test_a_bad_pem_has_no_certificate_id(pem):
    assert certificate_id(pem) == ""
