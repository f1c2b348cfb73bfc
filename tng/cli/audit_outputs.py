"""Where the reports of an audit go, and in which form each of them."""

import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tng.errors import UsageError
from tng.report.audit.registry import SUFFIXES, AuditForm, form_of
from tng.sources.names import STDIN, expand, walk
from tng.storage.locations import Url, is_url, local_path, parse_url

if TYPE_CHECKING:
    from tng.audit.models import Audit
    from tng.seal.files import FileDigest


@dataclass(frozen=True, slots=True)
class Destination:
    """One report: ``path`` is a file, an object elsewhere, or ``None`` for stdout."""

    path: Path | Url | None
    form: AuditForm


def destinations(
    outputs: Sequence[str], form: AuditForm | None, *, sealed: bool
) -> tuple[Destination, ...]:
    """The reports that were asked for; a sealed audit always has one in JSON.

    Raises `UsageError` where a form is not known, a file would be written twice, or a seal
    would have to lie beside an object.
    """
    if not outputs:
        return (_to_stdout(form, sealed=sealed),)
    if form is not None and len(outputs) > 1:
        raise UsageError(
            "--format was given together with several --output",
            f"Each file's name says its form: {', '.join(SUFFIXES)}.",
        )
    places = [parse_url(name) if is_url(name) else Path(local_path(name)) for name in outputs]
    found = [Destination(place, form or _form(place)) for place in places]
    if sealed:
        first = _files_only(places)[0]
        if not any(item.form is AuditForm.JSON for item in found):
            found.append(Destination(first.with_suffix(".json"), AuditForm.JSON))
    _refuse_twice([item.path for item in found if item.path is not None])
    return tuple(found)


def _files_only(places: Sequence[Path | Url]) -> list[Path]:
    files = [place for place in places if isinstance(place, Path)]
    if len(files) < len(places):
        raise UsageError(
            "--sign was given together with the URL of an output, and a seal stands beside files",
            "Write the outputs into a folder, and copy it with the seal.",
        )
    return files


def files_to_write(destinations: Sequence[Destination], *, sealed: bool) -> Iterator[Path | Url]:
    """The files of the reports, and of the seal beside the one in JSON."""
    from tng.seal.making import seal_files

    for item in destinations:
        if item.path is None:
            continue
        yield item.path
        if sealed and item.form is AuditForm.JSON and isinstance(item.path, Path):
            files = seal_files(item.path)
            yield from (files.statement, files.signature)


def refuse_overwriting(
    written: Iterable[Path | Url], sources: Sequence[str], files: Iterable[Path]
) -> None:
    """Raise `UsageError` where a file to be written is one that the audit reads.

    Files are the same by what they are and not by their names: links, and cases that a file
    system does not tell apart. Raises `InputError` for a source that does not exist.
    """
    places = list(written)
    urls = [place for place in places if isinstance(place, Url)]
    paths = (place for place in places if isinstance(place, Path))
    there = {identity: path for path in paths if (identity := _identity(path)) is not None}
    names = expand(sources) if there or urls else ()
    if there:
        for path in (*_read_from(names), *files):
            _refuse_clash(there.get(_identity(path) or _NO_FILE))
    for url in urls:
        _refuse_clash(next((url for name in names if _is_read(url, name)), None))


def _refuse_clash(clash: Path | Url | None) -> None:
    if clash is not None:
        raise UsageError(
            f"{clash} is an input of this audit",
            "Give the report another name, or put it into another folder.",
        )


def _is_read(url: Url, name: str) -> bool:
    """Whether ``name`` is that object, or a folder that it lies in already."""
    if not is_url(name):
        return False
    try:
        source = parse_url(name)
    except UsageError:
        # What wildcards matched may have any name; what is written may not.
        return False
    if not name.endswith("/"):
        return source.is_same(url)
    from tng.storage.writing import exists

    beneath = url.key.startswith(source.key) and source.is_same(url.at(source.key))
    return beneath and exists(url)


_NO_FILE = (-1, -1)


def _identity(path: Path) -> tuple[int, int] | None:
    """The device and inode of a regular file; ``None`` for anything else."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _read_from(names: Sequence[str]) -> Iterator[Path]:
    """The files of the expanded sources, with all those below folders."""
    for name in names:
        if Path(name).is_dir():
            yield from (Path(item) for item in walk(name) if isinstance(item, str))
        elif name != STDIN and not is_url(name):
            yield Path(name)


def refuse_unwritable(destinations: Iterable[Destination]) -> None:
    """Raise what would otherwise be known after hours of reading targets.

    `OutputError` for a file, `StorageError` for an object.
    """
    from tng.cli import output

    for path in (item.path for item in destinations if item.path is not None):
        output.refuse_unwritable(str(path))


def write_reports(audit: "Audit", destinations: Sequence[Destination]) -> "dict[Path, FileDigest]":
    """Write every report; each appears only when it is complete. Gives what is in the files."""
    from tng.cli.output import open_judged_output
    from tng.report.audit.registry import write_audit
    from tng.seal.files import DigestingStream

    written = {}
    for item in destinations:
        with open_judged_output(None if item.path is None else str(item.path)) as stream:
            passing = DigestingStream(stream)
            with BufferedWriter(passing) as buffer:
                write_audit(item.form, audit, buffer)
        if isinstance(item.path, Path):
            written[item.path] = passing.digest
    return written


def _to_stdout(form: AuditForm | None, *, sealed: bool) -> Destination:
    if sealed:
        raise UsageError("--sign was given without --output", "A seal stands beside a file.")
    if form is AuditForm.XLSX and sys.stdout.isatty():
        raise UsageError("a workbook is nothing for a terminal", "Name a file with --output.")
    return Destination(None, form or AuditForm.MARKDOWN)


def _form(place: Path | Url) -> AuditForm:
    form = form_of(place if isinstance(place, Path) else PurePosixPath(place.key))
    if form is None:
        raise UsageError(
            f"the name {place} does not say which form the report should have",
            f"Let it end in one of {', '.join(SUFFIXES)}, or give --format.",
        )
    return form


def _refuse_twice(places: Sequence[Path | Url]) -> None:
    seen: list[Path | Url] = []
    for place in places:
        resolved = place.resolve() if isinstance(place, Path) else place
        if any(_is_same(resolved, item) for item in seen):
            raise UsageError(
                f"{place} would be written twice", "Give each report a name of its own."
            )
        seen.append(resolved)


def _is_same(one: Path | Url, other: Path | Url) -> bool:
    if isinstance(one, Url) and isinstance(other, Url):
        return one.is_same(other)
    return one == other
