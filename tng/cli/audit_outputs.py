"""Where the reports of an audit go, and in which form each of them."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tng.errors import UsageError
from tng.report.audit.registry import SUFFIXES, AuditForm, form_of

if TYPE_CHECKING:
    from tng.audit.models import Audit


@dataclass(frozen=True, slots=True)
class Destination:
    """One report: ``path`` is ``None`` for stdout."""

    path: Path | None
    form: AuditForm


def destinations(
    outputs: Sequence[Path], form: AuditForm | None, *, sealed: bool
) -> tuple[Destination, ...]:
    """The reports that were asked for; a sealed audit always has one in JSON.

    Raises `UsageError` where a form is not known or a file would be written twice.
    """
    if not outputs:
        return (_to_stdout(form, sealed=sealed),)
    if form is not None and len(outputs) > 1:
        raise UsageError(
            "--format was given together with several --output",
            f"Each file's name says its form: {', '.join(SUFFIXES)}.",
        )
    found = [Destination(path, form or _form(path)) for path in outputs]
    if sealed and not any(item.form is AuditForm.JSON for item in found):
        found.append(Destination(outputs[0].with_suffix(".json"), AuditForm.JSON))
    _refuse_twice([item.path for item in found if item.path is not None])
    return tuple(found)


def refuse_overwriting(destinations: Sequence[Destination], inputs: Sequence[Path]) -> None:
    """Raise `UsageError` where a report would replace what it is about."""
    read = {path.resolve() for path in inputs}
    for item in destinations:
        if item.path is not None and item.path.resolve() in read:
            raise UsageError(
                f"{item.path} is an input of this audit",
                "Give the report another name.",
            )


def write_reports(audit: "Audit", destinations: Sequence[Destination]) -> None:
    """Write every report; each file appears only when it is complete."""
    from tng.cli.output import open_output
    from tng.report.audit.registry import write_audit

    for item in destinations:
        with open_output(item.path) as stream:
            write_audit(item.form, audit, stream)


def _to_stdout(form: AuditForm | None, *, sealed: bool) -> Destination:
    if sealed:
        raise UsageError("--sign was given without --output", "A seal stands beside a file.")
    if form is AuditForm.XLSX and sys.stdout.isatty():
        raise UsageError("a workbook is nothing for a terminal", "Name a file with --output.")
    return Destination(None, form or AuditForm.MARKDOWN)


def _form(path: Path) -> AuditForm:
    form = form_of(path)
    if form is None:
        raise UsageError(
            f"the name {path} does not say which form the report should have",
            f"Let it end in one of {', '.join(SUFFIXES)}, or give --format.",
        )
    return form


def _refuse_twice(paths: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            raise UsageError(
                f"{path} would be written twice", "Give each report a name of its own."
            )
        seen.add(path.resolve())
