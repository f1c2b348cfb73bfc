"""Answers of something that is no service, or no friend: errors, bounded, and never a crash."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError

from tests.clouds.azure.devices import common_name
from tests.clouds.azure.services import api_of
from tests.planned_devices import verified
from tng.clouds.azure.failures import ChangedError, ExistsError, NotFoundError, clean, converted
from tng.clouds.azure.performing import perform
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.azure.sighting import sighting
from tng.clouds.azure.steps import device_steps
from tng.clouds.azure.transport import MAX_REPLY_BYTES
from tng.clouds.interface import (
    CloudError,
    DoneStep,
    RefusedError,
    TargetUnusableError,
    ThrottledError,
    TransientError,
)
from tng.plan.models import DevicePlan, Disposition

JSON = "Content-Type: application/json\r\n"


def answer(status, body, headers=JSON):
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = f"Content-Length: {len(octets)}\r\nConnection: close\r\n"
    return f"HTTP/1.1 {status} X\r\n{length}{headers}\r\n".encode("latin-1") + octets


def call_at_once(operation, call):
    return call()


def create_step():
    key, name = verified(1).leaf.sha256, common_name(1).lower()
    calls = (("CreateEnrollment", ""),)
    plan = DevicePlan(verified(1), key, name, Disposition.REGISTER, (), calls)
    return device_steps(AzureSettings("x", dps_host="x"), plan)[0]


def performed(answering, *answers):
    host, ca_file, _ = answering(answers)
    return perform(api_of(host, ca_file), call_at_once, create_step())


def document(sha256, registration_id=None):
    info = {"info": {"sha256Thumbprint": sha256}}
    return {
        "registrationId": registration_id or common_name(1),
        "attestation": {"type": "x509", "x509": {"clientCertificates": {"primary": info}}},
    }


@pytest.mark.parametrize(
    "body",
    [
        document("ab" * 32),
        document(verified(1).leaf.sha256, "another"),
        {},
        {"registrationId": 5, "attestation": [1]},
        {"attestation": {"x509": {"clientCertificates": {"primary": "x"}}}},
    ],
)
def test_an_answer_about_another_certificate_is_no_success(answering, body):
    with pytest.raises(RefusedError, match="expected"):
        performed(answering, answer(200, body))


@pytest.mark.parametrize(
    "octets",
    [
        answer(200, b"<html>welcome</html>"),
        answer(200, b"<html>welcome</html>", "Content-Type: text/html\r\n"),
        answer(200, b"[]"),
        answer(200, b""),
        answer(200, b'"text"'),
        answer(200, b"\xff\xfe\x00"),
        answer(200, b"{" * 200_000),
        answer(200, b"[" * 200_000),
        answer(200, b'{"a": ' + b"1" * 10_000 + b"}"),
        answer(200, b"<a/>", "Content-Type: application/xml\r\n"),
        answer(200, b"{}", JSON + "Content-Encoding: gzip\r\n"),
        b"HTTP/1.1 200 X\r\nContent-Length: many\r\n\r\n{}",
        b"HTTP/1.1 200 X\r\nContent-Length: 500\r\n\r\n{}",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 999999 X\r\n\r\n",
        b"no http at all\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(answering, octets):
    with pytest.raises(TransientError) as caught:
        performed(answering, octets)
    assert len(caught.value.message) <= 300


@pytest.mark.parametrize(("padding", "fits"), [(1000, True), (MAX_REPLY_BYTES, False)])
def test_an_answer_that_grows_while_it_is_unpacked_is_not_read_to_its_end(answering, padding, fits):
    right = json.dumps(document(verified(1).leaf.sha256)).encode()
    body = gzip.compress(right + b" " * padding)
    packed = answer(200, body, JSON + "Content-Encoding: gzip\r\n")
    if fits:
        assert performed(answering, packed) == DoneStep()
        return
    with pytest.raises(TransientError):
        performed(answering, packed)


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (400, {"errorCode": 400004, "message": "m"}, RefusedError, "400004"),
        (401, {"errorCode": 401002}, TargetUnusableError, "401002"),
        (403, {"errorCode": 403003, "message": "no"}, TargetUnusableError, "403003"),
        (403, {"errorCode": 403001, "message": "the quota is used up"}, RefusedError, "403001"),
        (404, {"errorCode": 404201}, NotFoundError, "404201"),
        (404, b"<html>", RefusedError, "HTTP404"),
        (408, {}, TransientError, "HTTP408"),
        (409, b"<html>", RefusedError, "HTTP409"),
        (409, {"errorCode": 409201}, ExistsError, "409201"),
        (412, {"errorCode": 412001}, ChangedError, "412001"),
        (429, {"errorCode": 429001}, ThrottledError, "429001"),
        (429, b"", ThrottledError, "HTTP429"),
        (500, {"errorCode": 500001}, TransientError, "500001"),
        (503, b"[" * 200_000, TransientError, "UnreadableReply"),
        (507, b"{", TransientError, "HTTP507"),
        (400, {"errorCode": True, "message": ["x"]}, RefusedError, "HTTP400"),
        (400, {"errorCode": "x\r\ny", "trackingId": {}}, RefusedError, "HTTP400"),
        (400, {"error": {"code": "Bad", "message": "m"}}, RefusedError, "Bad"),
        (400, b'{"message": "' + b"x" * 100_000 + b'"}', RefusedError, "HTTP400"),
    ],
)
def test_every_status_means_one_thing(answering, status, body, error, code):
    host, ca_file, seen = answering([answer(status, body)] * 2)
    with pytest.raises(CloudError) as caught:
        api_of(host, ca_file).get("sn1")
    assert type(caught.value) is error
    assert caught.value.code == code
    assert caught.value.message.isprintable()
    assert len(caught.value.message) <= 400
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 7\r\n", 7),
        ("Retry-After: 1e12\r\n", 1e12),
        ("Retry-After: -5\r\n", 0),
        ("Retry-After: inf\r\n", None),
        ("Retry-After: nan\r\n", None),
        ("Retry-After: soon\r\n", None),
        (f"Retry-After: Mon, 01 Jan {'9' * 20} 00:00:00 GMT\r\n", None),
        (f"Retry-After: Wed, 21 Oct 2026 07:28:00 +{'9' * 20}\r\n", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_it_is_sent(answering, header, seconds):
    host, ca_file, _ = answering([answer(429, {}, JSON + header)])
    with pytest.raises(ThrottledError) as caught:
        api_of(host, ca_file).bulk_create([{}])
    assert caught.value.retry_after == seconds


def test_retry_after_may_be_a_date(answering):
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    host, ca_file, _ = answering([answer(429, {}, f"{JSON}Retry-After: {moment}\r\n")])
    with pytest.raises(ThrottledError) as caught:
        api_of(host, ca_file).get("sn1")
    assert caught.value.retry_after == pytest.approx(99, abs=3)


@pytest.mark.parametrize("registration_id", ["another", "", None, ["sn1"]])
def test_an_assignment_of_another_device_is_not_taken_for_that_of_the_one_asked_for(
    answering, registration_id
):
    state = {"status": "assigned", "assignedHub": "hub", "deviceId": "another"}
    body = {"registrationId": registration_id, "registrationState": state}
    host, ca_file, _ = answering([answer(200, body)])
    with pytest.raises(TransientError, match="not the enrollment that was asked for"):
        sighting(api_of(host, ca_file), call_at_once, "sn1")


@pytest.mark.parametrize("body", [{"a": 1}, [5, "x", None], 7, None])
def test_a_page_of_another_form_is_an_error_or_empty(answering, body):
    host, ca_file, _ = answering([answer(200, body)])
    try:
        assert api_of(host, ca_file).page(10, None).items == ()
    except TransientError as error:
        assert error.code == "UnreadableReply"  # noqa: PT017 - one of two outcomes, both fine


def test_a_message_carries_no_secret_and_does_not_break_the_terminal():
    text = (
        "\x1b[2J\nSharedAccessSignature sr=x&sig=abc123 and sig=abc123; SharedAccessKey=abc123 "
        "Bearer abc123 " + "y" * 9999
    )
    assert "abc123" not in clean(text)
    assert clean(text).isprintable()
    assert len(clean(text)) <= 300


def test_a_login_that_is_not_there_ends_the_target():
    for error in (CredentialUnavailableError("no az"), ClientAuthenticationError("refused")):
        assert type(converted(error)) is TargetUnusableError


def test_a_port_without_a_listener_and_a_name_without_an_address_are_transient(tmp_path):
    from tng.sandbox.authority import SandboxAuthority

    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(SandboxAuthority().ca_pem)
    with pytest.raises(TransientError):
        api_of("127.0.0.1:9", ca_file).get("sn1")
    with pytest.raises(TransientError) as caught:
        api_of("no-such-host.invalid", ca_file).get("sn1")
    assert caught.value.code == "NameNotResolved"
