"""Reading bytes as the tool does: recognised by content, split, read."""

import io
from collections.abc import Iterator

from tng.decode.interface import SNIFF_BYTES, Block, RawEntry
from tng.decode.registry import recognise
from tng.models import DeviceEntry, Undecodable


def kind(data: bytes) -> str | None:
    decoder = recognise(data[:SNIFF_BYTES])
    return decoder.name if decoder else None


def decode_with(decoder, data: bytes) -> list[DeviceEntry | Undecodable]:
    return list(read_pieces(decoder, decoder.split(io.BytesIO(data), "input")))


def read_pieces(decoder, pieces) -> Iterator[DeviceEntry | Undecodable]:
    for piece in pieces:
        if isinstance(piece, RawEntry):
            yield from decoder.read(piece)
        elif isinstance(piece, Block):
            yield from decoder.read_block(piece).devices
        else:
            yield piece


def decode(data: bytes) -> list[DeviceEntry | Undecodable]:
    decoder = recognise(data[:SNIFF_BYTES])
    assert decoder is not None
    return decode_with(decoder, data)


def devices(data: bytes) -> list[DeviceEntry]:
    found = decode(data)
    assert all(isinstance(item, DeviceEntry) for item in found), found
    return found


def codes(item: DeviceEntry | Undecodable) -> list[str]:
    return [finding.code for finding in item.findings]


def uid_of(entry: DeviceEntry) -> str | None:
    return entry.evidence.uid
