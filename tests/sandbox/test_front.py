"""The front as the SDK sees it: its errors, lost replies and delays must look like AWS's."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import botocore.session
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.emulators import CloudUnderTest
from tests.sandbox.certificates import new_certificate
from tng.errors import ConfigurationError
from tng.sandbox.faults import Fault, Hook, LostReply, ServerError, Slow, Throttle, When
from tng.sandbox.front import Front
from tng.sandbox.quotas import AWS_DEFAULTS, UNLIMITED, Quotas
from tng.sandbox.record import LOST

REGISTER = "RegisterCertificateWithoutCA"


def _register(client, pem):
    return client.register_certificate_without_ca(certificatePem=pem, status="ACTIVE")


def test_a_call_over_the_quota_is_the_sdk_s_throttling_exception(cloud: CloudUnderTest):
    cloud.front.limit(Quotas({"DescribeEndpoint": 0.002}, burst_seconds=1000))
    client = cloud.client("iot")
    for _ in range(2):
        client.describe_endpoint(endpointType="iot:Data-ATS")
    with pytest.raises(client.exceptions.ThrottlingException) as refused:
        client.describe_endpoint(endpointType="iot:Data-ATS")
    assert refused.value.response["Error"]["Message"] == "Rate exceeded"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_the_sdk_retries_a_throttled_call(cloud: CloudUnderTest):
    cloud.front.inject(Fault(Throttle(), "DescribeEndpoint"))
    cloud.client("iot", attempts=2).describe_endpoint(endpointType="iot:Data-ATS")
    assert [record.status for record in cloud.front.log] == [400, 200]


def test_quotas_are_per_account_region_and_operation(cloud: CloudUnderTest):
    cloud.front.limit(Quotas({"DescribeEndpoint": 0.001, "ListPolicies": 0.001}))
    for account in (cloud.eu, cloud.us):
        client = cloud.client("iot", account)
        client.describe_endpoint(endpointType="iot:Data-ATS")
        client.list_policies()
    with pytest.raises(ClientError, match="Rate exceeded"):
        cloud.client("iot").list_policies()


def test_a_throttled_sts_call_is_in_the_form_of_sts(cloud: CloudUnderTest):
    cloud.front.inject(Fault(Throttle(), "GetCallerIdentity"))
    with pytest.raises(ClientError) as refused:
        cloud.client("sts").get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "Throttling"


@pytest.mark.parametrize(
    ("status", "code"), [(500, "InternalFailureException"), (503, "ServiceUnavailableException")]
)
def test_a_server_error_has_the_service_s_own_code(cloud: CloudUnderTest, status, code):
    cloud.front.inject(Fault(ServerError(status), "ListPolicies"))
    client = cloud.client("iot")
    with pytest.raises(ClientError) as failed:
        client.list_policies()
    assert failed.value.response["Error"]["Code"] == code
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_duplicate_certificate_passes_through_with_its_resource_id(cloud: CloudUnderTest):
    pem, fingerprint = new_certificate()
    client = cloud.client("iot")
    assert _register(client, pem)["certificateId"] == fingerprint
    with pytest.raises(client.exceptions.ResourceAlreadyExistsException) as refused:
        _register(client, pem)
    assert refused.value.response["resourceId"] == fingerprint


@pytest.mark.parametrize("when", list(When))
def test_a_lost_reply_closes_the_connection_on_the_right_side_of_the_work(
    cloud: CloudUnderTest, when
):
    pem, fingerprint = new_certificate()
    cloud.front.inject(Fault(LostReply(when), REGISTER))
    client = cloud.client("iot")
    with pytest.raises(ConnectionClosedError):
        _register(client, pem)
    found = client.list_certificates()["certificates"]
    assert [one["certificateId"] for one in found] == ([fingerprint] if when is When.AFTER else [])
    (record,) = cloud.front.log.calls(REGISTER)
    assert record.status == LOST
    assert record.took_effect is (when is When.AFTER)


def test_after_a_lost_reply_the_sdk_s_own_retry_meets_its_own_success(cloud: CloudUnderTest):
    pem, fingerprint = new_certificate()
    cloud.front.inject(Fault(LostReply(When.AFTER), REGISTER))
    client = cloud.client("iot", attempts=2)
    with pytest.raises(client.exceptions.ResourceAlreadyExistsException):
        _register(client, pem)
    assert cloud.front.log.registrations() == {(cloud.eu.account, cloud.eu.region, fingerprint): 1}


def test_a_slow_answer_times_out_and_the_work_is_done(cloud: CloudUnderTest):
    cloud.front.inject(Fault(Slow(0.6), "CreateThing"))
    client = cloud.client("iot", read_timeout=0.2)
    with pytest.raises(ReadTimeoutError):
        client.create_thing(thingName="late")
    assert client.list_things()["things"][0]["thingName"] == "late"


def test_a_hook_runs_at_the_nth_call_on_the_side_that_was_asked_for(cloud: CloudUnderTest):
    seen: list[tuple[str, int]] = []
    client = cloud.client("iot")
    for when in When:
        note = lambda when=when: seen.append((when, len(client.list_things()["things"])))  # noqa: E731 - two small hooks
        cloud.front.inject(Fault(Hook(when, note), "CreateThing", first=2))
    for name in ("one", "two", "three"):
        client.create_thing(thingName=name)
    assert seen == [(When.BEFORE, 1), (When.AFTER, 2)]


def test_a_role_s_calls_are_counted_for_the_role_s_account(cloud: CloudUnderTest):
    role = f"arn:aws:iam::{cloud.us.account}:role/tng"
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    client = cloud._session.create_client(
        "iot",
        region_name="us-east-1",
        endpoint_url=cloud.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    pem, _ = new_certificate()
    assert f":{cloud.us.account}:" in _register(client, pem)["certificateArn"]
    assert cloud.front.log.calls(REGISTER, cloud.us.account)


def test_the_bucket_holds_the_rate_against_many_threads(ministack_cloud: CloudUnderTest):
    quota = 20
    ministack_cloud.front.limit(Quotas({"DescribeEndpoint": quota}))
    client = ministack_cloud.client("iot", max_pool_connections=8)
    started = time.monotonic()
    stop = started + 2.0

    def ask() -> None:
        while time.monotonic() < stop:
            try:
                client.describe_endpoint(endpointType="iot:Data-ATS")
            except client.exceptions.ThrottlingException:
                time.sleep(0.01)

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(ask) for _ in range(8)]:
            future.result()
    seconds = time.monotonic() - started
    passed = sum(record.status == 200 for record in ministack_cloud.front.log)
    # One full bucket at the start, then the rate, on however slow a machine.
    assert quota < passed <= quota + seconds * quota + 1


def test_reads_and_writes_are_told_apart(cloud: CloudUnderTest):
    client = cloud.client("iot")
    client.list_targets_for_policy(policyName="tng-device")
    client.describe_endpoint(endpointType="iot:Data-ATS")
    cloud.client("sts").get_caller_identity()
    assert not cloud.front.log.writes()
    client.create_thing(thingName="written")
    assert [record.operation.name for record in cloud.front.log.writes()] == ["CreateThing"]


def test_records_know_certificate_thing_and_principal(cloud: CloudUnderTest):
    pem, fingerprint = new_certificate()
    client = cloud.client("iot")
    arn = _register(client, pem)["certificateArn"]
    client.create_thing(thingName="a:thing")
    client.attach_thing_principal(thingName="a:thing", principal=arn)
    client.attach_policy(policyName="tng-device", target=arn)
    parameters = [record.parameters for record in cloud.front.log]
    assert parameters[0]["certificateId"] == fingerprint
    assert parameters[2] == {"thingName": "a:thing", "principal": arn}
    assert parameters[3] == {"policyName": "tng-device", "target": arn}


def test_a_vanished_emulator_is_a_gateway_error():
    with Front(_closed_port()) as front:
        assert _raw_status(front.port, b"GET /endpoint HTTP/1.1\r\n\r\n") == b"HTTP/1.1 502"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"A" * 200_000,
    ],
)
def test_nonsense_ends_the_connection_and_nothing_else(ministack, nonsense):
    with Front(ministack.port) as front:
        assert _raw_status(front.port, nonsense) == b""
        assert _raw_status(front.port, b"GET /endpoint HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1")


def test_a_taken_port_is_a_configuration_error(ministack):
    with Front(ministack.port) as front, pytest.raises(ConfigurationError, match="cannot be used"):
        Front(ministack.port, port=front.port)


def test_a_stopped_front_leaves_no_thread_and_no_port(ministack):
    before = threading.active_count()
    with Front(ministack.port) as front:
        _raw_status(front.port, b"GET /endpoint HTTP/1.1\r\n\r\n")
        port = front.port
    deadline = time.monotonic() + 60
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
    with pytest.raises(ConnectionRefusedError):
        _raw_status(port, b"")


def test_the_default_quotas_name_operations_of_the_service():
    names = set(botocore.session.Session().get_service_model("iot").operation_names)
    assert set(AWS_DEFAULTS.rates) <= names
    assert not UNLIMITED.rates


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _raw_status(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            connection.sendall(request)
            return connection.recv(12)
        except ConnectionError:
            return b""
