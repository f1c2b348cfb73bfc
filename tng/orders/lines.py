"""From rows to order lines: rows with serial numbers of the same line become one line.

Lists of serial numbers mostly have one a row.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from tng.orders.model import OrderLine, SerialRange
from tng.orders.problems import Problem, Problems, shown
from tng.orders.rows import OrderRow

_Key = tuple[str, str, str | None, date | None]


@dataclass(slots=True)
class _Gathered:
    """The rows of one line; ``serials`` with the place of their row."""

    first: OrderRow
    quantity: int = 0
    serials: list[tuple[SerialRange, str]] = field(default_factory=list)


def gather_lines(rows: Iterable[OrderRow], problems: Problems) -> tuple[OrderLine, ...]:
    """The lines in the order of their first rows.

    Rows with serial numbers and the same order, part, group and date are one line, which has
    the sum of their quantities; a row without serial numbers is a line of its own. A serial
    number that stands twice in a line is a problem of the row where it stands again.
    """
    gathered: list[_Gathered] = []
    listed: dict[_Key, _Gathered] = {}
    for row in rows:
        key = (row.order, row.part_number.casefold(), row.group_id, row.date)
        line = listed.get(key) if row.serials else None
        if line is None:
            line = _Gathered(row)
            gathered.append(line)
            if row.serials:
                listed[key] = line
        line.quantity += row.quantity
        line.serials += [(item, row.place) for item in row.serials]
    for line in listed.values():
        line.serials.sort(key=lambda item: (len(item[0].first), item[0].first))
        for problem in _repeated(line.serials):
            problems.add(problem)
    return tuple(_line(line) for line in gathered)


def _line(line: _Gathered) -> OrderLine:
    row = line.first
    serials = tuple(item for item, _ in line.serials)
    return OrderLine(
        row.order, row.part_number, line.quantity, serials, row.group_id, row.date, row.source
    )


def _repeated(serials: list[tuple[SerialRange, str]]) -> Iterator[Problem]:
    for (earlier, place), (later, again) in pairwise(serials):
        if len(earlier.last) == len(later.first) and later.first <= earlier.last:
            yield Problem(
                again,
                "serial",
                shown(later.first),
                f"each serial number once in a line of an order (it stands in {place} too)",
                "Take repeated serial numbers out.",
            )
