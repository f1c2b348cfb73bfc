"""Counts by month or year, put together into as many columns as can be told apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

MOST_COLUMNS = 36
_MONTHS_A_YEAR = 12
_STEPS = (1, 3, 12, 24, 60, 120, 300, 600, 1200, 12_000)
"""Months of one column; the last takes all years that a certificate can name."""


class Unit(IntEnum):
    """What the keys of the counts are, in months."""

    MONTH = 1
    YEAR = 12


@dataclass(frozen=True, slots=True)
class Period:
    """A column: its first month (counted from year 0), its months, and how many."""

    first: int
    months: int
    count: int

    @property
    def year(self) -> int:
        """The year in which it begins."""
        return self.first // _MONTHS_A_YEAR

    @property
    def label(self) -> str:
        """``2024-07``, ``2024-07 to 2024-09``, ``2024`` or ``2020 to 2029``."""
        last = self.first + self.months - 1
        if self.months < _MONTHS_A_YEAR:
            return (
                _month(self.first)
                if self.months == 1
                else (f"{_month(self.first)} to {_month(last)}")
            )
        years = last // _MONTHS_A_YEAR
        return str(self.year) if years == self.year else f"{self.year} to {years}"


def _month(number: int) -> str:
    return f"{number // _MONTHS_A_YEAR}-{number % _MONTHS_A_YEAR + 1:02}"


def month_number(key: str) -> int | None:
    """The month, counted from year 0, of ``"2024-07"`` or ``"2024"``; ``None`` for other keys."""
    year, _, month = key.partition("-")
    if not (year.isascii() and year.isdigit()) or (month and not month.isdigit()):
        return None
    return int(year[:4]) * _MONTHS_A_YEAR + (int(month[:2]) - 1 if month else 0)


def periods(counts: Mapping[str, int], unit: Unit, first: int | None = None) -> list[Period]:
    """Periods of equal length without gaps, at most `MOST_COLUMNS`, that hold all counts.

    ``first`` is a month that shall be within. Keys that are no month or year are left out.
    """
    known = {
        month: count for key, count in counts.items() if (month := month_number(key)) is not None
    }
    if not known:
        return []
    months = sorted({*known, *(() if first is None else (first,))})
    step = next(
        step
        for step in _STEPS
        if step >= unit and months[-1] // step - months[0] // step < MOST_COLUMNS
    )
    sums: dict[int, int] = {}
    for month, count in known.items():
        sums[month // step] = sums.get(month // step, 0) + count
    return [
        Period(number * step, step, sums.get(number, 0))
        for number in range(months[0] // step, months[-1] // step + 1)
    ]
