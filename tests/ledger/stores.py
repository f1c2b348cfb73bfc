"""A ledger's database as the tests see it past the ledger: a file, or PostgreSQL."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.postgres import Cluster
from tng.ledger_location import LedgerLocation, ledger_location


@dataclass(frozen=True)
class SqliteStore:
    """``name`` is what ``--ledger`` takes."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def location(self) -> LedgerLocation:
        return self.path

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(statement).fetchall()

    def rows(self) -> list[object]:
        """Everything that is stored."""
        with closing(sqlite3.connect(self.path)) as connection:
            return list(connection.iterdump())


@dataclass(frozen=True)
class PostgresStore:
    """A database of a running server."""

    cluster: Cluster
    name: str

    @property
    def location(self) -> LedgerLocation:
        return ledger_location(self.name, "the test")

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        database = self.name.rpartition("/")[2]
        return self.cluster.sql(f"SET search_path = tng; {statement}", database)

    def rows(self) -> list[object]:
        tables = self.sql("SELECT relname FROM pg_class WHERE relnamespace = 'tng'::regnamespace"
                          " AND relkind = 'r' ORDER BY relname")  # fmt: skip
        return [(table, *sorted(self.sql(f"TABLE {table}"))) for (table,) in tables]


Store = SqliteStore | PostgresStore
