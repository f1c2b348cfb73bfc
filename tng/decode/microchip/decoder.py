"""The decoder that the registry plugs in."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from tng.decode.interface import Block, BlockDevices, Decoded, Piece, RawEntry, failure
from tng.decode.json_blocks import Stretch, cut_stretches, read_stretch
from tng.decode.json_objects import Cut, Damage, Form
from tng.decode.microchip.entry import read_entry, read_members
from tng.findings import Finding, finding
from tng.models import Source, Undecodable

ENTRY_START = re.compile(rb'\{\s*"(?:payload|protected|header|signature)"\s*:')
_MANIFEST_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
_MEMBERS = re.compile(rb'"(?:payload|protected|signature)"\s*:')


class MicrochipManifestDecoder:
    """Manifests of any profile: an array, JSON lines, or one bare entry."""

    name = "microchip-manifest"

    def recognises(self, head: bytes) -> bool:
        """JSON whose beginning names a member of a flattened JWS, or an empty array."""
        if not _MANIFEST_START.match(head):
            return False
        return bool(_MEMBERS.search(head)) or re.fullmatch(rb"\s*\[\s*\]\s*", head) is not None

    def split(self, stream: BinaryIO, file: str) -> Iterator[Piece]:
        """Cut the manifest into blocks of entries; notes about the whole go to the first one."""
        notes: tuple[Finding, ...] = ()
        number = 1
        for part in cut_stretches(stream, ENTRY_START):
            if isinstance(part, Form):
                notes = _form_notes(part)
                continue
            if isinstance(part, Stretch):
                # What an entry has once, and base64 never.
                count = part.data.count(b'"payload"')
                yield Block(
                    file, part.data, number, count, notes,
                    part.is_followed, part.is_unclosed, part.offset,
                )  # fmt: skip
                number += count
            else:
                yield _piece(Source(file, entry=number), part, notes)
                number += 1
            notes = ()

    def read(self, raw: RawEntry) -> tuple[Decoded, ...]:
        """Read one entry (see `tng.decode.microchip.entry`)."""
        return read_entry(raw.source, raw.data[0], raw.findings)

    def count_block(self, block: Block) -> int:
        """What seems to be their number is, where the braces are shared out evenly among them."""
        opened = block.data.count(b"{")
        is_even = block.entries and opened % block.entries == 0
        if is_even and opened == block.data.count(b"}"):
            return block.entries
        return len(_parts(block))

    def read_block(self, block: Block) -> BlockDevices:
        """Read the entries of a block."""
        devices: list[Decoded] = []
        notes = block.findings
        parts = _parts(block)
        for number, part in enumerate(parts, block.first_entry):
            source = Source(block.file, number)
            try:
                devices += _read_part(source, part, notes)
            except Exception as error:  # noqa: BLE001 - one bad entry never stops the others
                devices.append(Undecodable(source, (failure(error),)))
            notes = ()
        return BlockDevices(devices, len(parts))


def _parts(block: Block) -> list[dict[str, Any]] | list[Cut | Damage]:
    stretch = Stretch(block.data, block.is_followed, block.is_unclosed)
    return read_stretch(stretch, ENTRY_START)


def _read_part(
    source: Source, part: dict[str, Any] | Cut | Damage, notes: tuple[Finding, ...]
) -> tuple[Decoded, ...]:
    if isinstance(part, dict):
        return read_members(source, part, notes)
    if isinstance(part, Damage):
        return (_undecodable(source, part, notes),)
    return read_entry(source, part.data, notes)


def _piece(source: Source, part: Cut | Damage, notes: tuple[Finding, ...]) -> Piece:
    if isinstance(part, Damage):
        return _undecodable(source, part, notes)
    return RawEntry(source, (part.data,), findings=notes)


def _undecodable(source: Source, damage: Damage, notes: tuple[Finding, ...]) -> Undecodable:
    return Undecodable(source, (*notes, finding(damage.code, damage.message)))


def _form_notes(form: Form) -> tuple[Finding, ...]:
    notes: list[Finding] = []
    if form.has_byte_order_mark:
        notes.append(finding("byte-order-mark", "the manifest begins with a byte order mark"))
    if not form.is_array:
        notes.append(finding("manifest-not-an-array", "the entries stand without an array"))
    return tuple(notes)
