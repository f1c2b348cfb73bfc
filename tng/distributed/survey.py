"""Cutting an input where it can be read, and telling only where its blocks are.

The stream is read once, by the very code that cuts inputs elsewhere: what is found, and in which
order, cannot differ; the numbers of entries are predicted with more care. Whoever takes the survey
reads the bytes of a block again, and compares their digest.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import cast

from tng.decode.interface import Block, BlockDecoder, Decoder
from tng.models import Undecodable
from tng.scan.shares import Item, Readable, items_of
from tng.scan.stored import StoredBlock
from tng.scan.working import moved
from tng.sources import Input, open_located
from tng.sources.streams import DAMAGE
from tng.storage.reading import Stored, describe

_ROW = struct.Struct("<QIQI32s")
"""Offset, length, first entry, number of entries and SHA-256 of a block: 56 bytes for 512 KiB."""

MOST_BLOCKS = 500_000
"""Of 250 GB; what has more is cut where it is coordinated. 28 MB of rows."""

MOST_OTHERS = 10_000
"""Pieces that are no plain blocks, of which a proper input has two."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The items of an input, in order: rows of plain blocks, and what is none as it is."""

    decoder: Decoder
    file: str
    location: str
    parts: tuple[Item | bytes, ...]

    def items(self) -> Iterator[Item]:
        """The items, with stored blocks."""
        for part in self.parts:
            if not isinstance(part, bytes):
                yield part
                continue
            for offset, length, first_entry, entries, digest in _ROW.iter_unpack(part):
                block = Block(
                    self.file, b"", first_entry, entries, (), is_followed=True, is_unclosed=False,
                    offset=offset,
                )  # fmt: skip
                yield Readable(self.decoder, StoredBlock(block, self.location, length, digest))


def take_survey(location: str, path: str, expected: Stored) -> Survey | None:
    """Survey what lies at ``location`` and is shown as ``path``.

    ``None`` if it cannot be read here, is not ``expected`` (as another host's file of the same
    name is not), changes meanwhile, or has too little of what can be told by its place.
    """
    try:
        if describe(location) != expected:
            return None
        for opened in open_located(location, path):
            if isinstance(opened, Input):
                survey = _survey(opened, location)
                return survey if describe(location) == expected else None
    except DAMAGE:
        return None
    return None


def _survey(opened: Input, location: str) -> Survey | None:
    parts: list[Item | bytes] = []
    rows = bytearray()
    decoder: Decoder | None = None
    for item in _counted(items_of(opened)):
        if len(parts) > MOST_OTHERS or len(rows) > MOST_BLOCKS * _ROW.size:
            return None
        if isinstance(item, Readable):
            decoder = item.decoder
            if not isinstance(item.piece, Block):
                return None
            stored = _stored(item.piece, location)
            if _is_plain(item.piece):
                rows += _row(stored)
                continue
            item = Readable(decoder, stored)
        if rows:
            parts.append(bytes(rows))
            rows.clear()
        parts.append(item)
    return None if decoder is None else Survey(decoder, opened.path, location, tuple(parts))


def _counted(items: Iterator[Item]) -> Iterator[Item]:
    """The items of an input under better numbers: wrong ones cost who coordinates most."""
    shift = 0
    for item in items:
        if isinstance(item, Readable) and isinstance(item.piece, Block):
            # Only a `BlockDecoder` cuts blocks.
            entries = cast("BlockDecoder", item.decoder).count_block(item.piece)
            first = item.piece.first_entry + shift
            yield replace(item, piece=replace(item.piece, first_entry=first, entries=entries))
            shift += entries - item.piece.entries
        elif isinstance(item, Undecodable):
            yield replace(item, source=moved(item.source, shift))
        else:
            yield item


def _stored(block: Block, location: str) -> StoredBlock:
    digest = sha256(block.data).digest()
    return StoredBlock(replace(block, data=b""), location, len(block.data), digest)


def _is_plain(block: Block) -> bool:
    return block.is_followed and not block.is_unclosed and not block.findings


def _row(stored: StoredBlock) -> bytes:
    return _ROW.pack(stored.start, stored.length, stored.first_entry, stored.entries, stored.sha256)
