"""The devices of an audit as text that is safe inside a script element, block by block.

A block is base64 of a zlib stream (RFC 1950: unlike gzip it names neither a time nor a system,
so that the bytes depend on the devices alone) of: the length of the header as 32 bits, little
end first; the header, as JSON; the bodies of the columns. All text went through
`tng.report.text.printable`. Memory holds one block, however many devices there are.
"""

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from itertools import islice

from tng.audit.models import AuditedDevice
from tng.report.audit.html.columns import Column, HexTexts, Numbers, Words, joined
from tng.report.audit.html.readings import HEX_TEXTS, NUMBERS, WORDS

DEVICES_A_BLOCK = 4096
_HEADER_LENGTH_OCTETS = 4


def packed_blocks(devices: Iterable[AuditedDevice]) -> Iterator[str]:
    """The blocks of all devices, in order; none for no devices."""
    remaining = iter(devices)
    while block := list(islice(remaining, DEVICES_A_BLOCK)):
        yield pack_block(block)


def pack_block(devices: list[AuditedDevice]) -> str:
    """One block, as base64."""
    header, bodies = joined(len(devices), _columns(devices))
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    length = len(text).to_bytes(_HEADER_LENGTH_OCTETS, "little")
    return b64encode(zlib.compress(length + text + bodies, 9)).decode("ascii")


def _columns(devices: list[AuditedDevice]) -> Iterator[tuple[str, Column]]:
    for name, word_of in WORDS.items():
        words = Words()
        for device in devices:
            words.add(word_of(device))
        yield name, words
    for name, hex_of in HEX_TEXTS.items():
        texts = HexTexts()
        for device in devices:
            texts.add(hex_of(device))
        yield name, texts
    for name, number_of in NUMBERS.items():
        numbers = Numbers()
        for device in devices:
            numbers.add(number_of(device))
        yield name, numbers
