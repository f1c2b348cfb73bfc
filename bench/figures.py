"""What a benchmark's section is: what it measures, what it prints, and what it is held against.

Times are medians and seconds unless a figure's name says otherwise; a figure is a number under
a name, so that the results of two runs can be laid side by side.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rich.table import Table

Figures = Mapping[str, float]
"""Numbers by name; the unit is part of the name (``_seconds``, ``_mb``, ``_per_second``)."""


class Standing(StrEnum):
    """What became of a target."""

    HELD = "held"
    MISSED = "missed"
    UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound for one figure; ``form`` writes figure and bound, for example ``"{:.0%}"``."""

    text: str
    figure: str
    bound: float
    form: str
    at_least: bool = True

    def standing(self, figures: Figures) -> Standing:
        """Whether the figure is within the bound; the bound itself is."""
        if self.figure not in figures:
            return Standing.UNKNOWN
        found = figures[self.figure]
        held = found >= self.bound if self.at_least else found <= self.bound
        return Standing.HELD if held else Standing.MISSED

    def found(self, figures: Figures) -> str:
        """The figure as text, a hyphen where it was not measured."""
        return self.form.format(figures[self.figure]) if self.figure in figures else "-"

    @property
    def wanted(self) -> str:
        """The bound as text."""
        return f"{'≥' if self.at_least else '≤'} {self.form.format(self.bound)}"


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is measured.

    ``entries`` are those of the speed runs, ``middle`` of the flat-memory comparison, ``large``
    of the million; ``rounds`` is how often each time is taken. ``quick`` makes everything as
    small as it can be while every figure still comes. ``peers`` allows downloads.
    """

    folder: Path
    say: Callable[[str], None]
    entries: int = 30_000
    middle: int = 100_000
    large: int = 1_000_000
    rounds: int = 5
    quick: bool = False
    peers: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the benchmark, measured in a folder of its own."""

    name: str
    about: str
    measure: Callable[[Settings], Figures]
    tables: Callable[[Figures], Iterable[Table]]
    targets: tuple[Target, ...] = ()


def plain_table(title: str, headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    """A table of which the first column is text and the others are figures."""
    table = Table(title=title)
    for position, heading in enumerate(headings):
        table.add_column(heading, justify="right" if position else "left")
    for row in rows:
        table.add_row(*row)
    return table
