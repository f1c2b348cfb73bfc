"""Where a command's data goes: stdout, or a file or object that appears when it is complete."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from tng.cli.console import ColorChoice, Verbosity
from tng.errors import OutputError
from tng.storage.locations import is_url, local_path, parse_url

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@contextmanager
def open_output(name: str | Path | None) -> Iterator[BinaryIO]:
    """stdout, or the file or URL ``name``: written elsewhere first, and there at the end.

    Raises `OutputError` where it cannot be written (`StorageError` for a URL); an interrupted
    run leaves what was there before. A device or pipe (``/dev/null``) is written to and stays
    what it is.
    """
    try:
        if name is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        else:
            with _open_named(str(name)) as stream:
                yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            f"{name or 'standard output'} cannot be written: {error.strerror or error}",
            "Check the folder, its permissions and the free space.",
        ) from error


@contextmanager
def open_judged_output(name: str | Path | None) -> Iterator[BinaryIO]:
    """`open_output` for a report whose exit code is a judgment of what it tells.

    The reader of stdout (head, less) may go away: what is written from then on is dropped, so
    that the rest is judged all the same.
    """
    if name is not None:
        with open_output(name) as stream:
            yield stream
        return
    outlet = _Outlet(sys.stdout.buffer)
    with open_output(None):
        yield cast("BinaryIO", outlet)
        outlet.flush()


class _Outlet(RawIOBase):
    """Passes on what is written until nobody reads it any more."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream: BinaryIO | None = stream

    def writable(self) -> bool:
        """Always true."""
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        """Take all of ``data``."""
        if self._stream is not None:
            try:
                self._stream.write(data)
            except BrokenPipeError:
                self._give_up()
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Hand on what is held back."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self._give_up()

    def _give_up(self) -> None:
        self._stream = None
        # What is still held back goes nowhere, at exit too, when the interpreter would complain.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def _open_named(name: str) -> Iterator[BinaryIO]:
    if is_url(name):
        from tng.storage.writing import open_for_writing

        with open_for_writing(parse_url(name)) as stream:
            yield stream
        return
    path = Path(local_path(name))
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
    else:
        with _replacing(path) as stream:
            yield stream


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    descriptor, temporary = tempfile.mkstemp(prefix=".tng-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def refuse_unwritable(name: str) -> None:
    """Raise what would otherwise be known only when everything is done.

    `OutputError` for a file, `StorageError` for an object; a device or pipe is not looked at.
    """
    if is_url(name):
        from tng.storage import writing

        writing.refuse_unwritable(parse_url(name))
        return
    path = Path(local_path(name))
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


def is_colored(name: str | Path | None) -> bool:
    """Whether columns get colours: on a terminal, unless told otherwise.

    ``NO_COLOR`` and ``FORCE_COLOR`` mean what they mean for stderr (no-color.org,
    force-color.org).
    """
    if Verbosity.color is not ColorChoice.AUTO:
        return Verbosity.color is ColorChoice.ALWAYS
    if name is not None or os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
