"""The outermost members of one JSON object, and the items of one of them, in bounded memory.

Nothing is parsed twice and no byte is walked over more than a few times: a value's end is
found by its line where the writer kept one a line, as `tng` does, and by its brackets
otherwise.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import orjson

READ_BYTES = 256 * 1024
_LINE_BYTES = 64 * 1024
"""How far the end of a line is looked for: a device takes about one thousand bytes."""
_SPACE = re.compile(rb"[ \t\r\n]*")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.DOTALL)
"""A whole string, a bracket, or the quote of a string that is not closed yet."""
_DEPTHS = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}
_SCALAR_END = re.compile(rb"[ \t\r\n,\]}]")
_PLAIN = re.compile(rb"[\x20-\x7e]+")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ReportSyntaxError(ValueError):
    """The stream is not JSON, or a value in it is larger than it may be."""


class JsonStream:
    """A place in a stream of JSON from which one walks on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = b""
        self._position = 0
        self._dropped = 0
        self._several_until = 0

    def members(self, streamed: str, most: int) -> Iterator[tuple[str, object]]:
        """Name and value of each member; of ``streamed`` the value is ``None``.

        Its items are to be taken with `items` before one goes on. A value of more than
        ``most`` bytes is a `ReportSyntaxError`.
        """
        self._expect(b"{")
        if self._take_if(b"}"):
            return
        while True:
            name = self._value(most)
            if not isinstance(name, str):
                raise self._error("a name of a member")
            self._expect(b":")
            yield name, None if name == streamed else self._value(most)
            if not self._take_if(b","):
                self._expect(b"}")
                return

    def items(self, most: int) -> Iterator[object]:
        """Each item of the array at this place."""
        self._expect(b"[")
        if self._take_if(b"]"):
            return
        while True:
            yield self._value(most)
            if not self._take_if(b","):
                self._expect(b"]")
                return

    def end(self) -> None:
        """`ReportSyntaxError` if anything but white space follows."""
        self._skip_space()
        if self._position < len(self._buffer):
            raise self._error("the end")

    def _value(self, most: int) -> object:
        self._skip_space()
        quick = self._line_value()
        if quick is not None:
            return quick
        end = self._value_end(most)
        data = self._buffer[self._position : end]
        try:
            value: object = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise self._error("a value") from error
        self._position = end
        return value

    def _line_value(self) -> object:
        """The object that fills the rest of this line; ``None`` where there is none."""
        several = self._dropped + self._position < self._several_until
        if several or not self._buffer.startswith(b"{", self._position):
            return None
        if len(self._buffer) - self._position < _LINE_BYTES:
            self._more()
        stop = self._buffer.find(b"\n", self._position, self._position + _LINE_BYTES)
        if stop < 0:
            return None
        data = self._buffer[self._position : stop].removesuffix(b",")
        if not data.endswith(b"}"):
            return None
        try:
            value: object = orjson.loads(data)
        except orjson.JSONDecodeError:
            # Tried once for a line: of very many short values each would cost its whole rest.
            self._several_until = self._dropped + stop
            return None
        self._position += len(data)
        return value

    def _value_end(self, most: int) -> int:
        """Where the value at the position ends, by its brackets; the buffer holds all of it."""
        first = self._buffer[self._position : self._position + 1]
        if first not in (b"{", b"[", b'"'):
            return self._scalar_end(most)
        depth, offset = 0, 0
        while True:
            for match in _TOKEN.finditer(self._buffer, self._position + offset):
                token = match[0]
                if token == b'"':
                    offset = match.start() - self._position
                    break
                depth += _DEPTHS.get(token, 0)
                if depth <= 0:
                    self._require(match.end() - self._position, most)
                    return match.end()
            else:
                offset = len(self._buffer) - self._position
            self._extend(most)

    def _scalar_end(self, most: int) -> int:
        offset = 0
        while True:
            match = _SCALAR_END.search(self._buffer, self._position + offset)
            if match is not None:
                return match.start()
            offset = self._extend(most)

    def _extend(self, most: int) -> int:
        """Read on inside a value; the offset at which the new bytes begin."""
        held = len(self._buffer) - self._position
        self._require(held, most)
        if not self._more():
            raise ReportSyntaxError("it ends in the middle of a value")
        return held

    def _require(self, held: int, most: int) -> None:
        if held > most:
            raise ReportSyntaxError(
                f"the value at byte {self._dropped + self._position:,} has more than {most:,} bytes"
            )

    def _more(self) -> bool:
        # As much again as is held, so that a long value is not copied at every read.
        chunk = self._stream.read(max(READ_BYTES, len(self._buffer) - self._position))
        if not chunk:
            return False
        self._dropped += self._position
        self._buffer = self._buffer[self._position :] + chunk
        self._position = 0
        return True

    def _skip_space(self) -> None:
        if self._dropped == 0 and self._position == 0:
            while len(self._buffer) < len(_BYTE_ORDER_MARK) and self._more():
                pass
            if self._buffer.startswith(_BYTE_ORDER_MARK):
                self._position = len(_BYTE_ORDER_MARK)
        while True:
            match = _SPACE.match(self._buffer, self._position)
            if match is not None:
                self._position = match.end()
            if self._position < len(self._buffer) or not self._more():
                return

    def _take_if(self, mark: bytes) -> bool:
        self._skip_space()
        found = self._buffer.startswith(mark, self._position)
        self._position += found
        return found

    def _expect(self, mark: bytes) -> None:
        if not self._take_if(mark):
            raise self._error(repr(mark.decode()))

    def _error(self, expected: str) -> ReportSyntaxError:
        sample = self._buffer[self._position : self._position + 24]
        if not sample:
            return ReportSyntaxError(f"it ends where {expected} should stand")
        place = self._dropped + self._position
        return ReportSyntaxError(
            f"at byte {place:,} stands {_in_words(sample)}, expected {expected}"
        )


def _in_words(sample: bytes) -> str:
    """The plain characters with which it begins, or its first byte where there are none."""
    plain = _PLAIN.match(sample)
    return f'"{plain[0].decode()}"' if plain else f"the byte 0x{sample[0]:02x}"
