"""The targets beside what was measured, as rows for a table, a page and a picture."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.table import Table

from bench.figures import Figures, Section, Standing, Target, plain_table
from bench.results import Results


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target and what became of it; ``before`` is what it was in the run before."""

    section: str
    target: Target
    found: str
    before: str
    standing: Standing


def target_rows(
    sections: Iterable[Section], results: Results, earlier: Results | None = None
) -> Iterator[TargetRow]:
    """Every target of the sections, whether it was measured or not; ``earlier`` is the run before.

    What was missed in either of them is not held.
    """
    for section in sections:
        figures = _figures(results, section)
        before = _figures(earlier or {}, section)
        for target in section.targets:
            standings = (target.standing(figures), target.standing(before))
            standing = Standing.MISSED if Standing.MISSED in standings else standings[0]
            yield TargetRow(
                section.name, target, target.found(figures), target.found(before), standing
            )


def _figures(results: Results, section: Section) -> Figures:
    result = results.get(section.name)
    return result.figures if result else {}


def targets_table(rows: Iterable[TargetRow], title: str = "targets") -> Table:
    """The rows for a terminal."""
    cells = (
        (f"{row.section}: {row.target.text}", row.found, row.target.wanted, row.standing.value)
        for row in rows
    )
    return plain_table(title, ("target", "measured", "wanted", "standing"), cells)
