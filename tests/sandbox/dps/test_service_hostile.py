"""Hostile HTTP and JSON: an answer of 4xx or a closed connection, never a crash or a hang."""

import json
import socket
import threading

import pytest

from tests.sandbox.dps.services import ServiceUnderTest, enrollment, error_of, status_of
from tng.sandbox.dps.requests import MAXIMUM_BODY

_DEEP = 200_000


@pytest.fixture(autouse=True)
def no_thread_dies():
    """A thread that ends with an exception is a crash, whatever the caller saw."""
    died = []
    before = threading.excepthook
    threading.excepthook = died.append
    yield
    threading.excepthook = before
    assert died == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": ' + b"1" * 5000 + b"}",
        b'{"a":' + b"[" * _DEEP + b"]" * _DEEP + b"}",
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"[" * _DEEP,
        b'{"a": "' + b"x" * MAXIMUM_BODY + b'"}',
        b'{"registrationId": "\\ud800"}',
        b'{"\\ud800": 1}',
    ],
    ids=range(19),
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/enrollments/a"), ("POST", "/enrollments"), ("POST", "/enrollments/query")],
)
def test_a_body_that_is_no_proper_object_is_refused(
    service: ServiceUnderTest, method: str, path: str, body: bytes
):
    answer = service.ask(method, path, body)
    assert status_of(answer) == 400
    assert error_of(answer)["errorCode"] == 400004


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "1e999",
        '{"a": 1, "a": 2}',
        "[" * 100 + "]" * 100,
        "[" * _DEEP + "]" * _DEEP,
        "1" * 5000,
        '"' + "x" * MAXIMUM_BODY + '"',
        '"\udcff"',
    ],
    ids=range(8),
)
def test_hostile_json_inside_a_right_enrollment_is_refused(service: ServiceUnderTest, value: str):
    right = json.dumps(enrollment("a", initialTwin={"tags": {"x": "@"}}))
    body = right.replace('"@"', value).encode("utf-8", "surrogateescape")
    assert status_of(service.ask("PUT", "/enrollments/a", body)) == 400
    assert status_of(service.ask("PUT", "/enrollments/a", right.encode())) == 200


@pytest.mark.parametrize(
    "certificate",
    [
        "",
        "x",
        "!!!!",
        "MA==",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----",
        "A" * 200_000,
        "MIIB" * 1000,
        "ä",
        7,
        None,
        ["x"],
    ],
)
def test_a_certificate_that_is_none_is_refused(service: ServiceUnderTest, certificate):
    wanted = enrollment("a")
    pair = wanted["attestation"]["x509"]["clientCertificates"]
    pair["primary"]["certificate"] = certificate
    assert status_of(service.ask("PUT", "/enrollments/a", wanted)) == 400


def test_surrogates_and_long_names_are_kept_out_of_trouble(service: ServiceUnderTest):
    twin = {"tags": {"\ud800": "\x00" * 1000, "n" * 10_000: [1.5, None, True]}}
    answer = service.ask("PUT", "/enrollments/a", enrollment("a", initialTwin=twin))
    assert error_of(answer)["initialTwin"] == twin
    assert status_of(service.ask("PUT", "/enrollments/b", {"y" * 100_000: 1})) == 400


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"PUT /enrollments/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        # No byte more than the server reads: one left unread would reset the connection.
        b"GET / HTTP/1.1\r\nX: " + b"x" * 65_534,
    ],
    ids=range(7),
)
def test_what_is_no_proper_request_is_refused_and_the_connection_closed(
    service: ServiceUnderTest, said: bytes
):
    connection = service.connect()
    connection.sendall(said)
    received = _read_to_end(connection)
    assert received.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "said",
    [
        b"GET /enrollments/a HTTP/1.1\r\n\r\n",
        b"GET HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"  \r\nConnection: close\r\n\r\n",
        b"GET /%ff%00/%2e%2e?%ff&&&=&a=b HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
        b"GET /?" + b"a=b&" * 1000 + b" HTTP/1.1\r\nConnection: close\r\n\r\n",
    ],
    ids=range(5),
)
def test_what_goes_nowhere_is_not_found(service: ServiceUnderTest, said: bytes):
    connection = service.connect()
    connection.sendall(said)
    assert connection.recv(4096).startswith(b"HTTP/1.1 404 ")


def test_a_caller_that_goes_away_in_a_message_harms_nobody(service: ServiceUnderTest):
    for said in (b"", b"PUT /enroll", b"PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"):
        connection = service.connect()
        connection.sendall(said)
        connection.close()
    assert status_of(service.ask("GET", "/enrollments/a")) == 404


def test_a_caller_that_speaks_no_tls_or_does_not_trust_us_harms_nobody(
    service: ServiceUnderTest,
):
    with socket.create_connection(("127.0.0.1", service.running.server.port)) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        plain.settimeout(5)
        assert not _read_to_end(plain).startswith(b"HTTP")
    assert status_of(service.ask("GET", "/enrollments/a")) == 404


def test_a_connection_is_kept_until_the_caller_says_close(service: ServiceUnderTest):
    connection = service.connect()
    connection.sendall(b"GET /a HTTP/1.1\r\n\r\n" * 2)
    received = b""
    while received.count(b"HTTP/1.1 404") < 2:
        received += connection.recv(65536)
    connection.sendall(b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert _read_to_end(connection).startswith(b"HTTP/1.1 404")


def _read_to_end(connection: socket.socket) -> bytes:
    received = b""
    try:
        while more := connection.recv(65536):
            received += more
    except ConnectionError:
        pass
    return received
