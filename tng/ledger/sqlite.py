"""The ledger as one SQLite file.

WAL with ``synchronous=NORMAL``: what was committed survives the death of the process
(``kill -9``); after a power cut the last moments may be missing, which a resumed run
reconciles like any unknown outcome. One connection, one lock: a transaction takes some
tens of microseconds, far less than any call to a cloud.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from tng.errors import LedgerError
from tng.ledger.connection import explain, open_connection
from tng.ledger.entries import Written
from tng.ledger.lease import lease
from tng.ledger.relational import RelationalLedger, utc_now
from tng.ledger.sightings import Questions
from tng.ledger.transaction import Transaction

_QUESTIONS = Questions(
    own_sources="""
        SELECT sha256, id FROM audited_sources WHERE sha256 IN (SELECT value FROM json_each(?))
    """,
    earlier="""
        SELECT asked.key, min(sightings.source),
               max(sightings.certificate = json_extract(asked.value, '$[2]'))
        FROM json_each(?) AS asked CROSS JOIN sightings
            ON sightings.chip = json_extract(asked.value, '$[0]')
        WHERE sightings.source < json_extract(asked.value, '$[1]')
          AND sightings.source NOT IN (SELECT value FROM json_each(?))
        GROUP BY asked.key
    """,
    orders="""
        SELECT asked.key, chip_orders.name, chip_orders.at
        FROM json_each(?) AS asked CROSS JOIN chip_orders
            ON chip_orders.chip = json_extract(asked.value, '$[0]')
        WHERE json_extract(asked.value, '$[3]') NOT IN ('', chip_orders.name)
    """,
)


class SqliteLedger(RelationalLedger):
    """A `Ledger` in the file ``path``; use it as a context manager, or `close` it."""

    _questions: ClassVar[Questions] = _QUESTIONS

    def __init__(
        self, path: Path, *, must_exist: bool = False, clock: Callable[[], datetime] = utc_now
    ) -> None:
        """Open the ledger, making it (mode 0600) unless it ``must_exist``.

        Raises `LedgerError` for a file that is missing, not a ledger, of a newer version or
        not writable.
        """
        super().__init__(str(path), clock)
        self._path = path
        self._lock = threading.Lock()
        with self._converted():
            self._connection = open_connection(path, must_exist=must_exist)

    def close(self) -> None:
        """Close the file; the ledger cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    def _lease(self, number: int, what: str) -> AbstractContextManager[None]:
        """See `lease`."""
        return lease(self._path.with_name(f"{self._path.name}.{number}.lock"), what)

    def _rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._lock, self._converted():
            return self._connection.execute(statement, values).fetchall()

    def _write(self, target: int | None, statements: Sequence[Written]) -> None:  # noqa: ARG002
        # The lock file excludes others from the target; there is nothing to be checked.
        with self._begun() as connection:
            for statement, values in statements:
                connection.execute(statement, values)

    @contextmanager
    def _transaction(self, target: int | None = None) -> Iterator[Transaction]:  # noqa: ARG002
        # As above.
        with self._begun() as connection:
            yield _Transaction(connection)

    @contextmanager
    def _begun(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise explain(self._path, error) from error

    @contextmanager
    def _converted(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(self._path, error) from error


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    def many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(statement, values)

    def insert(self, statement: str, values: Sequence[object]) -> int:
        number = self._connection.execute(statement, values).lastrowid
        if number is None:
            raise LedgerError("SQLite gave no number to a row", "Check the ledger's file.")
        return number
