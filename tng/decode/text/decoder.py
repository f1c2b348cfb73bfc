"""The decoders of texts: one way of reading, and a name for what a text appears to be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import BinaryIO

from tng.decode.certificates import read_device
from tng.decode.interface import SNIFF_BYTES, Decoded, RawEntry
from tng.decode.text.hexadecimal import may_begin, parse_row
from tng.decode.text.lines import BYTE_ORDER_MARKS, read_lines, without_mark
from tng.decode.text.scanner import Scanner
from tng.decode.text.sections import Sections
from tng.findings import finding
from tng.models import Undecodable

_LOG = re.compile(
    rb"-----BEGIN UID-----|cert object ID|Unique ID|from KeyID|\(Len ?="
    rb"|PlugAndTrust|ssscli|sss {0,8}:"
)
_PEM = b"-----BEGIN "
_MAX_SNIFFED_LINES = 2000
_CONTROLS = bytes(octet for octet in range(0x20) if octet not in b"\t\n\r")
_NOISE_SHARE = 0.25
"""Of the octets behind which no character stands, in a text with zero bytes: a board that is
powered up prints a line or two of them; in what is compressed or signed they are half of all."""
_BINARY_BEGINNINGS = (b"\x30\x80", b"\x30\x81", b"\x30\x82", b"\x30\x83", b"\x30\x84")
"""Of DER, whose names may make up most of it."""


@dataclass(frozen=True, slots=True)
class TextDecoder:
    """Reads certificates out of a text; all instances read alike and differ in what they claim.

    ``name`` is ``"se05x-log"``, ``"pem"``, ``"hex-dump"`` or, for a text that shows nothing of
    the kind in its beginning, ``"text"``.
    """

    name: str

    def recognises(self, head: bytes) -> bool:
        """Whether the text shows the marks of this kind in its beginning."""
        text = without_mark(head).replace(b"\0", b"")
        if not is_text(head) or _is_manifest(text):
            return False
        if self.name == "se05x-log":
            return _LOG.search(text) is not None
        if self.name == "pem":
            return _PEM in text
        if self.name == "hex-dump":
            return _has_dump(text)
        return True

    def split(self, stream: BinaryIO, file: str) -> Iterator[RawEntry | Undecodable]:
        """Every certificate in the text, in order, with what the lines around it say."""
        scanner = Scanner()
        sections = Sections(file)
        number = 0
        for line in read_lines(stream):
            number = line.number
            if line.has_mark:
                sections.findings = (finding("byte-order-mark", "before the first line"),)
            for found in scanner.feed(line):
                yield from sections.add(found)
        for found in scanner.finish():
            yield from sections.add(found)
        yield from sections.finish(number)

    def read(self, raw: RawEntry) -> tuple[Decoded, ...]:
        """The device."""
        return read_device(raw)


def is_text(head: bytes) -> bool:
    """Whether the beginning may be a console's text, which has zero bytes only among characters.

    They are in UTF-16, and what a line carries while a device is powered up; that is text if most
    of what else stands there is. Where there is nothing else the text may begin behind it.
    """
    if head.startswith(BYTE_ORDER_MARKS) or b"\0" not in head:
        return True
    rest = head.translate(None, _CONTROLS)
    if not rest:
        return len(head) >= SNIFF_BYTES
    if head.startswith(_BINARY_BEGINNINGS):
        return False
    characters = len(rest.decode("utf-8", "ignore").encode())
    return len(rest) - characters <= _NOISE_SHARE * len(rest)


def _is_manifest(text: bytes) -> bool:
    return text.lstrip()[:1] in (b"[", b"{") and b'"payload"' in text and b'"protected"' in text


def _has_dump(text: bytes) -> bool:
    lines = islice(read_lines(BytesIO(text)), _MAX_SNIFFED_LINES)
    rows = (parse_row(line.text) for line in lines)
    return any(row is not None and may_begin(row) for row in rows)
