"""The ledger in a PostgreSQL database, which several hosts and people may share.

One connection, and whatever waits for it goes to the server in one pipeline and one
transaction: the way there and the commit are paid once for all threads. A connection that is
lost is made again, and what may be repeated is; the rest ends the run, which resumes.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

import psycopg

from tng.errors import LedgerError
from tng.ledger.entries import Written
from tng.ledger.group_commit import GroupCommit
from tng.ledger.postgres.bulk import in_bulk
from tng.ledger.postgres.connection import Connection, connect, explain, is_lost, weakness
from tng.ledger.postgres.lease import Leases, NotYetFreeError
from tng.ledger.postgres.schema import NOT_HELD, migrate
from tng.ledger.postgres.silence import SILENCE_SECONDS
from tng.ledger.postgres.values import storable
from tng.ledger.relational import RelationalLedger, utc_now
from tng.ledger.sightings import Questions
from tng.ledger.transaction import Transaction
from tng.ledger_location import PostgresLocation

RECONNECT_SECONDS = 40.0
"""How long a lost server is waited for: it takes half a minute to notice a lost client, whose
lease it gives back then."""
_PAUSE_SECONDS = 0.25
_ATTEMPTS = 5
"""How often a connection may be lost over the same statements before it is their fault."""

_QUESTIONS = Questions(
    own_sources="""
        SELECT sha256, id FROM audited_sources
        WHERE sha256 IN (SELECT json_array_elements_text(CAST(? AS json)))
    """,
    earlier="""
        SELECT asked.key - 1, min(sightings.source),
               bool_or(sightings.certificate = asked.value ->> 2)
        FROM json_array_elements(CAST(? AS json)) WITH ORDINALITY AS asked (value, key)
        JOIN sightings ON sightings.chip = asked.value ->> 0
        WHERE sightings.source < CAST(asked.value ->> 1 AS bigint)
          AND sightings.source NOT IN (
              SELECT CAST(json_array_elements_text(CAST(? AS json)) AS integer))
        GROUP BY asked.key
    """,
    orders="""
        SELECT asked.key - 1, chip_orders.name, chip_orders.at
        FROM json_array_elements(CAST(? AS json)) WITH ORDINALITY AS asked (value, key)
        JOIN chip_orders ON chip_orders.chip = asked.value ->> 0
        WHERE asked.value ->> 3 NOT IN ('', chip_orders.name)
    """,
)

_HELD = "SELECT refuse_unless_held(?, ?)"

_Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Job:
    """Statements that may be repeated: changes of devices of ``target``, or a single one."""

    target: int | None
    statements: Sequence[Written]


class PostgresLedger(RelationalLedger):
    """A `Ledger` in a database; use it as a context manager, or `close` it."""

    _questions: ClassVar[Questions] = _QUESTIONS

    def __init__(
        self,
        location: PostgresLocation,
        *,
        must_exist: bool = False,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], object] = time.sleep,
        patience: float = RECONNECT_SECONDS,
        silence: float = SILENCE_SECONDS,
        warn: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Open the ledger, making its tables unless they ``must_exist``.

        A server that is lost is waited for ``patience`` seconds, with pauses that ``sleep`` makes;
        one that says nothing for ``silence`` seconds, when it should, is taken for lost.
        ``warn`` is told if the way to the server is not protected. Raises `LedgerError` for a
        server that cannot be reached, no ledger, one of a newer version, and missing rights.
        """
        super().__init__(str(location), clock)
        self._location = location
        self._sleep = sleep
        self._patience = patience
        self._turn = threading.Lock()
        self._silence = silence
        self._gave_up = False
        self._leases = Leases(location, self._now, silence)
        self._together: GroupCommit[_Job, _Rows] = GroupCommit(self._work, self._turn)
        try:
            self._connection = connect(location, silence)
        except psycopg.Error as error:
            raise explain(location, error) from error
        try:
            migrate(self._connection, location, must_exist=must_exist)
        except psycopg.Error as error:
            self._connection.close()
            raise explain(location, error) from error
        except BaseException:
            self._connection.close()
            raise
        if weak := weakness(self._connection):
            warn(f"{weak}; ?sslmode=verify-full in its URL, or PGSSLMODE, demands both")

    def close(self) -> None:
        """Close the connections; the ledger cannot be used afterwards."""
        with self._turn:
            self._leases.close()
            self._connection.close()

    def _lease(self, number: int, what: str) -> AbstractContextManager[None]:
        return self._leases.hold(number, what)

    def _rows(self, statement: str, values: Sequence[object]) -> _Rows:
        return self._together.do(_Job(None, ((statement, tuple(values)),)))

    def _write(self, target: int | None, statements: Sequence[Written]) -> None:
        self._together.do(_Job(target, statements))

    @contextmanager
    def _transaction(self, target: int | None = None) -> Iterator[Transaction]:
        # Not made again where it fails: what it takes in may be a stream.
        with self._turn:
            if self._connection.closed:
                self._reconnect()
            try:
                with self._connection.transaction():
                    transaction = _Transaction(self._connection)
                    for values in self._held((target,)):
                        transaction.rows(_HELD, values)
                    yield transaction
            except psycopg.Error as error:
                is_lost(self._connection, error)
                raise self._explained(error, target) from error

    def _work(self, jobs: Sequence[_Job]) -> list[_Rows | Exception]:
        """Do the jobs in one transaction, or each in its own where one of them is refused."""
        try:
            return list(self._done(jobs))
        except LedgerError as error:
            return [LedgerError(error.message, error.hint) for _ in jobs]
        except psycopg.Error as error:
            if len(jobs) == 1:
                return [self._explained(error, jobs[0].target)]
        return [result for job in jobs for result in self._work([job])]

    def _done(self, jobs: Sequence[_Job]) -> list[_Rows]:
        """The rows of each job; raises `psycopg.Error` where the server refuses one of them."""
        for _ in range(_ATTEMPTS):
            if self._connection.closed:
                self._reconnect()
            try:
                return self._pipelined(jobs)
            except psycopg.Error as error:
                if not is_lost(self._connection, error):
                    raise
                lost = error
        raise explain(self._location, lost) from lost

    def _pipelined(self, jobs: Sequence[_Job]) -> list[_Rows]:
        # Statements up to the end of a pipeline are one transaction (PostgreSQL, 34.5.1.3).
        with self._connection.pipeline():
            for values in self._held(dict.fromkeys(job.target for job in jobs)):
                _sent(self._connection, _HELD, values)
            asked = {
                number: _sent(self._connection, *job.statements[0])
                for number, job in enumerate(jobs)
                if job.target is None
            }
            changes = (item for job in jobs if job.target is not None for item in job.statements)
            for statement in in_bulk(changes):
                _sent(self._connection, *statement)
        return [_fetched(asked[n]) if n in asked else [] for n in range(len(jobs))]

    def _held(self, targets: Iterable[int | None]) -> Iterator[tuple[int, str]]:
        for target in targets:
            token = None if target is None else self._leases.token(target)
            if target is not None and token is not None:
                yield target, token

    def _reconnect(self) -> None:
        """Connect again and make sure of what is held; raises `LedgerError`.

        Whoever comes after it was given up waits no second time: the run is about to end.
        """
        deadline = time.monotonic() + (0.0 if self._gave_up else self._patience)
        while True:
            try:
                self._connection = self._connected()
            except (psycopg.OperationalError, NotYetFreeError) as error:
                if time.monotonic() > deadline:
                    self._gave_up = True
                    # It would be asked once more to give the lease back, and be waited for.
                    self._leases.close()
                    raise self._given_up(error) from error
            else:
                self._gave_up = False
                return
            self._sleep(_PAUSE_SECONDS)

    def _connected(self) -> Connection:
        connection = connect(self._location, self._silence)
        try:
            self._leases.restore()
        except BaseException:
            connection.close()
            raise
        return connection

    def _given_up(self, error: psycopg.Error | NotYetFreeError) -> LedgerError:
        if isinstance(error, psycopg.Error):
            return explain(self._location, error)
        return LedgerError(
            f"the server of {self._location} does not give the lease back that this process lost "
            "with its connection",
            "Run the same command again in a minute.",
        )

    def _explained(self, error: psycopg.Error, target: int | None) -> LedgerError:
        if error.sqlstate == NOT_HELD and target is not None:
            return self._leases.lost(target)
        return explain(self._location, error)


class _Transaction:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[object]) -> _Rows:
        return _fetched(_sent(self._connection, statement, values))

    def many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(_translated(statement), [storable(row) for row in values])

    def insert(self, statement: str, values: Sequence[object]) -> int:
        return int(self.rows(f"{statement} RETURNING id", values)[0][0])


def _sent(
    connection: Connection, statement: str, values: Sequence[object]
) -> psycopg.Cursor[tuple[Any, ...]]:
    return connection.execute(_translated(statement), storable(values))


def _fetched(cursor: psycopg.Cursor[tuple[Any, ...]]) -> _Rows:
    return cursor.fetchall() if cursor.description else []


@cache
def _translated(statement: str) -> bytes:
    """The statement with psycopg's placeholder; no other ``?`` or ``%`` stands in any."""
    return statement.replace("?", "%s").encode()
