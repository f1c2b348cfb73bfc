"""Which order lines a chip may be delivered against, and why none; says nothing of counts.

The rules, in this order:

1. A listed serial number belongs to its line, whatever group the line names. The part has to
   match that line's.
2. Lines of the part that name the chip's group, then lines of the part that name none; those
   that list serial numbers take no others. Within each, a line that names the part exactly
   stands before one with wildcards, an earlier date before a later one and before none, and
   then the order of the file counts.
3. A part that is unknown (an attestation certificate of NXP's tells none) is ordered by ``*``
   alone.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import translate

from tng.audit.models import Delivery
from tng.findings import Finding, finding
from tng.orders import OrderLine

_MAX_NAMED = 3
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Route:
    """The lines (their indexes) in the order in which they are filled.

    Where there are none, ``refusal`` and ``finding`` say why.
    """

    lines: tuple[int, ...]
    refusal: Delivery | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    index: int
    line: OrderLine
    wildcard: bool

    @property
    def rank(self) -> tuple[bool, date, int]:
        return (self.wildcard, self.line.date or date.max, self.index)


class Routes:
    """The routes to ``lines``; ``names`` is what to call each of them."""

    def __init__(self, lines: Sequence[OrderLine], names: Sequence[str]) -> None:
        self._lines = lines
        self._names = names
        self._exact: dict[str, list[_Candidate]] = {}
        self._patterns: dict[str, list[_Candidate]] = {}
        for index, line in enumerate(lines):
            part = line.part_number.casefold()
            wildcard = not {"*", "?"}.isdisjoint(part)
            kind = self._patterns if wildcard else self._exact
            kind.setdefault(part, []).append(_Candidate(index, line, wildcard))
        self._compiled = {part: _pattern(part) for part in self._patterns}
        self._remembered: dict[str | None, tuple[_Candidate, ...]] = {}

    def route(self, listed: int | None, part: str | None, group: str | None) -> Route:
        """The route of a chip whose serial number ``listed`` lists (an index, or ``None``)."""
        if listed is not None:
            return self._listed(listed, part)
        candidates = self._ordering(part)
        if not candidates:
            return _refused(Delivery.NOT_ORDERED, "part-not-ordered", _unordered(part))
        without_serials = [each for each in candidates if not each.line.serials]
        same = [each for each in without_serials if _same_group(each.line.group_id, group)]
        free = [each for each in without_serials if each.line.group_id is None]
        if same or free:
            return Route(tuple(each.index for each in (*_ranked(same), *_ranked(free))))
        return self._refuse(candidates, part, group)

    def _listed(self, listed: int, part: str | None) -> Route:
        wanted = self._lines[listed].part_number
        if part is None or any(each.index == listed for each in self._ordering(part)):
            return Route((listed,))
        message = (
            f"the serial number is listed on {self._names[listed]} as {wanted}, "
            f"but the part is {part}"
        )
        return _refused(Delivery.NOT_ORDERED, "part-not-ordered", message)

    def _refuse(
        self, candidates: Sequence[_Candidate], part: str | None, group: str | None
    ) -> Route:
        named = part or "it"
        listing = [
            each
            for each in candidates
            if each.line.serials
            and (each.line.group_id is None or _same_group(each.line.group_id, group))
        ]
        if listing:
            lines = _some(self._names[each.index] for each in listing)
            message = f"{named} is ordered by serial numbers ({lines}), and this is none of them"
            return _refused(Delivery.NOT_LISTED, "serial-not-listed", message)
        groups = _some(each.line.group_id or "" for each in candidates)
        message = f"{named} is ordered in group {groups}, this one is of {group or 'no group'}"
        return _refused(Delivery.NOT_ORDERED, "group-not-ordered", message)

    def _ordering(self, part: str | None) -> tuple[_Candidate, ...]:
        found = self._remembered.get(part)
        if found is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[part] = tuple(self._find(part))
        return found

    def _find(self, part: str | None) -> list[_Candidate]:
        if part is None:
            return self._patterns.get("*", [])
        folded = part.casefold()
        found = list(self._exact.get(folded, ()))
        for text, pattern in self._compiled.items():
            if pattern.match(folded):
                found += self._patterns[text]
        return found


def _pattern(part: str) -> re.Pattern[str]:
    """``*`` and ``?`` alone are wildcards; fnmatch's translation takes linear time per star."""
    return re.compile(translate(part.replace("[", "[[]")))


def _same_group(wanted: str | None, group: str | None) -> bool:
    return wanted is not None and group is not None and wanted.casefold() == group.casefold()


def _ranked(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    return sorted(candidates, key=lambda each: each.rank)


def _refused(delivery: Delivery, code: str, message: str) -> Route:
    return Route((), delivery, finding(code, message))


def _unordered(part: str | None) -> str:
    if part is None:
        return "its source names no part, and no order line lists its serial number or the part *"
    return f"no order line orders {part}"


def _some(names: Iterable[str]) -> str:
    distinct = tuple(dict.fromkeys(names))
    more = f" and {len(distinct) - _MAX_NAMED} more" if len(distinct) > _MAX_NAMED else ""
    return ", ".join(distinct[:_MAX_NAMED]) + more
