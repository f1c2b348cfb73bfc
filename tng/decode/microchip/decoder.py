"""The decoder that the registry plugs in."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from tng.decode.interface import Decoded, RawEntry
from tng.decode.json_objects import Damage, Form, split_objects
from tng.decode.microchip.entry import read_entry
from tng.findings import Finding, finding
from tng.models import Source, Undecodable

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

    def split(self, stream: BinaryIO, file: str) -> Iterator[RawEntry | Undecodable]:
        """Cut the manifest into entries; notes about the whole go to the first one."""
        notes: tuple[Finding, ...] = ()
        number = 0
        for part in split_objects(stream):
            if isinstance(part, Form):
                notes = _form_notes(part)
                continue
            number += 1
            source = Source(file, entry=number)
            if isinstance(part, Damage):
                yield Undecodable(source, (*notes, finding(part.code, part.message)))
            else:
                yield RawEntry(source, (part.data,), findings=notes)
            notes = ()

    def read(self, raw: RawEntry) -> tuple[Decoded, ...]:
        """Read one entry (see `tng.decode.microchip.entry`)."""
        return read_entry(raw)


def _form_notes(form: Form) -> tuple[Finding, ...]:
    notes: list[Finding] = []
    if form.has_byte_order_mark:
        notes.append(finding("byte-order-mark", "the manifest begins with a byte order mark"))
    if not form.is_array:
        notes.append(finding("manifest-not-an-array", "the entries stand without an array"))
    return tuple(notes)
