"""The database for what waits on disk: where it lies, and what a failure leaves."""

import sqlite3

import pytest

from tng.temporary_database import temporary_database


def test_it_has_its_tables_and_no_name_in_any_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    database = temporary_database("CREATE TABLE kept (x); CREATE TABLE also (y);", cache_kib=64)
    database.execute("BEGIN")
    database.executemany("INSERT INTO kept VALUES (?)", ((b"x" * 1000,) for _ in range(1000)))
    database.execute("COMMIT")
    assert database.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
    assert list(tmp_path.iterdir()) == []
    database.close()


def test_a_journal_lets_a_transaction_be_taken_back():
    database = temporary_database("CREATE TABLE kept (x)", journal="MEMORY")
    database.execute("BEGIN")
    database.execute("INSERT INTO kept VALUES (1)")
    database.execute("ROLLBACK")
    assert database.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    database.close()


def test_tables_that_cannot_be_made_leave_nothing_open():
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        temporary_database("no table")
