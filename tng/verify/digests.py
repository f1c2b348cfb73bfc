"""An exact memory of millions of digests on disk; nearly all that are asked about are new.

What is looked up is a table of two integers a digest, so small that the part of it in memory
goes far; the digests themselves are appended to another one, and read only where two
have the same hash.
"""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from tng.temporary_database import temporary_database

_CACHE_KIB = 32 * 1024
"""About half of what is looked up of a million devices."""

_SCHEMA = """
CREATE TABLE seen (hash INTEGER PRIMARY KEY, row INTEGER);
CREATE TABLE rows (row INTEGER PRIMARY KEY, digest BLOB, place INTEGER, certificate BLOB);
"""
_LOOK_UP = """
SELECT digest, place, certificate FROM rows WHERE row = (SELECT row FROM seen WHERE hash = ?)
"""
_LAST_HASH = 2**63 - 1

Row = tuple[bytes, int, bytes]
"""What must be unique (a digest), where it was seen, and with which certificate."""


class DigestStore:
    """Digests with what was said of each when it first came; a context manager.

    ``hash_of`` gives 64 signed bits; Python's own is keyed by a secret of the process, so
    that nobody can prepare digests that collide. That some do costs time alone.
    """

    def __init__(self, hash_of: Callable[[bytes], int] = hash) -> None:
        self._hash_of = hash_of
        self._count = 0
        self._database = temporary_database(_SCHEMA, cache_kib=_CACHE_KIB)
        # Never committed: it is gone with the process either way.
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def add_all_new(self, rows: Sequence[Row]) -> bool:
        """Add the rows if no digest among them was there, or comes twice; otherwise add none.

        Where two different digests have one hash, none is added either: `add` them one by one.
        """
        first = self._count
        # Sorted, so that neighbours in the tree are written together.
        hash_of = self._hash_of
        hashes = [(hash_of(row[0]), number) for number, row in enumerate(rows, first)]
        hashes.sort()
        before = self._database.total_changes
        self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", hashes)
        if self._database.total_changes - before < len(rows):
            undone = [(found, first) for found, _ in hashes]
            self._database.executemany("DELETE FROM seen WHERE hash = ? AND row >= ?", undone)
            return False
        numbered = [(number, *row) for number, row in enumerate(rows, first)]
        self._database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", numbered)
        self._count += len(rows)
        return True

    def add(self, row: Row) -> None:
        """Add a row, unless its digest is there."""
        place, found = self._find(row[0])
        if found is None:
            self._database.execute("INSERT INTO seen VALUES (?, ?)", (place, self._count))
            self._database.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", (self._count, *row))
            self._count += 1

    def get(self, digest: bytes) -> Row | None:
        """The row that was added first for this digest."""
        return self._find(digest)[1]

    def _find(self, digest: bytes) -> tuple[int, Row | None]:
        """The hash under which the digest is, or could be put; and its row."""
        place = self._hash_of(digest)
        while True:
            row: Row | None = self._database.execute(_LOOK_UP, (place,)).fetchone()
            if row is None or row[0] == digest:
                return place, row
            place = place + 1 if place < _LAST_HASH else -_LAST_HASH
