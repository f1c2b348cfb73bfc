"""Opening inputs one after another, each with its hash and its bounds.

The kind of compression follows from the content alone, never from the name.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from tng.errors import TngError
from tng.findings import finding
from tng.models import Source, Undecodable
from tng.sources.archive import open_archive
from tng.sources.compression import is_zip, open_stream
from tng.sources.errors import InputStreamError
from tng.sources.limits import DEFAULT_LIMITS, Budget, Limits
from tng.sources.names import STDIN, expand, printable, walk
from tng.sources.streams import HeadedReader, Tap, damage
from tng.sources.types import Opened
from tng.storage.errors import StorageError
from tng.storage.locations import is_url, parse_url
from tng.storage.reading import open_url


def open_inputs(
    names: Sequence[str],
    stdin: BinaryIO,
    limits: Limits = DEFAULT_LIMITS,
    *,
    apart: Sequence[Path] = (),
) -> Iterator[Opened]:
    """Open what ``names`` name, in order: files, folders, globs, URLs, and ``-`` for ``stdin``.

    Gives an `Input` for each file or zip member (valid until the next item is asked for), an
    `Archive` before the members of a zip, and an `Undecodable` for what cannot be opened.
    Files that are ``apart`` are passed over: they lie among the sources and are something else.
    Raises `InputError` at once, before anything is opened, if a named path or URL does not
    exist or a glob matches nothing, and as `tng.sources.names.expand` does.
    """
    return _open_all(expand(names), stdin, limits, frozenset(path.resolve() for path in apart))


def _open_all(
    names: Sequence[str], stdin: BinaryIO, limits: Limits, apart: frozenset[Path]
) -> Iterator[Opened]:
    for name in names:
        if name == STDIN:
            yield from _open_file(STDIN, stdin, limits)
        elif is_url(name):
            yield from _open_url(name, limits)
        elif Path(name).is_dir():
            yield from _open_folder(name, limits, apart)
        elif not _is_among(apart, name):
            yield from _open_path(name, limits)


def _is_among(apart: frozenset[Path], name: str) -> bool:
    return bool(apart) and Path(name).resolve() in apart


def _open_folder(folder: str, limits: Limits, apart: frozenset[Path]) -> Iterator[Opened]:
    empty = True
    for found in walk(folder):
        if isinstance(found, str) and _is_among(apart, found):
            continue
        empty = False
        if isinstance(found, str):
            yield from _open_path(found, limits)
        else:
            where = str(found.filename or folder)
            yield Undecodable(Source(printable(where)), (damage(found).finding,))
    if empty:
        message = "the folder holds no files"
        yield Undecodable(Source(printable(folder)), (finding("input-empty", message),))


def _open_url(name: str, limits: Limits) -> Iterator[Opened]:
    if not name.endswith("/"):
        yield from _open_path(name, limits)
        return
    from tng.storage.listing import walk

    empty = True
    try:
        for found in walk(parse_url(name)):
            empty = False
            yield from _open_path(found, limits)
    except StorageError as error:
        yield Undecodable(Source(printable(name)), (damage(error).finding,))
    else:
        if empty:
            message = "there are no objects below it"
            yield Undecodable(Source(printable(name)), (finding("input-empty", message),))


def open_located(location: str, path: str, limits: Limits = DEFAULT_LIMITS) -> Iterator[Opened]:
    """Open what lies at an absolute path or a URL (`Input.location`), and show it as ``path``.

    Gives what `open_inputs` gives for it.
    """
    with ExitStack() as closing:
        try:
            file = closing.enter_context(open_url(location))
        except (OSError, TngError) as error:
            yield Undecodable(Source(path), (damage(error).finding,))
        else:
            yield from _open_file(path, file, limits, location)


def _open_path(name: str, limits: Limits) -> Iterator[Opened]:
    location = name if is_url(name) else str(Path(name).absolute())
    return open_located(location, printable(name), limits)


def _open_file(
    path: str, file: BinaryIO, limits: Limits, location: str | None = None
) -> Iterator[Opened]:
    budget = Budget(limits)
    tap = Tap(file.read1 if isinstance(file, BufferedReader) else file.read, budget.consume)
    with ExitStack() as closing:
        try:
            beginning = HeadedReader(tap)
            if is_zip(beginning.head):
                yield from open_archive(path, file, beginning, tap, budget, limits)
            else:
                yield open_stream(path, beginning, tap, budget, closing, location)
        except InputStreamError as error:
            yield Undecodable(Source(path), (error.finding,))
