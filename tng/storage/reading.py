"""Reading by name: sizes, ranges, and streams that hold no more than a few blocks.

All of it takes a path as well as a URL, and nothing but text and numbers, so that other processes
and machines can be told to do it.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tng.storage.errors import ChangedError, NotFoundError, StorageError, converted
from tng.storage.filesystems import BLOCK, filesystem
from tng.storage.locations import Url, is_url, local_path, parse_url

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER = 256 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a file or an object without reading it.

    ``size`` is in bytes; ``version`` is another text as soon as the content is another: the
    service's entity tag, or size, time and place of a file.
    """

    size: int
    version: str


def describe(name: str) -> Stored:
    """Size and version of a file or an object.

    Raises `StorageError` for an object (`NotFoundError` if there is none), `OSError` for a file.
    """
    if not is_url(name):
        found = Path(local_path(name)).stat()
        return Stored(found.st_size, f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}")
    url = parse_url(name)
    return _describe(url, _open_filesystem(url))


def size(name: str) -> int:
    """The size of a file or an object in bytes; errors as of `describe`."""
    return describe(name).size


def read_range(name: str, start: int, stop: int) -> bytes:
    """The bytes from ``start`` up to ``stop``, or to the end if that comes before.

    All of them are in memory. Errors as of `describe`.
    """
    if not is_url(name):
        with Path(local_path(name)).open("rb") as file:
            file.seek(start)
            return file.read(stop - start)
    url = parse_url(name)
    client = _open_filesystem(url)
    there = _describe(url, client).size
    if start >= min(stop, there):
        return b""
    with converted(url):
        return bytes(client.cat_file(url.path, start=start, end=min(stop, there)))


def open_url(name: str) -> BinaryIO:
    """A stream of a file or an object; it can be sought in, and reads ahead in the background.

    Of an object, a few blocks of 4 MiB are in memory. Raises `StorageError` for an object
    (`NotFoundError` if there is none) and `OSError` for a file, now and while it is read. That the
    object was replaced meanwhile is such an error, at the latest when its end is read.
    """
    if not is_url(name):
        return Path(local_path(name)).open("rb")
    url = parse_url(name)
    return BufferedReader(_ObjectReader(url, _open_filesystem(url)), _BUFFER)


def _open_filesystem(url: Url) -> Any:  # noqa: ANN401 - fsspec and what implements it have no types
    """The file system of ``url``, which has to mean the same object by its name."""
    client = filesystem(url)
    # Names from a listing may have what the file systems take for something else.
    if tuple(client.split_path(url.path)[:2]) != (url.bucket, url.key):
        raise StorageError(f"{ascii(str(url))[1:-1]}: no URL can name it", "Give it another name.")
    return client


def _describe(url: Url, client: Any) -> Stored:  # noqa: ANN401 - see above
    with converted(url):
        return _stored(url, client.info(url.path))


def _stored(url: Url, found: Mapping[str, Any]) -> Stored:
    if found.get("type") != "file":
        raise NotFoundError(f"{url} is no object", "End the name of a folder with a slash.")
    return Stored(int(found["size"]), str(found.get("ETag") or found.get("etag") or ""))


class _ObjectReader(io.RawIOBase):
    """The bytes of one object, in blocks; the next one is fetched while one is read."""

    def __init__(self, url: Url, client: Any) -> None:  # noqa: ANN401 - see above
        super().__init__()
        self._url = url
        self._client = client
        with converted(url):
            self._file = client.open(
                url.path,
                "rb",
                block_size=BLOCK,
                cache_type="background",
                cache_options={"maxblocks": 2},
            )
            self._found = _stored(url, self._file.details)

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill ``buffer`` as far as there is something; 0 at the end."""
        view = memoryview(buffer).cast("B")
        with converted(self._url):
            data = self._file.read(len(view))
        view[: len(data)] = data
        if len(view) and not data:
            self._check_end()
        return len(data)

    def _check_end(self) -> None:
        whole = self._found.size
        if self._file.tell() < whole:
            raise StorageError(f"{self._url} ended before its {whole} bytes", "Run it again.")
        # What came in one piece is of one version.
        if whole > BLOCK and _describe(self._url, self._client) != self._found:
            raise ChangedError(f"{self._url} changed while it was read", "Run the command again.")

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As of any stream."""
        with converted(self._url):
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        """As of any stream."""
        return int(self._file.tell())

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def close(self) -> None:
        """End the reading ahead."""
        if not self.closed:
            with converted(self._url):
                self._file.close()
        super().close()
