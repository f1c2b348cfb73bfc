"""Cutting a stream of JSON into blocks of many entries, and reading such a block quickly.

One process cuts, which costs next to nothing, since it looks for the beginning of an entry
once a block; others read the blocks. What is found is what `split_objects` finds, entry by
entry: a block in which anything is unexpected is given to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import orjson

from tng.decode.json_objects import (
    NEVER_CLOSED,
    Cut,
    Form,
    is_cut_short,
    read_form,
    split_window,
    take_pieces,
)
from tng.decode.json_window import BETWEEN, MAX_ENTRY_BYTES, Damage, Window

BLOCK_BYTES = 512 * 1024
"""About 130 full entries: 20 ms of work, against 0.3 ms to hand it to another process."""

_BYTES_A_BRACE = 128
"""Four times as many braces as in the smallest entries. With more, a block could hold a hundred
thousand things that are no entry, whose findings together would need a hundred megabytes: they
come one by one."""

_FEW_BRACES = 64


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a stream, from the beginning of an entry (or of all) to that of another.

    ``is_followed`` is false where the stream ends; ``is_unclosed`` says that it ends there and
    its array does not. ``offset`` is where in the stream it begins.
    """

    data: bytes
    is_followed: bool
    is_unclosed: bool
    offset: int = 0


def cut_stretches(
    stream: BinaryIO, entry_start: re.Pattern[bytes], size: int = BLOCK_BYTES
) -> Iterator[Form | Stretch | Cut | Damage]:
    """Yield the stream's `Form`, then stretches of about ``size`` bytes, in order.

    Where no entry begins in so many bytes, the objects come one by one instead.
    """
    window = Window(stream, entry_start)
    form = read_form(window)
    yield form
    is_told = False
    while not window.at_end:
        data = window.take_block(size)
        if data is not None:
            stretch = _stretch(data, form, window)
            if data.count(b"{") > max(_FEW_BRACES, len(data) // _BYTES_A_BRACE):
                yield from _walk(stretch, entry_start)
            else:
                yield stretch
            is_told = True
        elif window.skip_between():
            for piece in take_pieces(window):
                is_told = is_cut_short(piece)
                yield piece
    if form.is_array and not window.is_closed and not is_told:
        yield NEVER_CLOSED


def _stretch(data: bytes, form: Form, window: Window) -> Stretch:
    is_last = window.at_end
    is_unclosed = is_last and form.is_array and not window.is_closed
    return Stretch(data, not is_last, is_unclosed, window.offset - len(data))


def read_stretch(
    stretch: Stretch, entry_start: re.Pattern[bytes]
) -> list[dict[str, Any]] | list[Cut | Damage]:
    """The entries, parsed; or, where not all is as it should be, the pieces one by one."""
    quick = None if stretch.is_unclosed else _parse_all(stretch.data, entry_start)
    return _walk(stretch, entry_start) if quick is None else quick


def _parse_all(data: bytes, entry_start: re.Pattern[bytes]) -> list[dict[str, Any]] | None:
    """The entries, if each one is JSON and nothing but separators stands around them.

    Finding the last brace before the next entry and parsing what it closes is twice as fast as
    walking there.
    """
    starts = [match.start() for match in entry_start.finditer(data)]
    if data[: starts[0] if starts else len(data)].strip(BETWEEN):
        return None
    entries = []
    starts.append(len(data))
    start = starts[0]
    for stop in starts[1:]:
        end = data.rfind(b"}", start, stop) + 1
        if end - start > MAX_ENTRY_BYTES or data[end:stop].strip(BETWEEN):
            return None
        # Readers of JSON disagree on which of two members of one name counts: each entry may
        # have one payload, and must.
        if data.count(b'"payload"', start, end) > 1:
            return None
        try:
            entry = orjson.loads(data[start:end])
        except orjson.JSONDecodeError:
            return None
        if "payload" not in entry:
            return None
        entries.append(entry)
        start = stop
    return entries


def _walk(stretch: Stretch, entry_start: re.Pattern[bytes]) -> list[Cut | Damage]:
    data = stretch.data
    # What follows is the beginning of an entry; any will do.
    behind = b'{"payload":' if stretch.is_followed else b""
    pieces = list(split_window(Window(BytesIO(data + behind), entry_start), len(data)))
    if stretch.is_unclosed and not (pieces and is_cut_short(pieces[-1])):
        pieces.append(NEVER_CLOSED)
    return pieces
