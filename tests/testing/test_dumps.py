import base64
import csv
import io
import json
import re
import shutil
import subprocess

import pytest
from asn1crypto import cms
from asn1crypto import pem as asn1_pem

from tng.testing import dumps, sessions
from tng.testing.nxp import ChipCertificate, NxpVendor

ANSI = re.compile(rb"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def chip() -> ChipCertificate:
    return NxpVendor().chip(1)


def tool(name: str, *arguments: str, stdin: bytes) -> bytes:
    executable = shutil.which(name)
    if executable is None:
        pytest.skip(f"{name} is not installed")
    return subprocess.run(
        [executable, *arguments], input=stdin, capture_output=True, check=True
    ).stdout


def hex_bytes(text: bytes) -> bytes:
    return bytes.fromhex(b" ".join(re.findall(rb"\b[0-9A-F]{2}\b", text)).decode())


def test_one_line_pem(chip):
    text = dumps.one_line_pem(chip.certificate)
    assert len(text.splitlines()) == 3
    assert asn1_pem.unarmor(text)[2] == chip.certificate


def test_zero_padding(chip):
    padded = dumps.zero_padded(chip.certificate, 1000)
    assert len(padded) == 1000
    assert padded.rstrip(b"\0") == chip.certificate.rstrip(b"\0")
    assert asn1_pem.unarmor(dumps.zero_padded_pem(chip.certificate, 1000))[2] == padded


@pytest.mark.parametrize("tabs", [False, True])
def test_nxlog(chip, tabs):
    first, *lines = dumps.nxlog(chip.certificate, tabs=tabs).splitlines()
    assert first.endswith(b"(Len=%d)" % len(chip.certificate))
    assert (b"\t" in lines[0]) is tabs
    assert hex_bytes(b"\n".join(lines)) == chip.certificate


def test_xxd_writes_the_same(chip):
    assert dumps.xxd(chip.certificate) == tool("xxd", stdin=chip.certificate)


def test_od_writes_the_same(chip):
    assert dumps.od(chip.certificate) == tool(
        "od", "-A", "x", "-t", "x1", "-v", stdin=chip.certificate
    )


def test_c_array(chip):
    octets = re.findall(rb"0x([0-9A-F]{2})", dumps.c_array(chip.certificate))
    assert bytes.fromhex(b"".join(octets).decode()) == chip.certificate


def test_apdu(chip):
    answer = hex_bytes(dumps.apdu(chip.certificate, 700))
    assert answer[:4] == b"\x41\x82\x02\xbc"
    assert answer[4:-2] == chip.certificate.ljust(700, b"\0")
    assert answer[-2:] == b"\x90\x00"


def test_pkcs7(chip):
    parsed = cms.ContentInfo.load(dumps.pkcs7(chip.certificate, *chip.issuers), strict=True)
    certificates = [choice.chosen.dump() for choice in parsed["content"]["certificates"]]
    assert certificates == [chip.certificate, *chip.issuers]


def test_openssl_reads_the_pkcs7(chip):
    listing = tool(
        "openssl",
        "pkcs7",
        "-inform",
        "DER",
        "-print_certs",
        stdin=dumps.pkcs7(chip.certificate, *chip.issuers),
    )
    assert listing.count(b"BEGIN CERTIFICATE") == 3


def test_openssl_text_ends_with_the_pem(chip):
    text = dumps.openssl_text(chip.certificate, "CN=x")
    assert b"Subject: CN=x" in text
    assert asn1_pem.unarmor(text)[2] == chip.certificate


def pem_bodies(log: bytes) -> list[bytes]:
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", log, re.S)
    return [base64.b64decode(b"".join(block.split())) for block in blocks]


def test_serial_log_of_several_chips():
    vendor = NxpVendor()
    chips = [vendor.chip(number) for number in range(3)]
    log = sessions.serial_log(chips)
    assert pem_bodies(log) == [chip.certificate for chip in chips]
    uids = re.findall(rb"BEGIN UID-----\r\n(.*?)\r\n-----END UID", log)
    assert [base64.b64decode(uid).hex() for uid in uids] == [chip.uid for chip in chips]
    assert log.count(b"cert object ID: f0000101\r\n") == 3


def test_serial_log_has_the_consoles_line_ends_and_colours(chip):
    log = sessions.serial_log([chip])
    assert b"\r\r\n" in log
    assert ANSI.search(log)
    plain = sessions.serial_log([chip], sessions.PLAIN_STYLE)
    assert b"\r\r\n" not in plain
    assert not ANSI.search(plain)


def test_noisy_log_has_stamps_on_every_line_and_a_stranger_in_the_block(chip):
    log = sessions.serial_log([chip], sessions.NOISY_STYLE)
    assert all(re.match(rb"\[\d\d:\d\d:\d\d\.\d{3}\] ", line) for line in log.split(b"\n")[:-1])
    inside = log[log.index(b"BEGIN CERT") : log.index(b"END CERT")]
    assert b"wifi:" in inside


def test_uid_blocks_can_be_left_out(chip):
    log = sessions.serial_log([chip], sessions.SerialStyle(uid=False))
    assert b"UID" not in log


def test_failed_read(chip):
    assert pem_bodies(sessions.failed_serial_log(chip)) == [bytes(4)]


def test_truncated_log_lost_its_middle(chip):
    log = sessions.truncated_serial_log(chip)
    assert b"\n....\r" in log
    assert b"END CERTIFICATE" in log
    assert len(log) < len(sessions.serial_log([chip]))


def test_unfinished_log_ends_inside_the_block(chip):
    log = sessions.unfinished_serial_log(chip)
    assert b"BEGIN CERTIFICATE" in log
    assert b"END CERTIFICATE" not in log


def test_ssscli_session(chip):
    text = sessions.ssscli_session(chip)
    assert f"Unique ID: {chip.uid}".encode() in text
    assert pem_bodies(text) == [chip.certificate]
    assert b"ERROR!" in text


def test_edgelock_2go(chip):
    (device,) = json.loads(sessions.edgelock_2go([chip]))
    assert f"{int(device['deviceId']):036x}" == chip.uid
    (certificate,) = device["deviceCertificates"]
    assert base64.b64decode(certificate["certificate"]) == chip.certificate
    assert [base64.b64decode(ca) for ca in device["intermediateCAs"]] == list(chip.issuers)


@pytest.mark.parametrize("as_pem", [False, True])
def test_csv(chip, as_pem):
    table = sessions.csv_table([chip], as_pem=as_pem).decode()
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert row["uid"] == chip.uid
    text = row["certificate"].encode()
    read = asn1_pem.unarmor(text)[2] if as_pem else base64.b64decode(text, validate=True)
    assert read == chip.certificate
