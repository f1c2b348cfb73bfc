"""Cutting a stream of JSON into its outermost objects, without parsing them.

A manifest may have gigabytes, so it is never parsed as a whole. An entry that is
damaged must not take those behind it along, so after anything unexpected the search
goes on where the next entry seems to begin. An entry is never looked for beyond that
place either: so no byte is walked over more than a few times, whatever the input, and
wherever an entry begins the stream can be cut in two without changing what is found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tng.decode.json_window import (
    BYTE_ORDER_MARK,
    CUT_SHORT,
    MAX_ENTRY_BYTES,
    Damage,
    Window,
)

__all__ = ["MAX_ENTRY_BYTES", "Cut", "Damage", "Form", "read_form", "split_objects", "split_window"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One outermost object, exactly as it stands in the stream."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """How the stream as a whole is written; given before its first object."""

    is_array: bool
    has_byte_order_mark: bool


def split_objects(
    stream: BinaryIO, entry_start: re.Pattern[bytes]
) -> Iterator[Cut | Damage | Form]:
    """Yield the stream's `Form`, then its outermost objects and any damage, in order.

    ``entry_start`` is how an entry begins, and no object inside one; after damage the next
    such place is looked for.
    """
    window = Window(stream, entry_start)
    form = read_form(window)
    yield form
    is_told = False
    for piece in split_window(window):
        is_told = is_cut_short(piece)
        yield piece
    # The entry in which the input ends is not counted a second time.
    if form.is_array and not window.is_closed and not is_told:
        yield NEVER_CLOSED


NEVER_CLOSED = Damage(CUT_SHORT, "the array of entries is never closed")


def is_cut_short(piece: Cut | Damage) -> bool:
    """Whether the piece says that the input ends in it."""
    return isinstance(piece, Damage) and piece.code == CUT_SHORT


def read_form(window: Window) -> Form:
    """Read how the stream begins; the array's bracket is left."""
    has_mark = window.skip_prefix(BYTE_ORDER_MARK)
    window.skip_space()
    return Form(is_array=window.starts_with(b"["), has_byte_order_mark=has_mark)


def split_window(window: Window, until: int | None = None) -> Iterator[Cut | Damage]:
    """The objects and damages from the window's position on, those that begin before ``until``."""
    while window.skip_between() and (until is None or window.offset < until):
        yield from take_pieces(window)


def take_pieces(window: Window) -> Iterator[Cut | Damage]:
    """What stands at the position, which is taken: an object, or a damage."""
    if not window.at_object():
        yield Damage("entry-malformed", f"{window.sample()} stands where an entry should begin")
        window.resynchronise(0)
        return
    data = window.take_object()
    if isinstance(data, Damage):
        yield data
        window.resynchronise(1)
    elif data.count(b'"payload"') > 1:
        # Readers of JSON disagree on which of two members of one name counts.
        yield Damage("entry-malformed", "the entry has more than one payload")
    else:
        yield Cut(data)
