"""The lines of a text, bounded and freed of what consoles add.

A line ends at LF, at CR LF, at CR CR LF (serial consoles), and at a CR alone. Numbers are those
of editors and of ``grep -n``, which count LFs: in a text that has any in its beginning, what a CR
alone ends (a progress display, the first half of LF CR) has the number of what follows it. Terminal
sequences, control characters, byte order marks and the zero bytes of UTF-16 and of lines that are
powered up are taken off; what was taken off is noted on the line.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from tng.decode.text.cleaning import without_controls

MAX_LINE_BYTES = 128 * 1024
"""A certificate of the largest size that is read, in base64 on one line, fits. What is
longer is given in pieces."""
LINE_CUT = f"one word of it is longer than {MAX_LINE_BYTES:,} bytes"
"""The message of a finding ``line-cut``."""

BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

_DOUBLED = b"\r\r\n"
_LINE_END = re.compile(rb"\r+\n?|\n")
_WORDS = b"+-/0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz "
"""What base64, hexadecimal and the marks of PEM are written with."""
_QUOTED = bytes(octet for octet in range(0x20, 0x7F) if octet not in b"\"'\\{},<>")
"""What stands between two quotes or commas."""
_BLOCK = b"-----BEGIN"
"""Blocks of PEM that are joined by spaces, or by nothing, are words throughout."""
_CONTINUATIONS = bytes(range(0x80, 0xC0))
"""The second and later octets of a character in UTF-8."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1 (several may share it), its text, and what was cleaned off it.

    ``colored`` says that terminal sequences or control characters stood in it.
    """

    number: int
    text: str
    doubled_return: bool = False
    colored: bool = False
    has_mark: bool = False


@dataclass(frozen=True, slots=True)
class LinePiece(Line):
    """Part of a line of more than `MAX_LINE_BYTES`; what follows it has the same number.

    ``is_cut`` is told on the first piece of a line that had to end within a word.
    """

    is_cut: bool = False


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """Every line of the stream that is not blank, in pieces of at most `MAX_LINE_BYTES`.

    Bytes that are not UTF-8 become U+FFFD: nothing that is looked for contains one.
    """
    raw = stream.readline(MAX_LINE_BYTES)
    bare = without_mark(raw)
    lines = _lines(bare, stream)
    if len(bare) < len(raw):
        for first in lines:
            yield replace(first, has_mark=True)
            break
    yield from lines


def without_mark(data: bytes) -> bytes:
    """``data`` without a byte order mark at its beginning."""
    for mark in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :]
    return data


def clean(number: int, raw: bytes) -> Line:
    """Clean one line as it was read, its line end included."""
    raw = raw.replace(b"\0", b"")
    body = raw.rstrip(b"\r\n").replace(b"\r", b" ")
    return _line(number, body, doubled_return=raw.endswith(_DOUBLED))


def _line(number: int, body: bytes, *, doubled_return: bool = False) -> Line:
    text, is_changed = without_controls(body)
    return Line(number, text, doubled_return, is_changed)


def _lines(raw: bytes, stream: BinaryIO) -> Iterator[Line]:
    while raw and not raw.strip(b"\0"):
        raw = stream.readline(MAX_LINE_BYTES)
    splitter = _Splitter(counts_returns=not raw.endswith(b"\n"))
    is_between = True
    while raw:
        data = raw.replace(b"\0", b"")
        body = data.rstrip(b"\r\n")
        if is_between and data.endswith(b"\n") and b"\r" not in body:
            splitter.number += 1
            if not data.isspace():
                # What `_line` does, without two calls for every line of a clean text.
                text = body.decode("utf-8", "surrogateescape")
                doubled = data.endswith(_DOUBLED)
                yield (
                    Line(splitter.number, text, doubled)
                    if text.isprintable()
                    else _line(splitter.number, body, doubled_return=doubled)
                )
        else:
            yield from splitter.feed(data)
            is_between = splitter.is_between
        raw = stream.readline(MAX_LINE_BYTES)
    yield from splitter.finish()


class _Splitter:
    """Takes pieces of a text without zero bytes and gives its lines; `finish` gives the last.

    ``number`` is of the last line that has ended and counts; those that end at a CR alone count
    with ``counts_returns`` only.
    """

    def __init__(self, *, counts_returns: bool) -> None:
        self.number = 0
        self._counts_returns = counts_returns
        self._rest = b""
        self._goes_on = False
        self._is_told = False

    @property
    def is_between(self) -> bool:
        """Whether no line has begun."""
        return not (self._rest or self._goes_on)

    def feed(self, data: bytes) -> Iterator[Line]:
        """The lines that end in ``data``, and the beginning of one that becomes too long."""
        data = self._rest + data
        position = 0
        for end in _LINE_END.finditer(data):
            returns = end[0]
            # What follows says whether it ends one line or, as CR LF, half of one.
            if end.end() == len(data) and returns[-1:] == b"\r" and len(returns) < MAX_LINE_BYTES:
                break
            yield from self._ended(data[position : end.start()], returns)
            position = end.end()
        self._rest = yield from self._shortened(data[position:])

    def finish(self) -> Iterator[Line]:
        """The last line, if the text does not end with an end of one."""
        if self._rest:
            yield from self._ended(self._rest.rstrip(b"\r"), b"")

    def _ended(self, body: bytes, end: bytes) -> Iterator[Line]:
        if len(body) > MAX_LINE_BYTES:
            body = yield from self._shortened(body)
        if self._goes_on or (body and not body.isspace()):
            yield _line(self.number + 1, body, doubled_return=end.endswith(_DOUBLED))
        if end.endswith(b"\n"):
            self.number += 1
        elif self._counts_returns:
            self.number += len(end)
        self._goes_on = self._is_told = False

    def _shortened(self, body: bytes) -> Generator[Line, None, bytes]:
        """Give as much of a line that it has not more than the limit any more; returns the rest."""
        while len(body) > MAX_LINE_BYTES:
            place = _place_between_words(body[:MAX_LINE_BYTES])
            text, is_changed = without_controls(body[: place or MAX_LINE_BYTES].rstrip(b"\r"))
            is_cut = not (place or self._is_told)
            yield LinePiece(self.number + 1, text, colored=is_changed, is_cut=is_cut)
            self._goes_on, self._is_told = True, self._is_told or not place
            body = body[place or MAX_LINE_BYTES :]
        return body


def _place_between_words(head: bytes) -> int:
    """Where to cut a line that begins so, in front of a character; 0 if that is in one word.

    Best behind what is quoted, else in front of a block, else between words.
    """
    for place in (_place_behind(head, _QUOTED), head.rfind(_BLOCK), _place_behind(head, _WORDS)):
        if place > 0:
            return place
    return 0


def _place_behind(head: bytes, together: bytes) -> int:
    return len(head.rstrip(together).rstrip(_CONTINUATIONS)) - 1
