"""What opening gives: inputs, and the archives that some of them lie in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BufferedReader

from tng.models import Undecodable
from tng.sources.streams import HeadedReader


@dataclass(frozen=True, slots=True)
class Input:
    """One input, open until the next one is asked for.

    ``path`` is the name to show (``archive.zip!member`` for a member, ``-`` for stdin).
    ``head`` is its beginning (`SNIFF_BYTES`, less only if there are no more), by which its
    kind is recognised; ``stream`` gives everything from the first byte on and its ``peek``
    shows the same beginning. Reading the stream raises `InputStreamError` where the file is
    damaged or expands beyond the limits; what was read before stays valid. ``location`` is
    the absolute path or URL at which these very bytes lie, by which other processes can read
    them (`tng.storage`); ``None`` for stdin, members, and what was compressed.
    """

    path: str
    head: bytes
    stream: "BufferedReader[HeadedReader]"
    digest: Callable[[], str] = field(repr=False)
    location: str | None = None

    def sha256(self) -> str:
        """SHA-256 in lower hex of the bytes as on disk; ask after reading.

        Of an archive's member: of the member as it would lie on disk if it were extracted.
        What the decoder left unread is read here; nothing is read twice. Empty if the bytes
        cannot all be had.
        """
        return self.digest()


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip whose members follow as inputs of their own.

    ``sha256`` is of the zip's bytes; ``members`` counts those that are not folders or hidden.
    """

    path: str
    sha256: str
    members: int


Opened = Input | Archive | Undecodable
