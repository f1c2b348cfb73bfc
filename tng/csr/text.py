"""Requests in a text: PEM with anything around it, and base64 without its armour.

What belongs to a block is put together as for certificates (`tng.decode.text.pem`): time stamps,
foreign log lines and doubled line ends of a serial console are left out.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from tng.csr.structure import MAX_REQUEST_BYTES, looks_like_request, read_parts
from tng.decode.text.lines import LINE_CUT, Line, LinePiece, read_lines
from tng.decode.text.pem import MARKER, PemBlock, strip_time_stamp
from tng.findings import Finding
from tng.x509.der import DerError, element_length

REQUEST_LABELS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
"""RFC 7468 §7; the second is of old tools."""

_MAX_LABELS = 8
"""Kinds of other blocks that are told; a text may make up any number of them."""
_MAX_CHARACTERS = 2 * MAX_REQUEST_BYTES
_BARE_HEAD = 64
_BARE = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}")
_BARE_BEGINNING = ("MII", "MIG", "MIH")
"""base64 of 30 82 and 30 81: a SEQUENCE of the length of a request."""


@dataclass(frozen=True, slots=True)
class FoundRequest:
    """The octets of what is a request by its form; padding may follow it."""

    line: int
    data: bytes
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundProblem:
    """Something that should have been a request; ``code`` is of the finding that it is."""

    line: int
    message: str
    code: str = "csr-unreadable"


Found = FoundRequest | FoundProblem


@dataclass(slots=True)
class _Bare:
    line: int
    needed: int
    pieces: list[str] = field(default_factory=list)
    characters: int = 0


def find_requests(stream: BinaryIO, others: set[str]) -> Iterator[Found]:
    """The requests in a text, in order; the labels of other PEM blocks are put into ``others``.

    Raises what reading the stream raises.
    """
    scanner = RequestScanner(others)
    for line in read_lines(stream):
        yield from scanner.feed(line)
    yield from scanner.finish()


class RequestScanner:
    """Takes line after line and gives what each completes; `finish` gives the rest."""

    def __init__(self, others: set[str]) -> None:
        self._others = others
        self._pem: PemBlock | None = None
        self._bare: _Bare | None = None
        self._is_foreign = False

    def feed(self, line: Line) -> Iterator[Found]:
        """What is complete with this line."""
        if isinstance(line, LinePiece) and line.is_cut:
            yield FoundProblem(line.number, LINE_CUT, "line-cut")
        position = 0
        for marker in MARKER.finditer(line.text):
            before = line.text[position : marker.start()]
            yield from self._text(line, before)
            if marker[1] == "BEGIN":
                yield from self.finish()
                self._begin(line, marker[2], before)
            else:
                yield from self._end_pem()
                self._is_foreign = False
            position = marker.end()
        yield from self._text(line, line.text[position:])

    def finish(self) -> Iterator[Found]:
        """What the end of the text (or the beginning of another block) completes."""
        yield from self._end_pem()
        yield from self._end_bare()

    @property
    def progress(self) -> int | None:
        """Characters of base64 in a PEM request that has not ended; ``None`` where none is open."""
        return None if self._pem is None else self._pem.characters

    def end_if_whole(self) -> Iterator[Found]:
        """The PEM request that is open, if it lacks nothing but its END line."""
        block = self._pem
        if block is None or not any(map(_is_whole, block.candidates() if block.pieces else ())):
            return
        yield from self._end_pem()

    def _begin(self, line: Line, label: str, before: str) -> None:
        self._is_foreign = label not in REQUEST_LABELS
        if self._is_foreign:
            if len(self._others) < _MAX_LABELS:
                self._others.add(label)
        else:
            self._pem = PemBlock(label, line.number, before)

    def _text(self, line: Line, text: str) -> Iterator[Found]:
        if self._is_foreign or not text.strip():
            return
        if self._pem is None:
            yield from self._maybe_bare(line, strip_time_stamp(text.strip()).strip())
            return
        self._pem.add(line, text)
        if self._pem.is_too_long or self._pem.characters > _MAX_CHARACTERS:
            yield FoundProblem(self._pem.line, "the block does not end, or is longer than requests")
            self._pem = None

    def _end_pem(self) -> Iterator[Found]:
        block, self._pem = self._pem, None
        if block is None:
            return
        problem = "no base64 stands between BEGIN and END"
        for number, data in enumerate(block.candidates() if block.pieces else ()):
            try:
                read_parts(data)
            except DerError as error:
                problem = problem if number else str(error)
            else:
                yield FoundRequest(block.line, data, block.irregularities())
                return
        yield FoundProblem(block.line, problem)

    def _maybe_bare(self, line: Line, text: str) -> Iterator[Found]:
        if not _BARE.fullmatch(text):
            yield from self._end_bare()
            return
        if self._bare is None:
            beginning = _decoded(text[:_BARE_HEAD]) if text.startswith(_BARE_BEGINNING) else b""
            if not looks_like_request(beginning):
                return
            self._bare = _Bare(line.number, element_length(beginning) or 0)
        self._bare.pieces.append(text)
        self._bare.characters += len(text)
        if (
            self._bare.characters * 3 // 4 >= self._bare.needed
            or self._bare.characters > _MAX_CHARACTERS
        ):
            yield from self._end_bare()

    def _end_bare(self) -> Iterator[Found]:
        bare, self._bare = self._bare, None
        if bare is None:
            return
        data = _decoded("".join(bare.pieces))
        try:
            read_parts(data)
        except DerError as error:
            yield FoundProblem(bare.line, str(error))
        else:
            yield FoundRequest(bare.line, data)


def _is_whole(data: bytes) -> bool:
    try:
        read_parts(data)
    except DerError:
        return False
    return True


def _decoded(text: str) -> bytes:
    """What base64 encodes, as far as it goes; empty where it is none."""
    bare = text.rstrip("=")
    usable = len(bare) - (len(bare) % 4 == 1)
    try:
        return base64.b64decode(bare[:usable] + "=" * (-usable % 4), validate=True)
    except binascii.Error:
        return b""
