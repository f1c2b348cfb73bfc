"""The part of a JSON stream that is in memory, and finding objects in it without parsing.

Memory is bounded by `MAX_ENTRY_BYTES` (or by what the caller wants to see at once) plus one
read. Nothing here knows what the objects are.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

import orjson

READ_BYTES = 256 * 1024
MAX_ENTRY_BYTES = 256 * 1024
"""Sixty times a genuine full entry (about 4 kB)."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CUT_SHORT = "input-cut-short"
BETWEEN = b" \t\r\n,[]"
"""What may stand between entries."""

_WHITESPACE = b" \t\r\n"
_SPACE = re.compile(rb"[ \t\r\n]*")
_BETWEEN = re.compile(rb"[ \t\r\n,\[\]]*")
_SAMPLE_BYTES = 24
_START_BYTES = 64
"""More than the beginning of an entry has, unless it is stretched by white space."""

_BRACES_TRIED = 16
"""Braces looked at from the end for the beginning of an entry, which has two in all."""

_STRETCH = 4096
"""How far a quote is looked for in one go, so that small objects without any stay cheap."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Something between or instead of objects; ``code`` is the finding's."""

    code: str
    message: str


class Window:
    """The part of the stream that is in memory, and where reading stands in it."""

    def __init__(self, stream: BinaryIO, entry_start: re.Pattern[bytes]) -> None:
        self._stream = stream
        self._entry_start = entry_start
        self._buffer = b""
        self._position = 0
        self._known_start = 0
        self._dropped = 0
        self._last = b""
        self._exhausted = False
        self._error: Exception | None = None

    def _more(self) -> bool:
        """Read on; false at the stream's end."""
        if self._exhausted:
            return False
        if self._error is not None:
            raise self._error
        try:
            chunk = self._stream.read(READ_BYTES)
        except Exception as error:
            # What was read before stays valid: it is taken first, and this is raised again.
            self._error = error
            raise
        if not chunk:
            self._exhausted = True
            return False
        self._last = chunk.rstrip(_WHITESPACE)[-1:] or self._last
        self._dropped += self._position
        self._buffer = self._buffer[self._position :] + chunk
        self._position = 0
        self._known_start = 0
        return True

    @property
    def offset(self) -> int:
        """Where in the stream the position is."""
        return self._dropped + self._position

    @property
    def is_closed(self) -> bool:
        """Whether what was read ends, but for white space, with the end of an array."""
        return self._last == b"]"

    @property
    def at_end(self) -> bool:
        """Whether everything was read and taken."""
        return self._exhausted and self._position == len(self._buffer)

    def skip_prefix(self, prefix: bytes) -> bool:
        """Skip the prefix; false if something else stands there."""
        while len(self._buffer) - self._position < len(prefix) and self._more():
            pass
        found = self._buffer.startswith(prefix, self._position)
        if found:
            self._position += len(prefix)
        return found

    def skip_space(self) -> None:
        """Skip white space."""
        self._skip(_SPACE)

    def skip_between(self) -> bool:
        """Skip what may stand between entries; false at the stream's end."""
        return self._skip(_BETWEEN)

    def _skip(self, characters: re.Pattern[bytes]) -> bool:
        while True:
            run = characters.match(self._buffer, self._position)
            if run:
                self._position = run.end()
            if self._position < len(self._buffer):
                return True
            if not self._more():
                return False

    def starts_with(self, prefix: bytes) -> bool:
        """Whether what is in memory goes on so."""
        return self._buffer.startswith(prefix, self._position)

    def at_object(self) -> bool:
        """Whether an object stands at the position; ask behind `skip_between`."""
        return self._buffer[self._position] == 0x7B

    def sample(self) -> str:
        """The beginning of what stands at the position, up to the next entry."""
        needed = _SAMPLE_BYTES + _START_BYTES
        while len(self._buffer) - self._position < needed and self._more():
            pass
        stop = min(self._position + _SAMPLE_BYTES, self._following_start())
        return repr(self._buffer[self._position : stop])[1:]

    def take_block(self, size: int) -> bytes | None:
        """Take about ``size`` bytes, up to where an entry begins; ``None``: none begins there.

        At the stream's end everything is taken. An error of the stream is raised when all that
        came before it was taken.
        """
        if len(self._buffer) - self._position < size:
            self._fill(size)
        if self._exhausted:
            return self._take(len(self._buffer))
        start = self._last_start()
        return self._take(start) if start > self._position else None

    def _fill(self, size: int) -> None:
        # An error is kept, and raised where what is missing is asked for again.
        with suppress(Exception):
            while len(self._buffer) - self._position < size and self._more():
                pass

    def _last_start(self) -> int:
        """Offset of the last beginning of an entry behind the position; else -1."""
        if self._following_start() == len(self._buffer):
            return -1
        brace = len(self._buffer)
        for _ in range(_BRACES_TRIED):
            brace = self._buffer.rfind(b"{", self._position, brace)
            if self._entry_start.match(self._buffer, brace):
                return brace
        # Braces without end: the first beginning will do.
        return self._following_start()

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
                return Damage(CUT_SHORT, "the input ends in the middle of an entry")

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
            self._position = max(self._position, len(self._buffer) - _START_BYTES)
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
