"""Cutting a stream of JSON into its outermost objects, without parsing them.

A manifest may have gigabytes, so it is never parsed as a whole. An entry that is
damaged must not take those behind it along, so after anything unexpected the search
goes on where the next entry seems to begin. An entry is never looked for beyond that
place either, so that no byte is walked over more than a few times, whatever the input.
Memory is bounded by `MAX_ENTRY_BYTES` plus one read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import orjson

READ_BYTES = 256 * 1024
MAX_ENTRY_BYTES = 256 * 1024
"""Sixty times a genuine full entry (about 4 kB)."""

_ENTRY_START = re.compile(rb'\{\s*"(?:payload|protected|header|signature)"\s*:')
_SPACE = re.compile(rb"[ \t\r\n]*")
_BETWEEN = re.compile(rb"[ \t\r\n,\[\]]*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CUT_SHORT = "input-cut-short"
_STRETCH = 4096
"""How far a quote is looked for in one go, so that small objects without any stay cheap."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One outermost object, exactly as it stands in the stream."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Something between or instead of objects; ``code`` is the finding's."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Form:
    """How the stream as a whole is written; given before its first object."""

    is_array: bool
    has_byte_order_mark: bool


def split_objects(
    stream: BinaryIO, entry_start: re.Pattern[bytes] = _ENTRY_START
) -> Iterator[Cut | Damage | Form]:
    """Yield the stream's `Form`, then its outermost objects and any damage, in order.

    ``entry_start`` is how an entry begins, and no object inside one; after damage the next
    such place is looked for.
    """
    window = _Window(stream, entry_start)
    form = _read_form(window)
    yield form
    is_told = False
    while window.skip_between():
        if window.at_object():
            for piece in _cut_object(window):
                is_told = isinstance(piece, Damage) and piece.code == _CUT_SHORT
                yield piece
        else:
            yield Damage("entry-malformed", f"{window.sample()} stands where an entry should begin")
            window.resynchronise(0)
    # The entry in which the input ends is not counted a second time.
    if form.is_array and not window.array_closed and not is_told:
        yield Damage(_CUT_SHORT, "the array of entries is never closed")


def _read_form(window: "_Window") -> Form:
    has_mark = window.skip_prefix(_BYTE_ORDER_MARK)
    window.skip_space()
    return Form(is_array=window.starts_with(b"["), has_byte_order_mark=has_mark)


def _cut_object(window: "_Window") -> Iterator[Cut | Damage]:
    data = window.take_object()
    if isinstance(data, Damage):
        yield data
        window.resynchronise(1)
    elif data.count(b'"payload"') > 1:
        # Readers of JSON disagree on which of two members of one name counts.
        yield Damage("entry-malformed", "the entry has more than one payload")
    else:
        yield Cut(data)


class _Window:
    """The part of the stream that is in memory, and where reading stands in it."""

    def __init__(self, stream: BinaryIO, entry_start: re.Pattern[bytes]) -> None:
        self._stream = stream
        self._entry_start = entry_start
        self._buffer = b""
        self._position = 0
        self._known_start = 0
        self.exhausted = False
        self.array_closed = False

    def _more(self) -> bool:
        """Read on; false at the stream's end."""
        if self.exhausted:
            return False
        chunk = self._stream.read(READ_BYTES)
        if not chunk:
            self.exhausted = True
            return False
        self._buffer = self._buffer[self._position :] + chunk
        self._position = 0
        self._known_start = 0
        return True

    def skip_prefix(self, prefix: bytes) -> bool:
        while len(self._buffer) - self._position < len(prefix) and self._more():
            pass
        found = self._buffer.startswith(prefix, self._position)
        if found:
            self._position += len(prefix)
        return found

    def skip_space(self) -> None:
        self._skip(_SPACE)

    def skip_between(self) -> bool:
        """Skip what may stand between entries; false at the stream's end."""
        return self._skip(_BETWEEN)

    def _skip(self, characters: re.Pattern[bytes]) -> bool:
        while True:
            run = characters.match(self._buffer, self._position)
            if run:
                self._position = run.end()
                marks = run[0].strip(b" \t\r\n")
                self.array_closed = marks.endswith(b"]") if marks else self.array_closed
            if self._position < len(self._buffer):
                return True
            if not self._more():
                return False

    def starts_with(self, prefix: bytes) -> bool:
        return self._buffer.startswith(prefix, self._position)

    def at_object(self) -> bool:
        return self._buffer[self._position] == 0x7B

    def sample(self) -> str:
        return repr(self._buffer[self._position : self._position + 24])[1:]

    def take_object(self) -> bytes | Damage:
        """Take the object at the position, or say why there is none."""
        while True:
            stop = self._following_start()
            quick = self._take_followed(stop)
            if quick is not None:
                return quick
            end = _find_object_end(self._buffer, self._position, stop)
            if (end if end >= 0 else stop) - self._position > MAX_ENTRY_BYTES:
                return Damage("entry-too-large", f"no end within {MAX_ENTRY_BYTES} bytes")
            if end >= 0:
                return self._take(end)
            if stop < len(self._buffer):
                # A lost quote or brace glued entries together: give up the first alone.
                return Damage("entry-malformed", "the entry runs into the next one")
            if not self._more():
                return Damage(_CUT_SHORT, "the input ends in the middle of an entry")

    def _following_start(self) -> int:
        """Offset of the next entry's beginning behind the position; else the buffer's end."""
        if self._known_start <= self._position:
            match = self._entry_start.search(self._buffer, self._position + 1)
            self._known_start = match.start() if match else len(self._buffer)
        return self._known_start

    def _take_followed(self, stop: int) -> bytes | None:
        """Take an undamaged entry that another one follows; ``None``: look closer.

        Finding the last brace and parsing what it closes is twice as fast as walking there.
        """
        if stop - self._position > MAX_ENTRY_BYTES or stop == len(self._buffer):
            return None
        end = self._buffer.rfind(b"}", self._position, stop) + 1
        data = self._buffer[self._position : end]
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        self._position = end
        return data

    def _take(self, end: int) -> bytes:
        data = self._buffer[self._position : end]
        self._position = end
        return data

    def resynchronise(self, skip: int) -> None:
        """Go to the next place that looks like an entry's beginning, or to the end."""
        self._position = min(self._position + skip, len(self._buffer))
        while True:
            match = self._entry_start.search(self._buffer, self._position)
            if match:
                self._position = match.start()
                return
            # Keep a tail, so that a beginning that straddles two reads is found.
            self._position = max(self._position, len(self._buffer) - 64)
            if not self._more():
                self._position = len(self._buffer)
                return


def _find_object_end(buffer: bytes, position: int, stop: int) -> int:
    """Offset behind the object that starts at ``position``; -1 if it does not end by ``stop``.

    Strings are skipped by searching for their quotes, which is what makes this fast: a
    manifest is nearly all long strings.
    """
    depth = 0
    while 0 <= position < stop:
        reach = min(stop, position + _STRETCH)
        quote = buffer.find(b'"', position, reach)
        stretch = buffer[position : quote if quote >= 0 else reach]
        if b"}" in stretch:
            depth, end = _close(stretch, depth)
            if end >= 0:
                return position + end
        else:
            depth += stretch.count(b"{")
        position = _string_end(buffer, quote, stop) if quote >= 0 else reach
    return -1


def _close(stretch: bytes, depth: int) -> tuple[int, int]:
    for offset, byte in enumerate(stretch):
        if byte == 0x7B:
            depth += 1
        elif byte == 0x7D:
            depth -= 1
            if depth == 0:
                return 0, offset + 1
    return depth, -1


def _string_end(buffer: bytes, quote: int, stop: int) -> int:
    """Offset behind the string that opens at ``quote``; -1 if it is not closed by ``stop``."""
    position = quote + 1
    while True:
        end = buffer.find(b'"', position, stop)
        if end < 0:
            return -1
        before = end - 1
        while before > quote and buffer[before] == 0x5C:
            before -= 1
        if (end - before) % 2 == 1:
            return end + 1
        position = end + 1
