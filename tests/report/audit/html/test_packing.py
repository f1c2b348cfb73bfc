"""What goes into a block comes out of it, whatever it is, and takes little room."""

import hashlib
import json
import re
import zlib
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.audit.sample import sample_device
from tests.report.audit.html.unpacking import unpacked
from tests.report.hostile import CONTROL, HOSTILE
from tng.audit.models import AuditedDevice
from tng.models import Source
from tng.report.audit.html.columns import HexTexts, Numbers, Words, joined
from tng.report.audit.html.packing import DEVICES_A_BLOCK, pack_block, packed_blocks
from tng.report.audit.html.readings import LOWER_ID, UPPER_ID
from tng.report.text import printable


@pytest.mark.parametrize("numbers", [[0], [5, 4, 3], [1, None, 2**51, 127, 128], [-3, 3, -(2**40)]])
def test_numbers_come_back(numbers: list):
    column = Numbers()
    for number in numbers:
        column.add(number)
    assert _read(len(numbers), column) == [number or 0 for number in numbers]


@pytest.mark.parametrize(
    "texts", [["00ff", "", None, "0", "0G", "FF", "é"], ["ab" * 255, "ab" * 256, " 00"]]
)
def test_hex_and_what_is_not_hex_come_back(texts: list):
    column = HexTexts()
    for text in texts:
        column.add(text)
    assert _read(len(texts), column) == texts


def test_words_beyond_one_octet_come_back():
    column = Words()
    words = [f"word {number % 700}" for number in range(1000)]
    for word in words:
        column.add(word)
    assert _read(len(words), column) == words
    assert len(column.note) == 700


def _read(count: int, column) -> list:
    header, body = joined(count, [("it", column)])
    text = json.dumps(header).encode()
    octets = len(text).to_bytes(4, "little") + text + body
    return unpacked(b64encode(zlib.compress(octets)).decode())["it"]


def test_a_device_is_told_in_full():
    device = sample_device(3)
    columns = unpacked(pack_block([sample_device(2), device]))
    row = {name: values[1] for name, values in columns.items()}
    facts = device.certificate
    assert row["number"] == 3
    assert row["status"] == "rejected"
    assert row["device"] == device.device_id
    assert (row["sha256"], row["serial"]) == (facts.sha256, facts.serial_number)
    assert row["subject"] == f"sn{LOWER_ID}"
    assert row["findings"][0][:2] == ["manifest-signature-invalid", "error"]
    assert row["order"] == ["not-genuine", "PO-7", 0]
    assert row["standings"][0] == ["production-eu", "absent", "", []]
    assert (row["file"], row["entry"], row["line"]) == ("reel-1.json", 3, 0)
    began = datetime(1, 1, 1, tzinfo=UTC)
    assert row["begins"] - 1 == (facts.not_before - began).total_seconds()
    assert row["lifetime"] - 1 == (facts.not_after - facts.not_before).total_seconds()


def test_what_is_not_known_is_none():
    columns = unpacked(pack_block([sample_device(7)]))
    unknown = {name for name, values in columns.items() if values[0] in (None, 0, [])}
    assert unknown == set(columns) - {"status", "file", "findings", "number", "entry"}


def test_a_certificate_that_ends_before_it_begins_keeps_its_end():
    device = sample_device(1)
    turned = replace(
        device.certificate,
        not_before=device.certificate.not_after,
        not_after=device.certificate.not_before,
    )
    lifetime = unpacked(pack_block([replace(device, certificate=turned)]))["lifetime"][0]
    assert lifetime == (turned.not_after - turned.not_before).total_seconds() < 0


@pytest.mark.parametrize(
    ("subject", "packed"),
    [
        ("SN-ABCDEF01", f"SN-{UPPER_ID}"),
        ("abcdef01/abcdef01", f"{LOWER_ID}/{LOWER_ID}"),
        ("\ue000 and \ue001", "\\ue000 and \\ue001"),
    ],
)
def test_ids_in_texts_are_replaced_and_their_stand_ins_escaped(subject: str, packed: str):
    device = sample_device(1)
    facts = replace(device.certificate, subject=subject)
    device = replace(device, device_id="abcdef01", certificate=facts)
    assert unpacked(pack_block([device]))["subject"] == [packed]


@pytest.mark.parametrize("text", [*HOSTILE, "\ue000", "</script>", "Straße 12"])
def test_hostile_text_leaves_packed_and_printable(text: str):
    block = pack_block([sample_device(number, text) for number in range(1, 11)])
    assert re.fullmatch("[A-Za-z0-9+/]+=*", block)
    columns = unpacked(block)
    assert not CONTROL.search(str(columns))
    assert columns["device"][0] == printable(text)
    subject = columns["subject"][0]
    restored = subject.replace(LOWER_ID, columns["device"][0])
    assert restored == printable(text).replace(LOWER_ID, "\\ue000")


def test_blocks_hold_all_devices_in_order_and_are_made_one_at_a_time():
    taken = []

    def devices():
        for number in range(1, DEVICES_A_BLOCK + 3):
            taken.append(number)
            yield sample_device(number)

    blocks = packed_blocks(devices())
    first = unpacked(next(blocks))
    assert len(taken) == DEVICES_A_BLOCK
    rest = unpacked(next(blocks))
    assert first["number"] + rest["number"] == taken
    assert next(blocks, None) is None
    assert list(packed_blocks([])) == []


def test_a_genuine_device_takes_eighty_characters_at_most():
    devices = [_incompressible(number) for number in range(10_000, 10_000 + DEVICES_A_BLOCK)]
    assert len(pack_block(devices)) <= 80 * DEVICES_A_BLOCK


def _incompressible(number: int) -> AuditedDevice:
    """Ids and serial numbers as the vendor draws them; a chip every few seconds."""
    device = replace(sample_device(1), number=number, source=Source("reel.json", entry=number))
    digest, drawn = (hashlib.sha256(f"{number}{salt}".encode()).hexdigest() for salt in "ab")
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=7 * number + number % 3)
    facts = replace(
        device.certificate,
        sha256=digest,
        serial_number=drawn[:32],
        not_before=began.replace(minute=0, second=0),
        not_after=began.replace(minute=0, second=0, year=2054),
    )
    device_id = f"0123{drawn[32:44]}01"
    return replace(device, device_id=device_id, certificate=facts, provisioned_at=began)
