"""Fixtures: a ledger that does not exist yet, in each of the databases, and one opened in it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ledger.stores import PostgresStore, SqliteStore, Store
from tests.postgres import cluster
from tng.ledger import Ledger, open_ledger


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Once per database; PostgreSQL's server is started for ``.ci/run`` only."""
    if request.param == "sqlite":
        return SqliteStore(tmp_path / "tng-ledger.db")
    return PostgresStore(cluster(), cluster().create())


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    with open_ledger(store.location, clock=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC)) as made:
        yield made
