"""The tables of the SQLite ledger, and how older files are brought up to date."""

import sqlite3
from pathlib import Path

from tng.errors import LedgerError
from tng.ledger.names import FILL, RESPELL

APPLICATION_ID = 0x746E_676C
"""``tngl``: marks the file as this tool's (SQLite, PRAGMA application_id)."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        command TEXT NOT NULL,
        version TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        result TEXT
    );
    CREATE TABLE targets (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        cloud TEXT NOT NULL,
        account TEXT NOT NULL,
        region TEXT NOT NULL
    );
    CREATE TABLE devices (
        target INTEGER NOT NULL REFERENCES targets (id),
        key TEXT NOT NULL,
        device_id TEXT NOT NULL,
        name TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES runs (id),
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        code TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (target, key)
    ) WITHOUT ROWID;
    CREATE TABLE steps (
        target INTEGER NOT NULL,
        key TEXT NOT NULL,
        direction TEXT NOT NULL,
        operation TEXT NOT NULL,
        subject TEXT NOT NULL,
        position INTEGER NOT NULL,
        state TEXT NOT NULL,
        absent INTEGER NOT NULL,
        made INTEGER NOT NULL,
        already INTEGER NOT NULL,
        note TEXT NOT NULL,
        code TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (target, key, direction, operation, subject)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE audited_sources (
        id INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        at TEXT NOT NULL
    );
    CREATE TABLE sightings (
        chip TEXT NOT NULL,
        source INTEGER NOT NULL REFERENCES audited_sources (id),
        certificate TEXT NOT NULL,
        PRIMARY KEY (chip, source, certificate)
    ) WITHOUT ROWID;
    CREATE TABLE chip_orders (
        chip TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        at TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    f"""
    CREATE TABLE known_names (
        target INTEGER NOT NULL REFERENCES targets (id),
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (target, kind, name, key)
    ) WITHOUT ROWID;
    {FILL}
    {RESPELL}
    """,
)
"""Statement lists; the file's ``user_version`` is how many of them it has seen."""


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file up to date, or raise `LedgerError` if it is not a ledger of ours.

    Runs in one transaction, so that a crash leaves the old version.
    """
    version = _number(connection, "user_version")
    if version == len(MIGRATIONS) and _number(connection, "application_id") == APPLICATION_ID:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _migrate(connection, path)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = _number(connection, "user_version")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and _number(connection, "application_id") != APPLICATION_ID:
        raise LedgerError(
            f"{path} is a database of another program",
            "Name another file with --ledger.",
        )
    if version > len(MIGRATIONS):
        raise LedgerError(
            f"{path} was written by a newer tng (ledger version {version}, "
            f"this one knows {len(MIGRATIONS)})",
            "Update tng, or name another file with --ledger.",
        )
    for statements in MIGRATIONS[version:]:
        for statement in filter(None, map(str.strip, statements.split(";"))):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
