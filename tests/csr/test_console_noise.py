"""Requests as boards, terminals and programs leave them."""

import json
from io import BytesIO

import pytest

from tests.csr.asking import key, pem, request
from tng.csr.model import RequestedDevice
from tng.csr.pem import to_pem
from tng.csr.reading import RequestScan, read_request
from tng.models import Source, Undecodable

TEXT = pem().encode()
LINES = TEXT.splitlines()


def scan(octets: bytes):
    return list(RequestScan(["-"], BytesIO(octets)).outcomes())


def with_ends(end: bytes, *, before: bytes = b"") -> bytes:
    return b"".join(before + line + end for line in LINES)


@pytest.mark.parametrize(
    "octets",
    [
        with_ends(b"\x1b(B\x1b[m\n", before=b"\x1b[32m"),
        with_ends(b"\x08\x07\n"),
        with_ends(b"\r"),
        with_ends(b"\n\0\0"),
        with_ends(b"\n", before=b"\x1b]0;t\x07"),
        with_ends(b"\x1b[K\r\r\n"),
        with_ends(b"\f\r\n", before=b"[2026-11-21 10:15:00.123] "),
        pem().replace("\n", "\r").encode("utf-16"),
        pem().replace("\n", "\x85").encode(),
        json.dumps({"csr": pem()}).replace("/", "\\/").replace("+", "\\u002B").encode(),
    ],
)
def test_noise_of_consoles_is_left_out(octets):
    (outcome,) = scan(octets)
    assert isinstance(outcome, RequestedDevice)
    assert outcome.request.der == request()


def test_requests_behind_many_short_lines_are_found_and_have_their_lines():
    other = pem(key(number=1), "CN=other").encode()
    log = (b"I (33) log line\n" * 9000 + TEXT + other).replace(b"\n", b"\r")
    outcomes = scan(log)
    assert [item.record.device_id for item in outcomes] == ["board-1", "other"]
    assert [item.record.source.line for item in outcomes] == [9001, 9001 + len(LINES)]


def test_every_request_of_one_long_line_of_json_is_found():
    texts = [pem(key(number=number % 3), f"CN=board-{number}") for number in range(400)]
    line = json.dumps([{"id": number, "csr": text} for number, text in enumerate(texts)])
    assert len(line) > 128 * 1024
    outcomes = scan(line.encode())
    # There are three keys: the others are told as of a key that was there before.
    assert len(outcomes) == len(texts)
    assert [item.record.device_id for item in outcomes] == [f"board-{n}" for n in range(400)]


def test_a_line_that_cannot_be_parted_is_told():
    problem, found = scan(b"A" * 400_000 + b"\n" + TEXT)
    assert isinstance(problem, Undecodable)
    assert [item.code for item in problem.findings] == ["line-cut"]
    assert problem.source.line == 1
    assert isinstance(found, RequestedDevice)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (b"\n", "a line end was cut"),
        (b"\r\n", "a line end was cut"),
        (bytes(40), "40 bytes 00 were cut"),
        (b"\xff" * 40, "40 bytes FF were cut"),
    ],
)
@pytest.mark.parametrize("armour", [bytes, lambda octets: to_pem(octets).encode()])
def test_padding_behind_a_request_is_cut_and_told(armour, rest, message):
    outcome = read_request(armour(request() + rest), Source("bench"))
    assert isinstance(outcome, RequestedDevice)
    assert outcome.request.der == request()
    assert [(item.code, item.message) for item in outcome.findings] == [("der-padded", message)]


@pytest.mark.parametrize("rest", [b"\n\n", b"\0\xff", b"\xff\n", b"\r", b"x", request()])
def test_what_is_no_padding_is_refused(rest):
    outcome = read_request(request() + rest, Source("bench"))
    assert isinstance(outcome, Undecodable)
    assert "bytes follow the request" in outcome.findings[0].message
