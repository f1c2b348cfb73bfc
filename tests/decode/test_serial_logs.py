"""Consoles' logs: noise, several devices, objects, UIDs, failures."""

import base64
from itertools import product

import pytest

from tests.decode.reading import codes, decode, devices, kind, uid_of
from tng.models import Undecodable
from tng.testing import sessions
from tng.testing.certificates import pem
from tng.testing.forged_chips import wrong_uid
from tng.testing.nxp import ChipObject, NxpVendor
from tng.testing.sessions import SerialStyle

VENDOR = NxpVendor()
CHIPS = [VENDOR.chip(number) for number in range(3)]
STYLES = [SerialStyle(*flags) for flags in product((False, True), repeat=5)]


def uid_block(uid: str) -> bytes:
    encoded = base64.b64encode(bytes.fromhex(uid))
    return b"-----BEGIN UID-----\r\n" + encoded + b"\r\n-----END UID-----\r\n"


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_every_style_of_console_gives_every_chip_with_its_uid(style):
    log = sessions.serial_log(CHIPS, style)
    entries = devices(log)
    assert kind(log) == "se05x-log"
    assert [entry.record.leaf.der for entry in entries] == [chip.certificate for chip in CHIPS]
    assert [entry.record.device_id for entry in entries] == [chip.uid for chip in CHIPS]
    assert [entry.record.object_id for entry in entries] == ["f0000101"] * 3
    assert [uid_of(entry) for entry in entries] == (
        [chip.uid for chip in CHIPS] if style.uid else [None] * 3
    )
    irregular = style.doubled_returns or style.time_stamps or style.interleaved
    assert [codes(entry) for entry in entries] == [["pem-irregular"] if irregular else []] * 3


def test_lines_are_counted_from_one_where_the_block_begins():
    log = sessions.serial_log(CHIPS)
    lines = log.split(b"\n")
    for entry in devices(log):
        assert lines[entry.record.source.line - 1].startswith(b"-----BEGIN CERTIFICATE-----")


def test_several_objects_of_a_chip_are_several_devices():
    chips = [VENDOR.chip(2, chip_object) for chip_object in ChipObject]
    body = b"".join(
        f"cert object ID: {chip.object_id}\r\n".encode() + pem(chip.certificate).encode()
        for chip in chips
    )
    entries = devices(body + uid_block(chips[0].uid))
    assert [entry.record.object_id for entry in entries] == [chip.object_id for chip in chips]
    assert {uid_of(entry) for entry in entries} == {chips[0].uid}


@pytest.mark.parametrize("first", ["uid", "certificate"])
def test_a_uid_before_or_after_its_certificate_finds_it_without_boundaries(first):
    parts = [(uid_block(chip.uid), pem(chip.certificate).encode()) for chip in CHIPS]
    log = b"".join(b"".join(part if first == "uid" else part[::-1]) for part in parts)
    assert [uid_of(entry) for entry in devices(log)] == [chip.uid for chip in CHIPS]


def test_a_foreign_uid_in_the_section_is_kept_as_the_claim_that_it_is():
    forged = wrong_uid(VENDOR, 23).chip
    (entry,) = devices(sessions.serial_log([forged]))
    assert uid_of(entry) == forged.uid != entry.record.device_id


def test_a_uid_does_not_cross_into_another_device():
    without = sessions.serial_log(CHIPS[:1], SerialStyle(uid=False))
    first, second = devices(without + sessions.serial_log(CHIPS[1:2]))
    assert uid_of(first) is None
    assert uid_of(second) == CHIPS[1].uid


def test_thousands_of_chips_without_a_boundary_keep_their_uids():
    chips = [VENDOR.chip(number) for number in range(300)]
    log = b"".join(pem(chip.certificate).encode() + uid_block(chip.uid) for chip in chips)
    entries = devices(log)
    assert [uid_of(entry) for entry in entries] == [chip.uid for chip in chips]


def test_a_failed_read_is_reported_with_its_object_and_line():
    log = sessions.serial_log(CHIPS[:1]) + sessions.failed_serial_log(CHIPS[1])
    entry, problem = decode(log + sessions.serial_log(CHIPS[2:]))[:2]
    assert entry.record.device_id == CHIPS[0].uid
    assert codes(problem) == ["object-read-failed"]
    assert "f0000101" in problem.findings[0].message
    assert b"BEGIN CERT" in log.split(b"\n")[problem.source.line - 1]


@pytest.mark.parametrize("mark", [b"....", "……".encode(), "…".encode(), b"  ....  "])
def test_a_shortened_block_is_reported_with_its_line(mark):
    log = sessions.truncated_serial_log(CHIPS[0]).replace(b"....", mark)
    first, second = decode(log + sessions.serial_log(CHIPS[1:2]))
    assert codes(first) == ["dump-truncated"]
    assert log.split(b"\n")[first.source.line - 1].startswith(b"-----BEGIN")
    marked = next(n for n, line in enumerate(log.split(b"\n"), 1) if mark.strip() in line)
    assert f"line {marked}" in first.findings[0].message
    assert uid_of(second) == CHIPS[1].uid


def test_a_log_that_ends_in_a_block_or_begins_anew_in_one_is_reported():
    log = sessions.unfinished_serial_log(CHIPS[0])
    assert codes(decode(log)[0]) == ["dump-truncated"]
    problem, entry = decode(log + sessions.serial_log(CHIPS[1:2]))
    assert codes(problem) == ["dump-truncated"]
    assert entry.record.device_id == CHIPS[1].uid


def test_a_log_line_that_cuts_a_base64_line_in_two_is_taken_out():
    lines = pem(CHIPS[0].certificate).encode().splitlines()
    lines[3:4] = [lines[3][:20] + b"I (1042) wifi: connected", lines[3][20:]]
    (entry,) = devices(b"\r\n".join(lines))
    assert entry.record.leaf.der == CHIPS[0].certificate


def test_a_word_that_looks_like_base64_is_told_apart():
    lines = pem(CHIPS[0].certificate).encode().splitlines()
    lines.insert(4, b"connected")
    (entry,) = devices(b"\n".join(lines))
    assert entry.record.leaf.der == CHIPS[0].certificate


def test_a_uid_alone_is_a_warning_of_its_own():
    (problem,) = decode(b"ssscli se05x uid\nUnique ID: " + CHIPS[0].uid.encode() + b"\n")
    assert codes(problem) == ["uid-without-certificate"]
    assert problem.source.line == 2


def test_an_ssscli_session_gives_the_certificate_and_the_failure():
    chip = VENDOR.chip(40)
    session = sessions.ssscli_session(chip)
    entry, problem = decode(session)
    assert (entry.record.object_id, uid_of(entry)) == (chip.object_id, chip.uid)
    assert codes(problem) == ["object-read-failed"]
    assert "f0000121" in problem.findings[0].message
    assert b"ERROR!" in session.split(b"\n")[problem.source.line - 1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_logs_saved_by_windows_tools_are_read(encoding):
    text = sessions.serial_log(CHIPS).decode()
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    entries = devices(mark + text.encode(encoding))
    assert [uid_of(entry) for entry in entries] == [chip.uid for chip in CHIPS]
    assert all("byte-order-mark" in codes(entry) for entry in entries)


@pytest.mark.parametrize(
    "prefix",
    [
        "12:34:56.789 -> ",
        "[2026-11-21 10:15:00.123] ",
        "2026-11-21T10:15:00Z ",
        "Nov 21 10:15:00 bench esp32[77]: ",
        "(4711) | ",
    ],
)
def test_any_text_that_a_monitor_repeats_before_each_line_is_taken_off(prefix):
    log = sessions.serial_log(CHIPS, sessions.PLAIN_STYLE).decode()
    stamped = "".join(prefix + line for line in log.splitlines(keepends=True))
    assert [uid_of(entry) for entry in devices(stamped.encode())] == [chip.uid for chip in CHIPS]


def test_private_keys_and_other_blocks_are_passed_over():
    block = b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----\n"
    (problem,) = decode(block)
    assert isinstance(problem, Undecodable)
    assert codes(problem) == ["input-unrecognised"]
    assert "MHc" not in problem.findings[0].message
