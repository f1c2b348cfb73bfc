"""A SQLite database for what waits on disk while a command runs, gone when that ends.

It is SQLite's own temporary file: without a name, in a private place (``SQLITE_TMPDIR``,
``TMPDIR``), removed with the connection or the process. What its tables are, and what is
said where the disk is full, is its user's business.
"""

import sqlite3

_NAME = ""
"""SQLite's name for a database in an unlinked temporary file (sqlite.org/inmemorydb.html)."""

CACHE_KIB = 2 * 1024
"""What SQLite keeps in memory before it writes; its own default (``PRAGMA cache_size``)."""


def temporary_database(
    schema: str,
    *,
    cache_kib: int = CACHE_KIB,
    journal: str = "OFF",
    check_same_thread: bool = True,
) -> sqlite3.Connection:
    """An empty database with the tables of ``schema``, that begins no transaction by itself.

    Nothing is synced and, with ``journal`` ``OFF``, nothing can be rolled back: give ``MEMORY``
    where a transaction may fail and the database is used afterwards. Raises `sqlite3.Error`.
    """
    database = sqlite3.connect(_NAME, isolation_level=None, check_same_thread=check_same_thread)
    try:
        database.execute(f"PRAGMA cache_size = -{cache_kib}")
        database.execute(f"PRAGMA journal_mode = {journal}")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(schema)
    except BaseException:
        database.close()
        raise
    return database
