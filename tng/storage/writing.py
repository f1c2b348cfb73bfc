"""Writing an object that appears only when it is complete.

Until then its parts are no object, and what had its name before stays. A process that is killed
leaves parts behind: Azure drops them after a week, S3 by a lifecycle rule of the bucket.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from tng.storage.errors import NotFoundError, StorageError, converted
from tng.storage.filesystems import filesystem
from tng.storage.listing import Kind, look
from tng.storage.locations import Url

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_PART = 8 * 1024 * 1024
"""Bytes of a part, which is held in memory: 10,000 of them (S3's most) are 80 GB."""


def refuse_unwritable(url: Url) -> None:
    """Raise `StorageError` where it is plain that nothing can be written to ``url``.

    Whether the caller may write is known only when something was written.
    """
    if not url.key or url.key.endswith("/"):
        raise StorageError(f"{url} names no object", "Add the name of a file.")
    client = filesystem(url)
    if tuple(client.split_path(url.path)[:2]) != (url.bucket, url.key):
        raise StorageError(f"{url} cannot be written: its name is ambiguous", "Give another name.")
    bucket = url.at("")
    try:
        with converted(bucket):
            client.info(url.bucket)
    except NotFoundError as error:
        raise NotFoundError(
            f"{url} cannot be written: there is no {url.service.holder} {url.bucket}",
            f"Make the {url.service.holder} first, or correct its name.",
        ) from error


def exists(url: Url) -> bool:
    """Whether writing to ``url`` would replace something; `StorageError` if that is not known."""
    return look(url) is Kind.OBJECT


@contextmanager
def open_for_writing(url: Url) -> Iterator[BinaryIO]:
    """A stream to ``url``, whose object appears when the block ends, and never after an error.

    Raises `StorageError` where that fails.
    """
    refuse_unwritable(url)
    with converted(url):
        file = filesystem(url).open(url.path, "wb", block_size=_PART)
    stream = _ObjectWriter(url, file)
    try:
        yield cast("BinaryIO", stream)
        stream.commit()
    except BaseException:
        stream.abort()
        raise


class _ObjectWriter(io.RawIOBase):
    """Collects parts; closing alone makes no object of them."""

    def __init__(self, url: Url, file: Any) -> None:  # noqa: ANN401 - fsspec has no types
        super().__init__()
        self._url = url
        self._file = file

    def writable(self) -> bool:
        """Always true."""
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        """Take all of ``data``, and send what makes a part."""
        with converted(self._url):
            self._file.write(data)
        return memoryview(data).nbytes

    def commit(self) -> None:
        """Make the object."""
        with converted(self._url):
            self._file.close()

    def abort(self) -> None:
        """Give the parts up.

        Otherwise the client's file would make an object of them when it is forgotten.
        """
        # The error that led here is the one to tell.
        with suppress(Exception):
            self._file.discard()
        self._file.closed = True
