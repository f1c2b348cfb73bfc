"""``docs/performance.md`` from the last run: ``python -m bench.pages``.

The parts between the markers are written; what people have written around them stays.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.table import Table

from bench.figures import Section
from bench.markers import filled, markdown_table
from bench.results import BEFORE_NAME, FOLDER, Results, SectionResult, read_results
from bench.sections import SECTIONS
from bench.targets import target_rows

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def document(page: str, results: Results, earlier: Results) -> str:
    """The page with the run's facts, targets and figures; ``earlier`` is the run before."""
    return filled(
        page,
        {
            "run": _run(results),
            "targets": _targets(results, earlier),
            "figures": "\n\n".join(_figures(results)),
        },
    )


def _run(results: Results) -> str:
    rows = [
        (
            name,
            result.run["date"],
            result.run["commit"],
            ", ".join(f"{key} {_whole(value)}" for key, value in result.settings.items()),
        )
        for name, result in results.items()
    ]
    machines = dict.fromkeys(_machine(result) for result in results.values())
    headings = ("section", "measured", "commit", "how much")
    runs = markdown_table(headings, rows, text_columns=range(len(headings)))
    return f"{runs}\n\nMeasured on: {'; '.join(machines)}."


def _machine(result: SectionResult) -> str:
    facts = dict(result.machine)
    start = f"{facts.pop('processor')}, {facts.pop('cores')} cores, {facts.pop('system')}"
    python, openssl = facts.pop("python"), facts.pop("openssl")
    libraries = ", ".join(f"{name} {number}" for name, number in facts.items())
    return f"{start}; Python {python}; {openssl}; {libraries}"


def _targets(results: Results, earlier: Results) -> str:
    rows = (
        (
            f"{row.section}: {row.target.text}",
            row.found,
            row.before,
            row.target.wanted,
            row.standing.value,
        )
        for row in target_rows(SECTIONS, results, earlier)
    )
    headings = ("target", "measured", "the run before", "wanted", "standing")
    return markdown_table(headings, rows, text_columns=(0, 4))


def _figures(results: Results) -> Iterator[str]:
    for section in SECTIONS:
        if section.name in results:
            yield f"### {section.name}: {section.about}"
            yield from _tables(section, results[section.name])


def _tables(section: Section, result: SectionResult) -> Iterator[str]:
    for table in section.tables(result.figures):
        yield f"**{table.title}**"
        left = [number for number, column in enumerate(table.columns) if column.justify == "left"]
        headings = [str(column.header) for column in table.columns]
        yield markdown_table(headings, _rows(table), text_columns=left)
        if table.caption:
            yield str(table.caption)


def _rows(table: Table) -> Iterable[list[str]]:
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return (list(row) for row in zip(*columns, strict=True))


def _whole(value: float) -> str:
    return f"{value:,.0f}"


if __name__ == "__main__":
    runs = read_results(FOLDER), read_results(FOLDER, BEFORE_NAME)
    PAGE.write_text(document(PAGE.read_text("utf-8"), *runs), "utf-8")
