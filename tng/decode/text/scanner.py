"""Walking a text once, and saying what stands in it, in order.

The walk knows blocks, dumps and marks; what belongs to which device is decided in
`tng.decode.text.sections`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tng.decode.certificates import looks_like_certificate, try_read
from tng.decode.pkcs7 import Pkcs7Error, certificates_in
from tng.decode.se05x.uid import parse_uid
from tng.decode.text import marks
from tng.decode.text.hexadecimal import (
    MAX_DUMP_BYTES,
    HexBlock,
    announced_length,
    may_begin,
    parse_row,
)
from tng.decode.text.lines import LINE_CUT, Line, LinePiece
from tng.decode.text.pem import CERTIFICATE_LABELS, MARKER, PKCS7_LABELS, UID_LABEL, PemBlock
from tng.findings import Finding, finding
from tng.x509.certificate import Certificate
from tng.x509.der import element_length


@dataclass(frozen=True, slots=True)
class FoundCertificate:
    """A whole certificate as it stood there; ``certificate`` is ``None`` if it is malformed."""

    line: int
    data: bytes
    certificate: Certificate | None
    object_id: str | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundUid:
    """A chip's UID, 36 lower hex digits."""

    line: int
    uid: str


@dataclass(frozen=True, slots=True)
class FoundProblem:
    """Something that should have been a certificate."""

    line: int
    finding: Finding


@dataclass(frozen=True, slots=True)
class Boundary:
    """Another device may begin here."""


Found = FoundCertificate | FoundUid | FoundProblem | Boundary


class Scanner:
    """Takes line after line and gives what each completes; `finish` gives the rest."""

    def __init__(self) -> None:
        self._pem: PemBlock | None = None
        self._hex: HexBlock | None = None
        self._object_id: str | None = None

    def feed(self, line: Line) -> Iterator[Found]:
        """What is complete with this line."""
        if isinstance(line, LinePiece) and line.is_cut:
            yield FoundProblem(line.number, finding("line-cut", LINE_CUT))
        position = 0
        for marker in MARKER.finditer(line.text):
            before = line.text[position : marker.start()]
            yield from self._text(line, before)
            if marker[1] == "BEGIN":
                yield from self.finish()
                self._pem = PemBlock(marker[2], line.number, before, self._take_object_id())
            else:
                yield from self._end_pem()
            position = marker.end()
        yield from self._text(line, line.text[position:])

    def finish(self) -> Iterator[Found]:
        """What the end of the text (or of a block without END) completes."""
        yield from self._end_pem()
        yield from self._end_hex()

    def _text(self, line: Line, text: str) -> Iterator[Found]:
        if not text.strip():
            return
        if self._pem is not None and marks.object_id_in(text) is None:
            self._pem.add(line, text)
            if self._pem.is_too_long:
                message = "the block does not end, or holds more than any certificate"
                yield FoundProblem(self._pem.line, finding("pem-malformed", message))
                self._pem = None
            return
        yield from self._end_pem()
        row = parse_row(text)
        if row is not None:
            yield from self._row(line.number, row)
            return
        length = announced_length(text)
        if length is not None or self._hex is not None:
            yield from self._between_rows(line.number, text, length)
        yield from self._marks(line.number, text)

    def _row(self, number: int, row: bytes) -> Iterator[Found]:
        block = self._hex
        if block is not None and may_begin(row) and block.length is None and block.is_complete:
            yield from self._end_hex()
            block = None
        if block is None:
            if may_begin(row):
                self._hex = HexBlock(number, object_id=self._take_object_id(), data=bytearray(row))
            return
        if not block.is_closing_offset(row):
            block.data += row
        if block.is_over:
            yield from self._end_hex()

    def _between_rows(self, number: int, text: str, length: int | None) -> Iterator[Found]:
        block = self._hex
        if block is not None:
            block.foreign += 1
            if block.is_complete or block.is_over or length is not None:
                yield from self._end_hex()
        if length is not None and length <= MAX_DUMP_BYTES:
            self._hex = HexBlock(number, text, length, self._object_id)

    def _marks(self, number: int, text: str) -> Iterator[Found]:
        if marks.is_boundary(text):
            yield from self._end_hex()
            self._object_id = None
            yield Boundary()
        object_id = marks.object_id_in(text)
        if object_id is not None:
            self._object_id = object_id
            if marks.is_failure(text):
                self._object_id = None
                message = f"object {object_id}: {text.strip()[:120]}"
                yield FoundProblem(number, finding("object-read-failed", message))
        uid = marks.uid_in(text)
        if uid is not None:
            yield FoundUid(number, uid)

    def _take_object_id(self) -> str | None:
        object_id, self._object_id = self._object_id, None
        return object_id

    def _end_pem(self) -> Iterator[Found]:
        block, self._pem = self._pem, None
        if block is None:
            return
        if block.label == UID_LABEL:
            uid = parse_uid("".join(block.pieces))
            if uid is not None:
                yield FoundUid(block.line, uid)
        elif block.label in CERTIFICATE_LABELS:
            yield _certificate_of(block)
        elif block.label in PKCS7_LABELS:
            yield from _certificates_of(block)

    def _end_hex(self) -> Iterator[Found]:
        block, self._hex = self._hex, None
        if block is None:
            return
        data = block.content()
        if "uid" in block.label.lower() and len(data) == 18:
            yield FoundUid(block.line, data.hex())
        if not looks_like_certificate(data):
            return
        missing = (element_length(data) or 0) - len(data)
        if missing > 0:
            message = f"{missing} of {len(data) + missing} bytes of the certificate are missing"
            yield FoundProblem(block.line, finding("dump-truncated", message))
        else:
            if block.object_id is not None:
                self._object_id = None
            yield FoundCertificate(block.line, data, try_read(data), block.object_id)


def _certificate_of(block: PemBlock) -> FoundCertificate | FoundProblem:
    candidates = list(block.candidates())
    for data in candidates:
        certificate = try_read(data)
        if certificate is not None:
            return FoundCertificate(
                block.line, data, certificate, block.object_id, block.irregularities()
            )
    if not candidates or (not candidates[0] and block.foreign):
        code, message = "pem-malformed", "the lines between BEGIN and END are not base64"
    elif not candidates[0].strip(b"\0"):
        code, message = "object-read-failed", f"the block holds {len(candidates[0])} zero bytes"
    else:
        return _broken(block, candidates[0])
    return FoundProblem(block.line, finding(code, _about(block, message)))


def _broken(block: PemBlock, data: bytes) -> FoundCertificate | FoundProblem:
    needed = element_length(data)
    if data[:1] == b"\x30" and (block.shortened_at or needed is None or needed > len(data)):
        message = f"{len(data)} bytes are there, the certificate has {needed or 'more'}"
        if block.shortened_at:
            message += f"; line {block.shortened_at} says that something was left out"
        return FoundProblem(block.line, finding("dump-truncated", _about(block, message)))
    return FoundCertificate(block.line, data, None, block.object_id, block.irregularities())


def _about(block: PemBlock, message: str) -> str:
    return f"object {block.object_id}: {message}" if block.object_id else message


def _certificates_of(block: PemBlock) -> Iterator[FoundCertificate | FoundProblem]:
    for data in block.candidates():
        try:
            certificates = certificates_in(data)
        except Pkcs7Error:
            continue
        for certificate in certificates:
            yield FoundCertificate(
                block.line, certificate, try_read(certificate), None, block.irregularities()
            )
        return
    yield FoundProblem(block.line, finding("pem-malformed", "the block is no PKCS#7 SignedData"))
