"""The targets beside what was measured, as rows for a table, a page and a picture."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.table import Table

from bench.figures import Section, Standing, Target, plain_table
from bench.results import Results


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target and what became of it."""

    section: str
    target: Target
    found: str
    standing: Standing


def target_rows(sections: Iterable[Section], results: Results) -> Iterator[TargetRow]:
    """Every target of the sections, whether it was measured or not."""
    for section in sections:
        result = results.get(section.name)
        figures = result.figures if result else {}
        for target in section.targets:
            yield TargetRow(section.name, target, target.found(figures), target.standing(figures))


def targets_table(rows: Iterable[TargetRow], title: str = "targets") -> Table:
    """The rows for a terminal."""
    cells = (
        (f"{row.section}: {row.target.text}", row.found, row.target.wanted, row.standing.value)
        for row in rows
    )
    return plain_table(title, ("target", "measured", "wanted", "standing"), cells)
