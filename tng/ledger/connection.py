"""Opening the SQLite file of a ledger, and saying in words why it cannot be used."""

import os
import sqlite3
import time
from pathlib import Path

from tng.errors import LedgerError
from tng.ledger.interface import NoLedgerError
from tng.ledger.schema import migrate

BUSY_SECONDS = 30.0
"""How long to wait for another process that writes; a transaction takes milliseconds."""
_PAUSE_SECONDS = 0.01


def open_connection(path: Path, *, must_exist: bool) -> sqlite3.Connection:
    """Open the file, making it (mode 0600) unless it ``must_exist``, and bring it up to date.

    Raises `LedgerError`, and `sqlite3.Error` for `explain`.
    """
    if must_exist and not path.exists():
        raise NoLedgerError(
            f"there is no ledger {path}", "Run `tng register` first, or name one with --ledger."
        )
    try:
        # Made here and not by SQLite, which would make it readable by everybody.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise LedgerError(
            f"the ledger {path} cannot be written: {error.strerror}",
            "Check the path and its permissions, or name another file with --ledger.",
        ) from error
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        migrate(connection, path)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, which it keeps; waits for others as everything else does.

    To a process that makes the tables at the same moment SQLite yields at once, without
    waiting for its timeout, since both might wait for each other.
    """
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        else:
            return
        time.sleep(_PAUSE_SECONDS)


def explain(path: Path, error: sqlite3.Error) -> LedgerError:
    """The error of ours that says what SQLite met."""
    text = str(error)
    if "not a database" in text:
        return LedgerError(f"{path} is not a ledger", "Name another file with --ledger.")
    if "readonly" in text:
        return LedgerError(
            f"the ledger {path} is read-only",
            "Check the permissions of the file and its directory.",
        )
    if "locked" in text or "busy" in text:
        return LedgerError(
            f"the ledger {path} has been locked by another process for {BUSY_SECONDS:.0f} s",
            "Try again when the other process has finished.",
        )
    return LedgerError(
        f"the ledger {path} cannot be used: {text}", "Check the disk, or restore the file."
    )
