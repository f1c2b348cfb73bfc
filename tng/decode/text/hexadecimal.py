"""Bytes that were printed in hexadecimal: nxLog, xxd, od, hexdump, C arrays, plain digits.

A dump is followed only from a line on that begins as a certificate does (or that a
``(Len=…)`` header announces); everything else in a log is left alone.
"""

import re
from dataclasses import dataclass, field

from tng.decode.certificates import looks_like_certificate
from tng.decode.se05x.apdu import unwrap
from tng.decode.text.pem import strip_time_stamp
from tng.x509.certificate import MAX_CERTIFICATE_BYTES
from tng.x509.der import element_length

MAX_FOREIGN_LINES = 32
"""Log lines of other tasks inside one dump."""
MAX_DUMP_BYTES = 2 * MAX_CERTIFICATE_BYTES
"""Room for a certificate and its padding."""

_MAX_ROW_WITHOUT_COLON = 16
_HEADER = re.compile(r"\(Len ?= ?(\d{1,6})\)", re.IGNORECASE)
_OFFSET = re.compile(r"[0-9A-Fa-f]{4,16}(:?)[ \t]{1,8}")
_OCTET = re.compile(r"[0-9A-Fa-f]{2}")
_WORD = re.compile(r"[0-9A-Fa-f]{4}")
_OCTETS = re.compile(r"(?:[0-9A-Fa-f]{2}){1,16}")
_DIGITS = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_C_OCTET = re.compile(r"0[xX]([0-9A-Fa-f]{1,2})\b")
_C_COMMENT = re.compile(r"/\*[^*]{0,80}\*/")
_RUN = re.compile(r"(?:3082|4182)[0-9A-Fa-f]{200,}")
_BEGINNINGS = (b"\x30\x82", b"\x30\x81", b"\x41\x82")


def announced_length(text: str) -> int | None:
    """The number of bytes that a line such as ``atr (Len=35)`` announces."""
    found = _HEADER.search(text)
    return int(found[1]) if found else None


def parse_row(text: str) -> bytes | None:
    """The bytes of one row of a dump, or ``None`` if the line is not one."""
    bare = strip_time_stamp(text.strip()).strip()
    if not bare:
        return None
    if "0x" in bare or "0X" in bare:
        return _c_row(bare)
    words = bare.split()
    if all(map(_OCTET.fullmatch, words)):
        return bytes.fromhex("".join(words))
    offset = _OFFSET.match(bare)
    if offset is not None:
        row = _row_behind_offset(bare[offset.end() :], has_colon=bool(offset[1]))
        if row:
            return row
    if len(words) == 1 and _DIGITS.fullmatch(bare):
        return bytes.fromhex(bare)
    run = _RUN.search(bare)
    return bytes.fromhex(run[0][: len(run[0]) & ~1]) if run else None


def _c_row(text: str) -> bytes | None:
    body = _C_COMMENT.sub("", text).rpartition("{")[2].strip()
    if not body.startswith(("0x", "0X")):
        return None
    return bytes(int(octet, 16) for octet in _C_OCTET.findall(body.partition("//")[0]))


def _row_behind_offset(text: str, *, has_colon: bool) -> bytes:
    if has_colon:  # xxd: groups of any size, then two spaces and the characters
        words = text.partition("  ")[0].split()
        return bytes.fromhex("".join(words)) if all(map(_OCTETS.fullmatch, words)) else b""
    row = bytearray()
    for word in text.split():
        if len(row) >= _MAX_ROW_WITHOUT_COLON:
            break
        if _OCTET.fullmatch(word):
            row += bytes.fromhex(word)
        elif _WORD.fullmatch(word):  # od -x, hexdump: words of a little-endian machine
            row += bytes.fromhex(word)[::-1]
        else:
            break
    return bytes(row)


@dataclass(slots=True)
class HexBlock:
    """A dump while it is being read.

    ``length`` is what its header announced, ``label`` what stood there; ``line`` is where the
    first row (or the header) was.
    """

    line: int
    label: str = ""
    length: int | None = None
    object_id: str | None = None
    data: bytearray = field(default_factory=bytearray)
    foreign: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether all bytes are there, as far as is known from the header or the DER."""
        if self.length is not None:
            return len(self.data) >= self.length
        content = unwrap(bytes(self.data[:16]))
        needed = element_length(content)
        # A response is longer than its object by tag, length and status word.
        return needed is not None and len(self.data) >= needed + 4 * (self.data[:1] == b"\x41")

    @property
    def is_over(self) -> bool:
        """Whether nothing that follows can belong to it."""
        if self.length is not None and self.is_complete:
            return True
        return len(self.data) > MAX_DUMP_BYTES or self.foreign > MAX_FOREIGN_LINES

    def is_closing_offset(self, row: bytes) -> bool:
        """Whether the row is no row but the total that ``od`` prints in its last line."""
        total = len(self.data)
        return row.hex().lstrip("0") in (f"{total:x}", str(total))

    def content(self) -> bytes:
        """The bytes without what a chip's response wraps around them."""
        return unwrap(bytes(self.data if self.length is None else self.data[: self.length]))


def may_begin(row: bytes) -> bool:
    """Whether a dump of a certificate may begin with this row."""
    if len(row) < 6:
        return row[:2] in _BEGINNINGS
    return looks_like_certificate(row[4:] if row[:2] == b"\x41\x82" else row)
