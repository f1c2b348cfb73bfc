"""The one way to open a ledger, wherever it lies."""

from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec

from tng.errors import LedgerError
from tng.ledger.relational import RelationalLedger, utc_now
from tng.ledger.sqlite import SqliteLedger
from tng.ledger_location import LedgerLocation, PostgresLocation


def open_ledger(
    location: LedgerLocation,
    *,
    must_exist: bool = False,
    clock: Callable[[], datetime] = utc_now,
    warn: Callable[[str], object] = lambda _: None,
) -> RelationalLedger:
    """Open the ledger, making it unless it ``must_exist``; a context manager, or `close` it.

    ``warn`` is told what a person should know of the way there. Raises `LedgerError` where it
    is missing, not a ledger, of a newer version, or cannot be reached or written.
    """
    if not isinstance(location, PostgresLocation):
        return SqliteLedger(location, must_exist=must_exist, clock=clock)
    if find_spec("psycopg") is None:
        raise LedgerError(
            "a ledger in PostgreSQL needs the package psycopg",
            "Install it with: pip install 'tng[postgres]'",
        )
    from tng.ledger.postgres import PostgresLedger

    return PostgresLedger(location, must_exist=must_exist, clock=clock, warn=warn)
