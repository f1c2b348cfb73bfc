"""The layers that an input's bytes pass: counting, hashing, and a beginning that can be seen.

Every problem of the layers below leaves here as an `InputStreamError`.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from tng.decode.interface import SNIFF_BYTES
from tng.errors import TngError
from tng.sources.errors import InputLimitError, InputReadError, InputStreamError
from tng.storage.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK_BYTES = 256 * 1024

Read = Callable[[int], bytes]
"""Reads at most that many bytes; empty at the end."""

DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    StorageError,
)
"""What files, objects, gzip and zip members raise when they are unreadable or damaged."""


def damage(error: Exception) -> InputReadError:
    """The error to show for one that a layer below raised."""
    if isinstance(error, TngError):
        return InputReadError(f"{error.message}. {error.hint}".rstrip(". "))
    detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputReadError(detail or type(error).__name__)


class Tap:
    """Passes bytes on; hashes and counts them.

    ``count`` is told the size of every chunk and may raise `InputLimitError`.
    """

    def __init__(self, read: Read, count: Callable[[int], None] | None = None) -> None:
        self._read = read
        self._count = count
        self._digest = sha256()

    def __call__(self, size: int) -> bytes:
        """Read at most ``size`` bytes; `InputStreamError` where that fails."""
        try:
            data = self._read(size)
        except InputStreamError:
            raise
        except DAMAGE as error:
            raise damage(error) from error
        self._digest.update(data)
        if self._count is not None:
            self._count(len(data))
        return data

    def drain(self) -> None:
        """Read to the end and keep nothing."""
        while self(CHUNK_BYTES):
            pass

    def sha256(self) -> str:
        """SHA-256 of everything up to the end, in lower hex; empty if the end is out of reach."""
        try:
            self.drain()
        except InputStreamError:
            return ""
        return self._digest.hexdigest()


class HeadedReader(io.RawIOBase):
    """A raw stream whose first `SNIFF_BYTES` are in ``head`` and are read again from it.

    An error within those bytes is kept until the reader has had what came before it.
    """

    def __init__(self, read: Read) -> None:
        super().__init__()
        self._read = read
        self._position = 0
        self._error: InputStreamError | None = None
        self.head = self._fill()

    def _fill(self) -> bytes:
        head = bytearray()
        try:
            while len(head) < SNIFF_BYTES and (data := self._read(SNIFF_BYTES - len(head))):
                head += data
        except InputStreamError as error:
            if not head:
                raise
            self._error = error
        return bytes(head)

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill ``buffer`` as far as one read of the layer below goes."""
        view = memoryview(buffer).cast("B")
        if self._position < len(self.head):
            data = self.head[self._position : self._position + len(view)]
            self._position += len(data)
        elif self._error is not None:
            raise self._error
        else:
            data = self._read(len(view))
        view[: len(data)] = data
        return len(data)


class SingleReadBound(io.BufferedIOBase):
    """A file that refuses to hand out more than ``limit`` bytes at once.

    `zipfile.ZipFile` reads a zip's whole table of contents with one read whose size
    the zip itself states.
    """

    def __init__(self, file: BinaryIO, limit: int) -> None:
        super().__init__()
        self._file = file
        self._limit = limit

    def read(self, size: int | None = -1, /) -> bytes:
        """Read ``size`` bytes, or all there are; `InputLimitError` above the limit."""
        bound = self._limit + 1
        data = self._file.read(bound if size is None or size < 0 else min(size, bound))
        if len(data) == bound:
            raise InputLimitError(f"the table of contents has more than {self._limit} bytes")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As of the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of the file."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Always true: only such files are wrapped."""
        return True

    def readable(self) -> bool:
        """Always true."""
        return True
