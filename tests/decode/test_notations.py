"""One certificate in every notation that tools print, and the lists of many."""

import base64
import json

import pytest

from tests.decode.reading import codes, decode, devices, kind, uid_of
from tng.decode.se05x.uid import parse_uid
from tng.models import DeviceEntry
from tng.testing import dumps, sessions
from tng.testing.certificates import pem
from tng.testing.microchip import MicrochipVendor
from tng.testing.nxp import ChipObject, NxpVendor

VENDOR = NxpVendor()
CHIP = VENDOR.chip(3)
RSA = VENDOR.chip(3, ChipObject.CLOUD_RSA)
DER = CHIP.certificate


def od_x(data: bytes) -> bytes:
    """`od -x` and `hexdump`: little-endian words after an octal offset."""
    data += b"\0" * (len(data) % 2)
    rows = []
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        words = " ".join(row[place : place + 2][::-1].hex() for place in range(0, len(row), 2))
        rows.append(f"{start:07o} {words}")
    return "\n".join((*rows, f"{len(data):07o}", "")).encode()


def hexdump_c(data: bytes) -> bytes:
    rows = []
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in row)
        rows.append(f"{start:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}  |{text}|")
    return "\n".join((*rows, f"{len(data):08x}", "")).encode()


def od_z(data: bytes) -> bytes:
    rows = []
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in row)
        rows.append(f"{start:06x} {row.hex(' ')}  >{text}<")
    return "\n".join((*rows, f"{len(data):06x}", "")).encode()


def plain_hex(data: bytes) -> bytes:
    digits = data.hex()
    return "\n".join(digits[start : start + 60] for start in range(0, len(digits), 60)).encode()


def one_line_array(data: bytes) -> bytes:
    body = ",".join(f"0x{octet:02x}" for octet in data)
    return f"static const unsigned char cert[] = {{{body}}};\n".encode()


HEX_NOTATIONS = {
    "nxlog": dumps.nxlog,
    "nxlog tabs": lambda data: dumps.nxlog(data, tabs=True),
    "xxd": dumps.xxd,
    "od": dumps.od,
    "od z": od_z,
    "od x": od_x,
    "hexdump -C": hexdump_c,
    "xxd -p": plain_hex,
    "C array": dumps.c_array,
    "C array on one line": one_line_array,
    "one line": lambda data: b"certificate: " + data.hex().upper().encode() + b"\n",
    "apdu": dumps.apdu,
}


@pytest.mark.parametrize("data", [DER, RSA.certificate], ids=["ecc", "rsa"])
@pytest.mark.parametrize("notation", HEX_NOTATIONS)
@pytest.mark.parametrize("size", [0, 2048], ids=["bare", "padded"])
def test_every_hexadecimal_notation_gives_the_certificate(notation, data, size):
    text = HEX_NOTATIONS[notation](data.ljust(size, b"\0"))
    assert kind(text) in ("hex-dump", "se05x-log")
    (entry,) = devices(text)
    assert entry.record.leaf.der == data
    assert entry.record.device_id == CHIP.uid


@pytest.mark.parametrize("notation", [name for name in HEX_NOTATIONS if name != "one line"])
def test_two_dumps_one_after_another_are_two_devices(notation):
    other = VENDOR.chip(6).certificate
    write = HEX_NOTATIONS[notation]
    found = devices(write(DER) + b"\n-- next --\n" + write(other))
    assert [entry.record.leaf.der for entry in found] == [DER, other]


@pytest.mark.parametrize("notation", ["nxlog", "xxd", "od", "C array", "apdu"])
def test_a_dump_without_its_end_is_reported_with_its_line(notation):
    lines = HEX_NOTATIONS[notation](DER).splitlines(keepends=True)
    (problem,) = decode(b"# comment\n" + b"".join(lines[:12]) + b"....\n")
    assert codes(problem) == ["dump-truncated"]
    assert problem.source.line in (2, 5)


def test_other_dumps_in_a_log_are_no_findings():
    log = b"sss   :INFO :atr (Len=35)\n" + dumps.nxlog(bytes(range(35)), label="atr")
    log += dumps.nxlog(bytes.fromhex("3045022100") + bytes(66), label="signature")
    log += dumps.nxlog(DER) + dumps.nxlog(bytes(300), label="buffer")
    (entry,) = devices(log)
    assert entry.record.leaf.der == DER


def test_a_uid_in_nxlog_is_tied():
    uid = bytes.fromhex(CHIP.uid)
    (entry,) = devices(dumps.nxlog(uid, label="SE05x UID") + dumps.nxlog(DER))
    assert uid_of(entry) == CHIP.uid


def test_log_lines_between_the_rows_of_a_dump_are_left_out():
    lines = dumps.nxlog(DER).splitlines(keepends=True)
    lines.insert(9, b"I (1042) wifi: connected\n")
    (entry,) = devices(b"".join(lines))
    assert entry.record.leaf.der == DER


BINARY = {
    "der": DER,
    "zero-padded": dumps.zero_padded(DER),
    "apdu": b"\x41\x82\x04\x00" + DER.ljust(1024, b"\0") + b"\x90\x00",
    "apdu bare": b"\x41\x82" + len(DER).to_bytes(2, "big") + DER + b"\x90\x00",
    "pkcs7": dumps.pkcs7(DER, *CHIP.issuers),
    "pem": pem(DER).encode(),
    "one-line pem": dumps.one_line_pem(DER),
    "zero-padded pem": dumps.zero_padded_pem(DER),
    "pem without line ends": pem(DER).replace("\n", "").encode(),
    "pem in JSON": json.dumps({"certificatePem": pem(DER)}).encode(),
    "pem in C": "\n".join(f'"{line}\\n"' for line in pem(DER).splitlines()).encode(),
    "pem of pkcs7": (
        b"-----BEGIN PKCS7-----\n"
        + base64.encodebytes(dumps.pkcs7(DER, *CHIP.issuers))
        + b"-----END PKCS7-----\n"
    ),
    "openssl text": dumps.openssl_text(DER, "CN=x"),
    "chain": pem(DER, *CHIP.issuers).encode(),
    "chain upside down": pem(*reversed(CHIP.issuers), DER).encode(),
}


@pytest.mark.parametrize("form", BINARY)
def test_every_form_of_file_gives_the_certificate(form):
    (entry,) = devices(BINARY[form])
    assert entry.record.leaf.der == DER
    assert entry.record.vendor == "nxp"
    with_issuers = "chain" in form or "pkcs7" in form
    expected = CHIP.issuers if with_issuers else ()
    assert tuple(issuer.der for issuer in entry.issuers) == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("der", []),
        ("zero-padded", ["certificate-zero-padded"]),
        ("apdu", ["certificate-zero-padded"]),
        ("pem", []),
        ("one-line pem", ["pem-irregular"]),
        ("zero-padded pem", ["certificate-zero-padded"]),
    ],
)
def test_each_tolerance_is_a_finding(form, expected):
    assert codes(devices(BINARY[form])[0]) == expected


@pytest.mark.parametrize("form", ["der", "apdu bare"])
def test_a_file_cut_short_is_truncated(form):
    (problem,) = decode(BINARY[form][:300])
    assert codes(problem) == ["dump-truncated"]


def test_bytes_after_the_padding_are_no_padding():
    (problem,) = decode(dumps.zero_padded(DER) + b"x")
    assert codes(problem) == ["certificate-malformed"]


@pytest.mark.parametrize("form", ["pem", "pkcs7"])
def test_ca_certificates_alone_are_no_devices(form):
    authorities = CHIP.issuers
    data = pem(*authorities).encode() if form == "pem" else dumps.pkcs7(*authorities)
    (problem,) = decode(data)
    assert codes(problem) == ["only-ca-certificates"]


def test_several_leaves_are_several_devices_with_only_their_own_issuers():
    other = VENDOR.chip(8, ChipObject.ATTESTATION)
    text = pem(DER, other.certificate, *CHIP.issuers, *other.issuers).encode()
    first, second = devices(text)
    assert [issuer.der for issuer in first.issuers] == list(CHIP.issuers)
    assert [issuer.der for issuer in second.issuers] == list(other.issuers)


CHIPS = [VENDOR.chip(number) for number in range(60, 63)]


@pytest.mark.parametrize("as_pem", [False, True])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_give_the_certificates_of_their_rows(delimiter, as_pem):
    table = sessions.csv_table(CHIPS, as_pem=as_pem).replace(b",", delimiter.encode())
    assert kind(table) == "csv"
    entries = devices(table)
    assert [entry.record.leaf.der for entry in entries] == [chip.certificate for chip in CHIPS]
    assert [uid_of(entry) for entry in entries] == [chip.uid for chip in CHIPS]
    assert {entry.record.object_id for entry in entries} == {"f0000101"}
    lines = table.split(b"\n")
    assert all(entry.record.device_id.encode() in lines[entry.record.source.line - 1]
               for entry in entries)  # fmt: skip


@pytest.mark.parametrize("form", ["hex", "upper", "0x", "decimal", "base64", "excel"])
@pytest.mark.parametrize("heading", [b"device id,cert\n", b""])
def test_tables_with_every_form_of_uid(form, heading):
    uid = CHIP.uid
    cell = {
        "hex": uid,
        "upper": uid.upper(),
        "0x": f"0x{uid}",
        "decimal": str(int(uid, 16)),
        "base64": base64.b64encode(bytes.fromhex(uid)).decode(),
        "excel": f'"=""{uid}"""',
    }[form]
    row = f"{cell},{base64.b64encode(DER).decode()}\n".encode()
    (entry,) = devices(heading + row)
    assert uid_of(entry) == uid == parse_uid(cell)


def test_a_row_without_a_certificate_does_not_stop_the_table():
    rows = sessions.csv_table(CHIPS).split(b"\r\n")
    rows[2] = b"0400500100000000000000000000000000ff,f0000101,"
    first, problem, last = decode(b"\r\n".join(rows))
    assert codes(problem) == ["object-read-failed"]
    assert problem.source.line == 3
    assert isinstance(first, DeviceEntry)
    assert isinstance(last, DeviceEntry)


def test_an_edgelock_list_gives_devices_with_issuers_ids_and_objects():
    data = sessions.edgelock_2go(CHIPS)
    assert kind(data) == "edgelock-2go"
    entries = devices(data)
    assert [entry.record.leaf.der for entry in entries] == [chip.certificate for chip in CHIPS]
    assert [uid_of(entry) for entry in entries] == [chip.uid for chip in CHIPS]
    assert [entry.record.source.entry for entry in entries] == [1, 2, 3]
    assert entries[0].record.object_id == "f0000101"
    assert tuple(issuer.der for issuer in entries[0].issuers) == CHIPS[0].issuers


@pytest.mark.parametrize(
    "damage",
    [b'"deviceCertificates": 7, "x":', b'"deviceCertificates": [{"certificate": "!"}], "x":'],
)
def test_a_bad_entry_of_an_edgelock_list_does_not_stop_the_others(damage):
    data = sessions.edgelock_2go(CHIPS).replace(b'"deviceCertificates":', damage, 1)
    problem, *others = decode(data)
    assert codes(problem)[0] in ("entry-malformed", "certificate-malformed")
    assert [entry.record.device_id for entry in others] == [chip.uid for chip in CHIPS[1:]]


def test_a_broken_edgelock_entry_is_resynchronised():
    data = sessions.edgelock_2go(CHIPS).replace(b'"deviceId": "', b'"deviceId": ', 1)
    found = decode(data)
    assert [entry.record.device_id for entry in found if isinstance(entry, DeviceEntry)][-1] == (
        CHIPS[-1].uid
    )


def test_a_microchip_certificate_without_its_manifest_is_named_by_its_serial_number():
    vendor = MicrochipVendor(organization="Microchip Technology Inc")
    device = vendor.device(1)
    (entry,) = devices(pem(device.certificate).encode())
    assert entry.record.vendor == "microchip"
    assert entry.record.device_id == device.unique_id
    assert entry.evidence is None


@pytest.mark.parametrize("text", ["", "04", "g" * 36, "9" * 44, "=" * 24, "0" * 101, "é" * 36])
def test_what_is_no_uid_is_none(text):
    assert parse_uid(text) is None
