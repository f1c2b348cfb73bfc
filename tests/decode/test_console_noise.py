"""What boards and terminals put between the lines of genuine logs, and what is no text."""

import base64
import gzip
import json
import zipfile
from hashlib import sha256
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decode.reading import codes, decode, devices, kind, uid_of
from tng.decode.interface import SNIFF_BYTES
from tng.decode.text.lines import MAX_LINE_BYTES
from tng.models import DeviceEntry
from tng.testing import dumps, sessions
from tng.testing.certificates import pem
from tng.testing.nxp import NxpVendor

VENDOR = NxpVendor()
CHIPS = [VENDOR.chip(number) for number in range(3)]
DER = CHIPS[0].certificate
LOG = sessions.serial_log(CHIPS).replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
LINES = LOG.splitlines()


def with_ends(end: bytes, *, before: bytes = b"") -> bytes:
    return b"".join(before + line + end for line in LINES)


NOISY = {
    "a zero": b"\0" + LOG,
    "zeros and garbage": bytes(30) + b"\xff\xfe\0\x1c\x83" + LOG,
    "zeros in the middle of a line": LOG[:200] + bytes(3) + LOG[200:],
    "zeros before each line": with_ends(b"\n", before=b"\0\0"),
    "thousands of zeros": bytes(5000) + LOG,
    "more zeros than are looked at": bytes(SNIFF_BYTES + 100) + LOG,
    "controls": with_ends(b"\x07\x08\n", before=b"\x11"),
    "tput": with_ends(b"\x1b(B\x1b[m\n", before=b"\x1b[32m"),
    "titles": with_ends(b"\n", before=b"\x1b]0;/dev/ttyUSB0\x07"),
    "CR": with_ends(b"\r"),
    "CR, zeros": with_ends(b"\r\0"),
    "CR CR LF": with_ends(b"\r\r\n"),
    "form feeds": with_ends(b"\f\n"),
    "Windows' time stamps": with_ends(b"\r\n", before=b"[2026-11-21 10:15:00.123] "),
    "utf-16": LOG.decode().replace("\n", "\r\n").encode("utf-16"),
    "utf-16 with CR": LOG.decode().replace("\n", "\r").encode("utf-16"),
    "utf-16 without a mark": LOG.decode().encode("utf-16-le"),
    "CR after 128 KiB": b"I (33) wifi: idle\r" * 9000 + with_ends(b"\r"),
}


@pytest.mark.parametrize("kind_of_noise", NOISY)
def test_a_noisy_log_gives_every_chip_with_its_uid(kind_of_noise):
    data = NOISY[kind_of_noise]
    entries = devices(data)
    assert [entry.record.leaf.der for entry in entries] == [chip.certificate for chip in CHIPS]
    assert [uid_of(entry) for entry in entries] == [chip.uid for chip in CHIPS]
    assert kind(data) == ("se05x-log" if len(data) < SNIFF_BYTES else "text")


def test_a_log_with_carriage_returns_alone_has_the_same_lines():
    places = [entry.record.source.line for entry in devices(LOG)]
    assert [entry.record.source.line for entry in devices(with_ends(b"\r"))] == places


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, len(LOG)), st.integers(1, 40)), max_size=8))
def test_zeros_may_stand_anywhere(places):
    data = bytearray(LOG)
    for place, count in sorted(places, reverse=True):
        data[place:place] = bytes(count)
    entries = devices(bytes(data))
    assert [entry.record.leaf.der for entry in entries] == [chip.certificate for chip in CHIPS]


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_dumps_and_tables_may_be_noisy_too(end):
    table = sessions.csv_table(CHIPS).replace(b"\r\n", b"\n")
    for octets, name, count in ((dumps.xxd(DER), "hex-dump", 1), (table, "csv", 3)):
        data = b"\0" + octets.replace(b"\n", end)
        assert kind(data) == name
        assert len(devices(data)) == count


def noise(seed: int) -> bytes:
    return b"".join(sha256(b"%d %d" % (seed, block)).digest() for block in range(120))


def zipped() -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sheet1.xml", noise(1))
    return stream.getvalue()


BINARY = {
    "zip": zipped(),
    "gzip": gzip.compress(noise(2)),
    "key": bytes.fromhex("308187020100301306072a8648ce3d02010608") + b"P-256 key of a device" * 9,
    "random": noise(3) + b"\0",
    "zeros": bytes(100),
}


@pytest.mark.parametrize("form", BINARY)
def test_what_is_no_text_is_still_told_apart(form):
    assert b"\0" in BINARY[form]
    assert kind(BINARY[form]) is None


@pytest.mark.parametrize(
    "octets", [bytes(200_000), b"\xef\xbb\xbf", b"\xff\xfe\r\0\n\0", b"\r\n \n"]
)
def test_a_text_without_any_character_is_empty(octets):
    (problem,) = decode(octets)
    assert codes(problem) == ["input-empty"]
    assert problem.source.line is None


def test_a_text_that_begins_with_zeros_and_has_no_certificate_is_not_empty():
    (problem,) = decode(bytes(200_000) + b"boot\n")
    assert codes(problem) == ["input-unrecognised"]


def test_der_and_pkcs7_are_still_what_they_are():
    assert kind(DER) == "der"
    assert kind(dumps.pkcs7(DER)) == "pkcs7"


def test_hundreds_of_certificates_in_one_line_of_json_are_all_read():
    chips = [VENDOR.chip(number) for number in range(330)]
    line = json.dumps([{"uid": chip.uid, "pem": pem(chip.certificate)} for chip in chips])
    assert len(line) > 2 * MAX_LINE_BYTES
    found = [entry.record.leaf.der for entry in devices(line.encode())]
    assert found == [chip.certificate for chip in chips]


@pytest.mark.parametrize("before", ["", "größe <2>: "])
@pytest.mark.parametrize("glue", ["", " "])
@pytest.mark.parametrize("end", ["", " "])
def test_hundreds_of_certificates_joined_in_one_line_are_all_read(before, glue, end):
    chips = [VENDOR.chip(number) for number in range(340)]
    blocks = (pem(chip.certificate).strip().replace("\n", end) for chip in chips)
    line = before + glue.join(blocks)
    assert len(line) > 2 * MAX_LINE_BYTES
    found = [entry.record.leaf.der for entry in devices(line.encode())]
    assert found == [chip.certificate for chip in chips]


def test_json_may_escape_what_it_need_not():
    text = json.dumps({"pem": pem(DER)})
    for plain, escaped in (("/", "\\/"), ("+", "\\u002B"), ("=", "\\u003d")):
        text = text.replace(plain, escaped)
    (entry,) = devices(text.encode())
    assert entry.record.leaf.der == DER


def test_a_line_that_cannot_be_parted_is_told_and_the_next_is_read():
    words = base64.b64encode(bytes(3 * MAX_LINE_BYTES))
    problem, *found = decode(b"first\n" + words + b"\n" + pem(DER).encode())
    assert codes(problem) == ["line-cut"]
    assert problem.source.line == 2
    assert [entry.record.leaf.der for entry in found if isinstance(entry, DeviceEntry)] == [DER]


def test_a_long_row_of_a_table_is_one_row():
    rows = sessions.csv_table(CHIPS).split(b"\r\n")
    rows[2] = rows[2] + b",remark" * 30_000
    entries = devices(b"\r\n".join(rows))
    assert [uid_of(entry) for entry in entries] == [chip.uid for chip in CHIPS]
    assert [entry.record.source.line for entry in entries] == [2, 3, 4]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("form", [DER, dumps.pkcs7(DER)], ids=["der", "pkcs7"])
def test_a_file_of_der_may_end_with_a_line_end(form, end):
    (entry,) = devices(form + end)
    assert entry.record.leaf.der == DER
    assert codes(entry) == ["der-padded"]


@pytest.mark.parametrize("rest", [b"\n\n", b"\xff" * 40, b"\0\n", b"\r", b" "])
def test_nothing_else_may_follow_a_certificate(rest):
    (problem,) = decode(DER + rest)
    assert codes(problem) == ["certificate-malformed"]
