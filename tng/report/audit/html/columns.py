"""Columns of a block of devices as few octets: words, hex strings and whole numbers.

The other half, which reads them, is ``assets/data.js``. Nothing here knows what a device is.
Each column has a ``kind``, a ``note`` for the block's JSON header, and a ``body`` of octets.
"""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

_HEX = re.compile("(?:[0-9a-f]{2})*")
_LONGEST_OCTETS = 255
"""The length of a hex value takes one octet; what is longer is kept as text."""


class Column(Protocol):
    """A column that has been filled."""

    kind: ClassVar[str]

    @property
    def note(self) -> object:
        """What the header has to say of it, as JSON."""

    @property
    def body(self) -> bytes:
        """Its octets."""


@dataclass(slots=True)
class Words:
    """Values that repeat: each different one stands once, rows are 16-bit numbers of them."""

    kind: ClassVar[str] = "words"
    _numbers: dict[Hashable, int] = field(default_factory=dict)
    _rows: list[int] = field(default_factory=list)

    def add(self, value: Hashable) -> None:
        """Append a row; ``value`` is made of strings, numbers, booleans, ``None`` and tuples."""
        self._rows.append(self._numbers.setdefault(value, len(self._numbers)))

    @property
    def note(self) -> object:
        """The different values, in order of first occurrence."""
        return list(self._numbers)

    @property
    def body(self) -> bytes:
        """All low octets, then all high ones, which are mostly zero and pack away."""
        return bytes(row & 0xFF for row in self._rows) + bytes(row >> 8 for row in self._rows)


@dataclass(slots=True)
class HexTexts:
    """Lower-case hex as octets; anything else, and ``None``, stands in the note by its row."""

    kind: ClassVar[str] = "hex"
    _lengths: bytearray = field(default_factory=bytearray)
    _octets: bytearray = field(default_factory=bytearray)
    _others: list[tuple[int, str | None]] = field(default_factory=list)

    def add(self, value: str | None) -> None:
        """Append a row."""
        octets = b""
        if value is None or len(value) > 2 * _LONGEST_OCTETS or _HEX.fullmatch(value) is None:
            self._others.append((len(self._lengths), value))
        else:
            octets = bytes.fromhex(value)
        self._lengths.append(len(octets))
        self._octets += octets

    @property
    def note(self) -> object:
        """Pairs of row and text."""
        return self._others

    @property
    def body(self) -> bytes:
        """One octet of length for each row, then the octets themselves."""
        return bytes(self._lengths + self._octets)


@dataclass(slots=True)
class Numbers:
    """Whole numbers as differences to the row above: zigzag, LEB128; ``None`` is 0."""

    kind: ClassVar[str] = "numbers"
    _last: int = 0
    _octets: bytearray = field(default_factory=bytearray)

    def add(self, value: int | None) -> None:
        """Append a row; what a JavaScript number holds exactly, below 2**52 either way."""
        number = value or 0
        difference = number - self._last
        self._last = number
        coded = 2 * difference if difference >= 0 else -2 * difference - 1
        while coded > 0x7F:
            self._octets.append(coded & 0x7F | 0x80)
            coded >>= 7
        self._octets.append(coded)

    @property
    def note(self) -> object:
        """Nothing."""
        return None

    @property
    def body(self) -> bytes:
        """The differences."""
        return bytes(self._octets)


def joined(count: int, columns: Iterable[tuple[str, Column]]) -> tuple[dict[str, object], bytes]:
    """The header of a block (names, kinds, lengths, notes) and the bodies, one after another."""
    entries = []
    bodies = []
    for name, column in columns:
        body = column.body
        entries.append([name, column.kind, len(body), column.note])
        bodies.append(body)
    return {"count": count, "columns": entries}, b"".join(bodies)
