"""What one target holds and no source has: kept in a temporary database, however much it is."""

import sqlite3
from collections.abc import Iterable
from typing import Any, Self

from tng.audit.models import UnknownDevice
from tng.clouds.interface import HeldDevice
from tng.errors import OutputError
from tng.temporary_database import temporary_database

FIRST = 100
"""How many are named in a report; the rest is counted."""

_BATCH = 1000

_SCHEMA = """
CREATE TABLE held (
    key TEXT, name TEXT, recorded INTEGER DEFAULT 0, PRIMARY KEY (key, name)
) WITHOUT ROWID;
"""

_COUNTS = "SELECT recorded, count(*) FROM held GROUP BY recorded"
_FIRST = "SELECT key, name, recorded FROM held ORDER BY recorded, key, name LIMIT ?"


class Extras:
    """A context manager; to be used by one thread at a time. Every method raises `OutputError`."""

    def __init__(self) -> None:
        self._database = temporary_database(_SCHEMA, check_same_thread=False)
        self._waiting: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, item: HeldDevice) -> None:
        """Remember it; what a list tells twice counts once."""
        self._waiting.append((item.keys[0] if item.keys else "", item.name))
        if len(self._waiting) >= _BATCH:
            self._store()

    def record(self, keys: Iterable[str]) -> None:
        """These certificates are known to the ledger."""
        self._store()
        self._many("UPDATE held SET recorded = 1 WHERE key = ?", ((key,) for key in keys))

    def counts(self) -> tuple[int, int]:
        """How many nobody knows, and how many the ledger knows."""
        self._store()
        found = dict(self._rows(_COUNTS, ()))
        return found.get(0, 0), found.get(1, 0)

    def first(self) -> tuple[UnknownDevice, ...]:
        """The first `FIRST` by certificate, those that nobody knows before the others."""
        self._store()
        return tuple(
            UnknownDevice(key, name, recorded=bool(recorded))
            for key, name, recorded in self._rows(_FIRST, (FIRST,))
        )

    def _store(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._many("INSERT OR IGNORE INTO held (key, name) VALUES (?, ?)", waiting)

    def _many(self, statement: str, rows: Iterable[tuple[str, ...]]) -> None:
        try:
            self._database.execute("BEGIN")
            self._database.executemany(statement, rows)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise _explained(error) from error

    def _rows(self, statement: str, values: tuple[int, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise _explained(error) from error


def _explained(error: sqlite3.Error) -> OutputError:
    return OutputError(
        f"what a target holds cannot be kept in a temporary file: {error}",
        "Make room, or name another directory in the variable SQLITE_TMPDIR.",
    )
