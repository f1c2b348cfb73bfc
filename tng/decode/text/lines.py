"""The lines of a text, bounded and freed of what consoles add.

Terminal colours, carriage returns, byte order marks and the zero bytes of UTF-16
are taken off; what was taken off is noted on the line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

MAX_LINE_BYTES = 128 * 1024
"""A certificate of the largest size that is read, in base64 on one line, fits. What is
longer is cut."""

BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

_ESCAPE = re.compile(r"\x1b\[[0-9;?]{0,16}[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1, its text, and what had to be cleaned off it."""

    number: int
    text: str
    doubled_return: bool = False
    colored: bool = False
    has_mark: bool = False


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """Every line of the stream that is not blank, in at most `MAX_LINE_BYTES` each.

    Bytes that are not UTF-8 become U+FFFD: nothing that is looked for contains one.
    """
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES):
        number += 1
        if raw.isspace():
            continue
        end = raw
        while not end.endswith(b"\n") and len(end) == MAX_LINE_BYTES:
            end = stream.readline(MAX_LINE_BYTES)
        if number == 1 and raw.startswith(BYTE_ORDER_MARKS):
            yield replace(clean(number, without_mark(raw)), has_mark=True)
        else:
            yield clean(number, raw)


def without_mark(data: bytes) -> bytes:
    """``data`` without a byte order mark at its beginning."""
    for mark in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :]
    return data


def clean(number: int, raw: bytes) -> Line:
    """Clean one line as it was read, its line end included."""
    raw = raw.replace(b"\0", b"")
    text = raw.decode("utf-8", "replace")
    bare = _ESCAPE.sub("", text) if "\x1b" in text else text
    return Line(
        number,
        bare.rstrip("\r\n").replace("\r", " "),
        doubled_return=raw.endswith(b"\r\r\n"),
        colored=bare is not text,
    )
