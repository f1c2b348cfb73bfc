"""Whatever the bytes are, a decoder gives entries and findings, in bounded time and memory."""

import io
import time
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.decode.reading import decode_with, kind
from tng.decode.certificates import MAX_CHAIN, issuers_of
from tng.decode.registry import DECODERS, recognise
from tng.models import DeviceEntry, Undecodable
from tng.testing import certificates as x509
from tng.testing import dumps, sessions
from tng.testing.certificates import pem
from tng.testing.keys import seeded_key
from tng.testing.nxp import NxpVendor
from tng.x509.certificate import read_certificate

VENDOR = NxpVendor()
CHIPS = [VENDOR.chip(number) for number in range(2)]
DER = CHIPS[0].certificate
BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)

VALID = [
    sessions.serial_log(CHIPS),
    sessions.serial_log(CHIPS, sessions.NOISY_STYLE),
    sessions.ssscli_session(CHIPS[0]),
    sessions.edgelock_2go(CHIPS),
    sessions.csv_table(CHIPS),
    sessions.csv_table(CHIPS, as_pem=True),
    dumps.nxlog(DER),
    dumps.xxd(DER),
    dumps.od(DER),
    dumps.c_array(DER),
    dumps.apdu(DER),
    dumps.pkcs7(DER, *CHIPS[0].issuers),
    dumps.zero_padded(DER),
    pem(DER, *CHIPS[0].issuers).encode(),
]
FRAGMENTS = [
    b"-----BEGIN CERTIFICATE-----",
    b"-----END CERTIFICATE-----",
    b"-----BEGIN UID-----",
    b"-----BEGIN PKCS7-----",
    b"\r\r\n",
    b"\n",
    b"\x1b[0;32m",
    b"AAAAAA==",
    b"MII",
    b"30 82 01 ce 30 82",
    b"(Len=65000)",
    b"cert object ID: f0000101",
    b"Unique ID: ",
    b"....",
    b'"',
    b",",
    b'[{"deviceCertificates":[',
    b"0x30, 0x82,",
    b"00000000: ",
    b"\xff\xfe",
    bytes.fromhex("308201ce30820174"),
    bytes.fromhex("06092a864886f70d010702"),
    b"\x41\x82\xff\xff",
]

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
each_decoder = pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)


def check(decoder, data: bytes) -> None:
    assert isinstance(decoder.recognises(data), bool)
    for item in decode_with(decoder, data):
        assert isinstance(item, DeviceEntry | Undecodable)
        if isinstance(item, Undecodable):
            assert item.findings


@each_decoder
@quick
@given(st.binary(max_size=2000))
@example(b"")
@example(b"\0" * 100)
@example(b"{" * 3000)
@example(b"[" * 3000)
@example(b'[{"deviceCertificates":' + b"[" * 3000 + b"]" * 3000 + b"}]")
def test_random_bytes(decoder, data):
    check(decoder, data)


@each_decoder
@quick
@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=20), max_size=60).map(b"".join))
def test_fragments_of_what_decoders_look_for(decoder, data):
    check(decoder, data)


@each_decoder
@quick
@given(st.data())
def test_mutated_dumps(decoder, data):
    original = bytearray(data.draw(st.sampled_from(VALID)))
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(original)))
        stop = start + data.draw(st.integers(0, 40))
        original[start:stop] = data.draw(st.sampled_from(FRAGMENTS) | st.binary(max_size=10))
    check(decoder, bytes(original))


class Repeated(io.RawIOBase):
    """A stream of ``count`` copies of a pattern that never exists as a whole."""

    def __init__(self, pattern: bytes, size: int) -> None:
        self._pattern = pattern * (65536 // len(pattern) + 1)
        self._period = len(pattern)
        self._left = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        size = min(len(buffer), self._left, 65536 - self._period)
        start = self._at % self._period
        buffer[:size] = self._pattern[start : start + size]
        self._at += size
        self._left -= size
        return size


PATTERNS = {
    "zeros": b"\0",
    "one endless line": b"A",
    "dashes": b"-",
    "empty lines": b"\n",
    "begins without ends": b"-----BEGIN CERTIFICATE-----\n",
    "begins on one line": b"-----BEGIN CERTIFICATE-----",
    "blocks without ends": b"-----BEGIN CERTIFICATE-----\n" + b"QUJD" * 16 + b"\n",
    "base64": b"QUJD" * 16 + b"\n",
    "hexadecimal": b"30 82 ff ff 30 82 ff ff\n",
    "hexadecimal on one line": b"3082ffff",
    "headers": b"x (Len=65000)\n",
    "uids": b"Unique ID: 0400500194b58d02eab29b046aa26a701b90\n",
    "objects": b"cert object ID: f0000101\n",
    "escapes": b"\x1b[0;",
    "escapes alone": b"\x1b",
    "strings without ends": b"\x1b]0;\xc2\x9d\x9b1;",
    "carriage returns": b"\r",
    "lines of a carriage return": b"A" * 30 + b"\r",
    "zeros and carriage returns": b"\0\r",
    "words": b"AAAA ",
    "quotes": b'"a,',
    "braces": b"{",
    "brackets": b'[{"deviceCertificates":[',
    "comments": b"0x30,/*",
    "one endless row": b"\nMII" + b"A" * 200 + b'","',
    "commas": b"a,b\n",
    "sequences": b"\x30\x84\x7f\xff\xff\xff",
    "signed data": bytes.fromhex("30847fffffff06092a864886f70d010702a0847fffffff"),
    "certificates": pem(DER).encode(),
    "certificates and uids": sessions.serial_log(CHIPS),
}
LONG = 1024 * 1024
SECONDS = 20.0
"""Of computing: forty times what the worst megabyte needs, far below what quadratic work takes."""
WITHOUT_LINES = ("zeros", "quotes", "braces", "comments", "signed data", "one endless row")
ONE_LINE = (
    "one endless line",
    "dashes",
    "hexadecimal on one line",
    "escapes",
    "sequences",
    "carriage returns",
    "words",
)
HUGE = 24 * LONG
MEMORY = 20 * LONG
"""A PKCS#7 is the largest thing that is held: 16 MiB."""


def split_all(pattern: bytes, size: int) -> int:
    head = pattern * (65536 // len(pattern))
    decoder = recognise(head) or DECODERS[-1]
    stream = io.BufferedReader(Repeated(pattern, size))
    return sum(1 for _ in decoder.split(stream, "input"))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_long_inputs_take_time_in_proportion(pattern):
    start = time.process_time()
    assert split_all(PATTERNS[pattern], LONG) > 0
    assert time.process_time() - start < SECONDS


def test_many_authorities_of_one_name_take_time_in_proportion():
    key = seeded_key("hostile", "authority")
    name = x509.name((x509.COMMON_NAME, "authority"))
    authorities = []
    for number in range(3000):
        serial = number.to_bytes(3, "big")
        request = x509.CertificateRequest(
            name, key.spki, b"\x01" + serial, BEGIN, END, (x509.basic_constraints(is_ca=True),)
        )
        authorities.append(read_certificate(x509.sign_certificate(request, name, key)))
    start = time.process_time()
    for _ in range(100):
        assert len(issuers_of(authorities[0], authorities)) == MAX_CHAIN
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("pattern", WITHOUT_LINES)
def test_huge_entries_take_bounded_memory(pattern):
    tracemalloc.start()
    try:
        split_all(PATTERNS[pattern], HUGE)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pattern", ONE_LINE)
def test_a_longer_line_takes_no_more_memory(pattern):
    peaks = []
    for size in (LONG, 3 * LONG):
        tracemalloc.start()
        try:
            split_all(PATTERNS[pattern], size)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] < MEMORY


@pytest.mark.slow
def test_uids_without_end_take_bounded_memory():
    lines = b"".join(b"UID: %036x\n" % (number + (1 << 140)) for number in range(60_000))
    stream = io.BufferedReader(io.BytesIO(lines))
    tracemalloc.start()
    try:
        assert sum(1 for _ in DECODERS[-1].split(stream, "input")) == 60_000
        assert tracemalloc.get_traced_memory()[1] < 6 * LONG
    finally:
        tracemalloc.stop()


def test_every_valid_dump_is_recognised_by_one_of_the_named_kinds():
    assert {kind(data) for data in VALID} == {
        "se05x-log",
        "edgelock-2go",
        "csv",
        "hex-dump",
        "pkcs7",
        "der",
        "pem",
    }


def test_a_manifest_is_left_to_its_own_decoder():
    manifest = b'[{"payload": "e30", "protected": "e30", "signature": "' + b"MII" * 100 + b'"}]'
    assert kind(manifest) == "microchip-manifest"
    others = [decoder for decoder in DECODERS if decoder.name != "microchip-manifest"]
    assert not any(decoder.recognises(manifest) for decoder in others)
