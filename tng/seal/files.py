"""Reading files that strangers may have put there: regular ones only, in bounded memory."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileDigest:
    """What a file holds: lower-hex SHA-256, and its size in bytes."""

    sha256: str
    size: int


class DigestingStream(RawIOBase):
    """Passes on what is written to it, and knows its digest: nobody has to read it again."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._digest, self._size = sha256(), 0

    @property
    def digest(self) -> FileDigest:
        """Of everything that was written until now."""
        return FileDigest(self._digest.hexdigest(), self._size)

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, octets: "Buffer", /) -> int:
        """Pass all of them on; gives how many they are."""
        content = bytes(octets)
        self._stream.write(content)
        self._digest.update(content)
        self._size += len(content)
        return len(content)


def digest_of(path: Path, expected_size: int | None = None) -> FileDigest | None:
    """The digest of a regular file; ``None`` at once if it has not the size that is expected.

    Raises `OSError` for what is not there or no regular file; never waits for a pipe.
    """
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if expected_size is not None and size != expected_size:
            return None
        digest, count = sha256(), 0
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
            count += len(chunk)
            if expected_size is not None and count > expected_size:
                return None
        return FileDigest(digest.hexdigest(), count)


def read_bounded(path: Path, most: int) -> bytes:
    """All bytes of a regular file; `OSError` if it cannot be read or has more than ``most``."""
    with open_regular(path) as stream:
        octets = stream.read(most + 1)
    if len(octets) > most:
        raise OSError(f"it is larger than {most:,} bytes")
    return octets


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """The file behind ``path``; `OSError` for a device, a pipe, a folder or an absurd name."""
    try:
        # Opening a pipe would otherwise wait for whoever writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except ValueError as error:
        # A zero byte, or a lone surrogate: no file has such a name.
        raise FileNotFoundError(f"there is no file of this name: {error}") from error
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is not a regular file")
        yield stream


def reason(error: OSError) -> str:
    """The error in words, without the path."""
    return error.strerror or str(error)
