"""The ledger's file: who may read it, and what is refused as one."""

import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.ledger.entering import EU, KEY, enroll
from tng.errors import LedgerError
from tng.ledger import SqliteLedger


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tng-ledger.db"


def test_new_file_is_for_its_owner_alone(path):
    with SqliteLedger(path) as ledger:
        enroll(ledger, KEY)
        assert_private(path.parent)


def assert_private(folder):
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_looking_for_a_ledger_makes_none(path):
    with pytest.raises(LedgerError, match="there is no ledger"):
        SqliteLedger(path, must_exist=True)
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.write_bytes(b"no database at all, but long enough to be read" * 50)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is not a ledger"):
        SqliteLedger(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="another program"):
        SqliteLedger(path)
    assert path.read_bytes() == before


def test_a_newer_ledger_is_refused(path):
    SqliteLedger(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LedgerError, match="newer tng"):
        SqliteLedger(path)


def test_a_path_that_cannot_be_a_file_is_refused(tmp_path):
    with pytest.raises(LedgerError, match="cannot be written"):
        SqliteLedger(tmp_path)
    with pytest.raises(LedgerError, match="cannot be written"):
        SqliteLedger(tmp_path / "missing" / "ledger.db")


NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up root's right to write everywhere, where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_file_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        SqliteLedger(path).close()
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        with as_nobody(), pytest.raises(LedgerError, match="cannot be written"):
            SqliteLedger(path)
        Path(folder).chmod(0o755)


def test_a_lease_leaves_no_file(path):
    with SqliteLedger(path) as ledger:
        with ledger.hold(EU):
            assert [file for file in path.parent.iterdir() if file.name.endswith(".lock")]
        assert [file for file in path.parent.iterdir() if file.name.endswith(".lock")] == []


def test_who_opens_a_ledger_waits_for_the_one_who_makes_it(tmp_path):
    """SQLite itself does not: a change to WAL yields at once to a write lock."""
    path = tmp_path / "ledger.db"
    SqliteLedger(path).close()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, other.execute, ("ROLLBACK",))
    release.start()
    with SqliteLedger(path) as ledger:
        assert ledger.targets() == ()
    release.join()
    other.close()
    with closing(sqlite3.connect(path)) as again:
        assert again.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
