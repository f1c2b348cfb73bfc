"""Which order line lists a serial number, by bisection over sorted stretches of numbers.

Ranges stay ranges; nothing is expanded. Where two lines list the same number, the line that
stands first has it, and a `Conflict` names both.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from tng.orders import OrderLine

_HEX = re.compile(r"[0-9a-f]{1,128}")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two lines (their indexes) that list the same serial numbers: how many, and the first."""

    first: int
    second: int
    serials: int
    example: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Serial numbers that did not come: the first ones, and how many they are."""

    first: tuple[str, ...]
    count: int


class SerialIndex:
    """The serial numbers of all lines."""

    def __init__(self, lines: Sequence[OrderLine]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._owners: list[int] = []
        self._stretches: dict[int, list[int]] = {}
        self._conflicts: dict[tuple[int, int], Conflict] = {}
        self._build(
            sorted(
                (_key(item.first), _key(item.last), number)
                for number, line in enumerate(lines)
                for item in line.serials
            )
        )

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The lines that list the same numbers, by their indexes.

        Where more than two lines meet, each is named with one other.
        """
        return tuple(self._conflicts[pair] for pair in sorted(self._conflicts))

    def line_of(self, serial: str) -> int | None:
        """The index of the line that lists ``serial`` (lower-case hex)."""
        if not self._starts or not _HEX.fullmatch(serial):
            return None
        key = _key(serial)
        place = bisect_right(self._starts, key) - 1
        return self._owners[place] if place >= 0 and key <= self._ends[place] else None

    def missing(self, line: int, delivered: Iterable[str], named: int) -> Missing:
        """What of ``line`` is not in ``delivered``, which is sorted by length, then text.

        Numbers that count for an earlier line are not missed here. The first ``named`` are named.
        """
        first: list[str] = []
        count = 0
        keys = map(_key, delivered)
        hit = next(keys, None)
        for place in self._stretches.get(line, ()):
            at, end = self._starts[place], self._ends[place]
            while hit is not None and hit <= end:
                count += _gap(at, hit - 1, first, named)
                at = max(at, hit + 1)
                hit = next(keys, None)
            count += _gap(at, end, first, named)
        return Missing(tuple(first), count)

    def _build(self, ranges: list[tuple[int, int, int]]) -> None:
        """Cut overlapping ranges into stretches, each of one line; n log n for n ranges."""
        active: list[tuple[int, int]] = []
        at = 0
        for start, end, line in ranges:
            at = self._advance(active, at, start - 1)
            at = max(at, start)
            if active:
                self._conflict(active[0], (line, end), start)
            heappush(active, (line, end))
        if ranges:
            self._advance(active, at, max(end for _, end, _ in ranges))

    def _advance(self, active: list[tuple[int, int]], at: int, until: int) -> int:
        """Give what lies between ``at`` and ``until`` to the first of the active lines."""
        while active:
            line, end = active[0]
            if end < at:
                heappop(active)
                continue
            if at > until:
                break
            stop = min(end, until)
            self._append(at, stop, line)
            at = stop + 1
        return at

    def _append(self, start: int, end: int, line: int) -> None:
        if self._owners and self._owners[-1] == line and self._ends[-1] == start - 1:
            self._ends[-1] = end
            return
        self._stretches.setdefault(line, []).append(len(self._starts))
        self._starts.append(start)
        self._ends.append(end)
        self._owners.append(line)

    def _conflict(self, one: tuple[int, int], other: tuple[int, int], start: int) -> None:
        pair = (min(one[0], other[0]), max(one[0], other[0]))
        if pair[0] == pair[1]:
            return
        known = self._conflicts.get(pair)
        serials = min(one[1], other[1]) - start + 1 + (known.serials if known else 0)
        example = known.example if known else _serial(start)
        self._conflicts[pair] = Conflict(*pair, serials, example)


def _gap(start: int, end: int, first: list[str], named: int) -> int:
    if end < start:
        return 0
    first.extend(_numbers(start, min(end, start + named - len(first) - 1)))
    return end - start + 1


def _numbers(start: int, end: int) -> Iterator[str]:
    return (_serial(number) for number in range(start, end + 1))


def _key(serial: str) -> int:
    """A number that tells "01" from "0001", and sorts by length first."""
    return int(f"1{serial}", 16)


def _serial(key: int) -> str:
    return f"{key:x}"[1:]
