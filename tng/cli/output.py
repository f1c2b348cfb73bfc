"""Where a command's data goes: stdout, or a file that appears only when it is complete."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tng.cli.console import ColorChoice, Verbosity
from tng.errors import OutputError


@contextmanager
def open_output(path: Path | None) -> Iterator[BinaryIO]:
    """stdout, or ``path``: written beside it first and moved there at the end.

    Raises `OutputError` where the file cannot be written; an interrupted run leaves what
    was there before. A device or pipe (``/dev/null``) is written to and stays what it is.
    """
    try:
        if path is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        elif path.exists() and not path.is_file():
            with path.open("wb") as stream:
                yield stream
        else:
            with _replacing(path) as stream:
                yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            f"{path or 'standard output'} cannot be written: {error.strerror or error}",
            "Check the folder, its permissions and the free space.",
        ) from error


@contextmanager
def open_judged_output(path: Path | None) -> Iterator[BinaryIO]:
    """`open_output` for a report whose exit code is known without it.

    The reader of stdout (head, less) may go away: that makes nothing of what was found good.
    """
    try:
        with open_output(path) as stream:
            yield stream
    except BrokenPipeError:
        if path is not None:
            raise
        # Otherwise the interpreter would complain at exit.
        sys.stdout = None


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


def is_colored(path: Path | None) -> bool:
    """Whether columns get colours: on a terminal, unless told otherwise.

    ``NO_COLOR`` and ``FORCE_COLOR`` mean what they mean for stderr (no-color.org,
    force-color.org).
    """
    if Verbosity.color is not ColorChoice.AUTO:
        return Verbosity.color is ColorChoice.ALWAYS
    if path is not None or os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
