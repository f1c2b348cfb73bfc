"""Where the reports of an audit go, and in which form each of them."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import TYPE_CHECKING

from tng.errors import OutputError, UsageError
from tng.report.audit.registry import SUFFIXES, AuditForm, form_of
from tng.sources.names import STDIN, expand, walk

if TYPE_CHECKING:
    from tng.audit.models import Audit
    from tng.seal.files import FileDigest


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


def files_to_write(destinations: Sequence[Destination], *, sealed: bool) -> Iterator[Path]:
    """The files of the reports, and of the seal beside the one in JSON."""
    from tng.seal.making import seal_files

    for item in destinations:
        if item.path is None:
            continue
        yield item.path
        if sealed and item.form is AuditForm.JSON:
            files = seal_files(item.path)
            yield from (files.statement, files.signature)


def refuse_overwriting(
    written: Iterable[Path], sources: Sequence[str], files: Iterable[Path]
) -> None:
    """Raise `UsageError` where a file to be written is one that the audit reads.

    Files are the same by what they are and not by their names: links, and cases that a file
    system does not tell apart. Raises `InputError` for a source that does not exist.
    """
    there = {identity: path for path in written if (identity := _identity(path)) is not None}
    if not there:
        return
    for path in (*_read_from(sources), *files):
        clash = there.get(_identity(path) or _NO_FILE)
        if clash is not None:
            raise UsageError(
                f"{clash} is an input of this audit",
                "Give the report another name, or put it into another folder.",
            )


_NO_FILE = (-1, -1)


def _identity(path: Path) -> tuple[int, int] | None:
    """The device and inode of a regular file; ``None`` for anything else."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _read_from(sources: Sequence[str]) -> Iterator[Path]:
    """The files of the sources, with all those below folders."""
    for name in expand(sources):
        if Path(name).is_dir():
            yield from (Path(item) for item in walk(name) if isinstance(item, str))
        elif name != STDIN:
            yield Path(name)


def refuse_unwritable(destinations: Iterable[Destination]) -> None:
    """Raise `OutputError` for what would otherwise be known after hours of reading targets."""
    for path in (item.path for item in destinations if item.path is not None):
        folder = path.parent
        if path.is_dir():
            raise OutputError(f"{path} is a folder", "Name a file within it.")
        if not folder.is_dir():
            raise OutputError(f"{path} cannot be written: no folder {folder}", "Make it first.")
        if not path.exists() and not os.access(folder, os.W_OK):
            raise OutputError(
                f"{path} cannot be written: no permission to write into {folder}",
                "Name another folder, or change its permissions.",
            )


def write_reports(audit: "Audit", destinations: Sequence[Destination]) -> "dict[Path, FileDigest]":
    """Write every report; each file appears only when it is complete. Gives what was written."""
    from tng.cli.output import open_judged_output
    from tng.report.audit.registry import write_audit
    from tng.seal.files import DigestingStream

    written = {}
    for item in destinations:
        with open_judged_output(item.path) as stream:
            passing = DigestingStream(stream)
            with BufferedWriter(passing) as buffer:
                write_audit(item.form, audit, buffer)
        if item.path is not None:
            written[item.path] = passing.digest
    return written


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
