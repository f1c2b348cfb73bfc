"""The members of a zip, one after another.

A member's name is only shown: it never becomes a path, whatever dots it has.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, cast

from tng.findings import finding
from tng.models import Source, Undecodable
from tng.sources.compression import open_stream
from tng.sources.errors import InputLimitError, InputReadError, InputStreamError
from tng.sources.limits import Budget, Limits
from tng.sources.names import printable
from tng.sources.streams import CHUNK_BYTES, DAMAGE, HeadedReader, SingleReadBound, Tap, damage
from tng.sources.types import Archive, Input, Opened

_READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""bzip2 and LZMA let a few bytes ask for gigabytes of memory, and nobody sends them."""


def open_archive(
    path: str, file: BinaryIO, beginning: HeadedReader, tap: Tap, budget: Budget, limits: Limits
) -> Iterator[Opened]:
    """Give the zip itself, then its members in the zip's order; hidden ones are left out.

    ``file`` is the zip, of which ``beginning`` was already read through ``tap``. Raises
    `InputStreamError` if the zip cannot be used as a whole.
    """
    if file.seekable():
        tap.drain()
        digest = tap.sha256()
        file.seek(0)
        yield from _open_members(path, file, digest, budget, limits)
    else:
        with tempfile.TemporaryFile() as copy:
            _spool(beginning, cast("BinaryIO", copy), limits)
            yield from _open_members(path, cast("BinaryIO", copy), tap.sha256(), budget, limits)


def _spool(beginning: HeadedReader, copy: BinaryIO, limits: Limits) -> None:
    while data := beginning.read(CHUNK_BYTES):
        copy.write(data)
        if copy.tell() > limits.piped_archive:
            raise InputLimitError(
                f"a zip through a pipe has more than {limits.piped_archive} bytes",
                "Pass the zip as a file.",
            )
    copy.seek(0)


def _open_members(
    path: str, file: BinaryIO, digest: str, budget: Budget, limits: Limits
) -> Iterator[Opened]:
    with ExitStack() as closing:
        # ZipFile asks for no more than read, seek and tell.
        bounded = cast("BinaryIO", SingleReadBound(file, limits.directory))
        try:
            archive = closing.enter_context(zipfile.ZipFile(bounded))
        except DAMAGE as error:
            raise damage(error) from error
        members = [member for member in archive.infolist() if _counts(member)]
        if len(members) > limits.members:
            raise InputLimitError(
                f"{len(members)} members are more than {limits.members}",
                "Expand the archive and pass the folder.",
            )
        yield Archive(path, digest, len(members))
        if not members:
            yield Undecodable(Source(path), (finding("input-empty", "no files in the archive"),))
        for member in members:
            yield from _open_member(f"{path}!{printable(member.filename)}", archive, member, budget)


def _counts(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.split("/")
    hidden = any(part.startswith(".") and part not in {".", ".."} for part in parts)
    return not (member.is_dir() or hidden or parts[0] == "__MACOSX")


def _open_member(
    path: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: Budget
) -> Iterator[Input | Undecodable]:
    with ExitStack() as closing:
        try:
            tap = Tap(_open(archive, member, closing).read1, budget.expand)
            yield open_stream(path, HeadedReader(tap), tap, budget, closing)
        except InputStreamError as error:
            yield Undecodable(Source(path), (error.finding,))


def _open(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, closing: ExitStack
) -> zipfile.ZipExtFile:
    if member.compress_type not in _READ_METHODS:
        raise InputReadError(
            f"compression method {member.compress_type} is not read (stored and deflated are)"
        )
    try:
        return cast("zipfile.ZipExtFile", closing.enter_context(archive.open(member)))
    except DAMAGE as error:
        raise damage(error) from error
