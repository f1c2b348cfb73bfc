"""Streams for the splitter's tests: read in odd portions, or endless without the memory."""

import io
from collections.abc import Sequence
from itertools import cycle


class PortionedStream(io.BytesIO):
    """Gives at most the next of ``portions`` bytes at each read, whatever is asked for."""

    def __init__(self, data: bytes, portions: Sequence[int]) -> None:
        super().__init__(data)
        self._portions = cycle(portions)

    def read(self, size: int | None = -1, /) -> bytes:
        portion = next(self._portions)
        return super().read(portion if size is None or size < 0 else min(size, portion))


class RepeatedStream(io.RawIOBase):
    """``head``, then ``unit`` again and again, ``length`` bytes of it in all."""

    def __init__(self, head: bytes, unit: bytes, length: int) -> None:
        super().__init__()
        self._head = head
        self._unit = unit
        self._left = length

    def read(self, size: int = -1, /) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        count = min(size, self._left)
        self._left -= count
        return (self._unit * (count // len(self._unit) + 1))[:count]
