"""``tng diff``: what changed between two reports."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli import options
from tng.cli.console import talk
from tng.cli.output import is_colored, open_judged_output
from tng.errors import UsageError
from tng.exit_codes import ExitCode
from tng.report.text import printable
from tng.storage.locations import is_url, local_path, parse_url

if TYPE_CHECKING:
    from tng.audit.comparison import Comparison, DiffSummary


class DiffFormat(StrEnum):
    """Forms of a comparison."""

    COLUMNS = "columns"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


OldReport = Annotated[
    str,
    typer.Argument(
        metavar="OLD", help="The earlier JSON report, .gz too; - for stdin.", show_default=False
    ),
]
NewReport = Annotated[
    str, typer.Argument(metavar="NEW", help="The later JSON report.", show_default=False)
]


def diff(
    old: OldReport,
    new: NewReport,
    *,
    format_: Annotated[
        DiffFormat, typer.Option("--format", help="Form of the output.")
    ] = DiffFormat.COLUMNS,
    output: options.OutputOption = None,
    fail_on: options.FailOnOption = options.FailOn.ERROR,
) -> None:
    """Compare two JSON reports of tng audit or tng verify: what is new, gone, worse, replaced.

    Examples:

      tng diff last-month.json today.json

      tng diff last-month.json today.json --format markdown --output changes.md
    """
    from tng.audit.comparison import Comparison
    from tng.report.diffs import write_diff

    _refuse_overwriting(output, old, new)
    with Comparison(old, new, sys.stdin.buffer) as comparison:
        with open_judged_output(output) as stream:
            write_diff(format_.value, comparison, stream, colored=is_colored(output))
        summary = comparison.summary()
        _print_summary(comparison, summary)
    if summary.fails(fail_on.severity):
        raise SystemExit(ExitCode.FINDINGS)


def _refuse_overwriting(output: str | None, *reports: str) -> None:
    """Raise `UsageError` where the comparison would replace one of the reports."""
    if output is not None and any(_is_same(output, name) for name in reports):
        raise UsageError(f"{output} is one of the two reports", "Give the comparison another name.")


def _is_same(one: str, other: str) -> bool:
    if is_url(one) or is_url(other):
        both = is_url(one) and is_url(other)
        return both and parse_url(one).is_same(parse_url(other))
    path, there = Path(local_path(one)), Path(local_path(other))
    return path.is_file() and there.is_file() and path.samefile(there)


def _print_summary(comparison: "Comparison", summary: "DiffSummary") -> None:
    from tng.findings import CHECKS, Severity

    console = talk()
    for label, report in (("old", comparison.old), ("new", comparison.new)):
        console.print(
            f"{label}: {printable(report.name)}, {report.devices:,} devices as of "
            f"{printable(report.at)}, tng {printable(report.version)}"
        )
    if not summary.codes and not comparison.facts:
        console.print("nothing changed")
    elif not summary.codes:
        console.print("no device changed")
    for code, count in sorted(summary.codes.items()):
        check = CHECKS[code]
        remedy = "" if check.severity is Severity.NOTICE else f": {check.remedy}"
        console.print(f"  {check.severity.value}: {code} ({count:,}){remedy}")
