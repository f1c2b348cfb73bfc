"""Who may work on a target: a session's advisory lock, and a row that says whose it is.

The lock is the server's, which gives it back when the session ends, however that happens.
The row has a token; what is written about a held target is refused where another token stands
there. So a process that lost its session, and with it the lock, to another one cannot go on
unnoticed, even if it has not noticed that itself.
"""

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg

from tng.errors import LedgerError
from tng.ledger.interface import HeldElsewhereError
from tng.ledger.postgres.connection import Connection, connect, explain, is_lost
from tng.ledger.postgres.silence import SILENCE_SECONDS
from tng.ledger_location import PostgresLocation
from tng.sources.names import printable

_LOCK = "SELECT pg_try_advisory_lock('targets'::regclass::oid::integer, %s)"
"""Of this ledger alone: advisory locks are the whole database's."""
_UNLOCK = "SELECT pg_advisory_unlock('targets'::regclass::oid::integer, %s)"
_TAKE = """
    INSERT INTO leases (target, token, holder, at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (target) DO UPDATE SET
        token = excluded.token, holder = excluded.holder, at = excluded.at
"""
_HOLDER = "SELECT token, holder FROM leases WHERE target = %s"
_GIVE_BACK = "DELETE FROM leases WHERE target = %s AND token = %s"


class NotYetFreeError(Exception):
    """The server still has the session that was lost."""


@dataclass(frozen=True, slots=True)
class _Held:
    what: str
    token: str


class Leases:
    """The targets that this ledger holds, by one session that does nothing else."""

    def __init__(
        self, location: PostgresLocation, now: Callable[[], str], silence: float = SILENCE_SECONDS
    ) -> None:
        """``now`` gives the time for the row, RFC 3339; ``silence`` is that of `connect`."""
        self._location = location
        self._silence = silence
        self._now = now
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._held: dict[int, _Held] = {}

    def token(self, number: int) -> str | None:
        """What the row of the target has to say; ``None`` where it is not held here."""
        held = self._held.get(number)
        return held.token if held else None

    @contextmanager
    def hold(self, number: int, what: str) -> Iterator[None]:
        """Hold a target, called ``what``. Raises `HeldElsewhereError` at once if another has it."""
        with self._lock:
            try:
                self._take(number, what)
            except psycopg.Error as error:
                raise explain(self._location, error) from error
            except NotYetFreeError as error:
                raise LedgerError(
                    f"the connection to the ledger {self._location} was lost",
                    "Run the same command again in a minute.",
                ) from error
        try:
            yield
        finally:
            with self._lock:
                self._give_back(number)

    def restore(self) -> None:
        """Make sure that what was held still is, by a new session if the old one is lost.

        Raises `LedgerError` if another has or had one of the targets, `NotYetFreeError` and
        `psycopg.Error` where it may be tried again.
        """
        with self._lock:
            self._restore()

    def close(self) -> None:
        """Give everything back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def lost(self, number: int) -> LedgerError:
        """The error for a target whose row has another token."""
        held = self._held[number]
        return LedgerError(
            f"{held.what} was taken over by another process while this one was cut off",
            "Wait until that has finished; this command then goes on where it stopped.",
        )

    def _restore(self) -> None:
        if self._answers() or not self._held:
            return
        connection = self._connected()
        try:
            for number, held in self._held.items():
                _take_again(connection, number, held)
        except BaseException:
            connection.close()
            raise

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._location, self._silence)
        return self._connection

    def _answers(self) -> bool:
        if self._connection is None or self._connection.closed:
            return False
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error as error:
            return not is_lost(self._connection, error)
        return True

    def _take(self, number: int, what: str) -> None:
        self._restore()
        connection = self._connected()
        # A session may lock twice; another part of this process is refused all the same.
        if number in self._held or not _locked(connection, number):
            row = connection.execute(_HOLDER, (number,)).fetchone()
            holder = printable(row[1]) if row else "another process"
            raise HeldElsewhereError(
                f"{what} is being worked on by {holder}",
                "Wait until it has finished; this command then goes on where it stopped.",
            )
        token = secrets.token_hex(16)
        holder = f"process {os.getpid()} on {socket.gethostname()}"
        connection.execute(_TAKE, (number, token, holder, self._now()))
        self._held[number] = _Held(what, token)

    def _give_back(self, number: int) -> None:
        held = self._held.pop(number)
        if self._connection is None or self._connection.closed:
            return
        # A session that is lost has given everything back by itself.
        with suppress(psycopg.Error):
            self._connection.execute(_GIVE_BACK, (number, held.token))
            self._connection.execute(_UNLOCK, (number,))


def _locked(connection: Connection, number: int) -> bool:
    return connection.execute(_LOCK, (number,)).fetchone() == (True,)


def _take_again(connection: Connection, number: int, held: _Held) -> None:
    locked = _locked(connection, number)
    row = connection.execute(_HOLDER, (number,)).fetchone()
    if row is None or row[0] != held.token:
        raise LedgerError(
            f"{held.what} was taken over while the ledger could not be reached"
            + (f", by {printable(row[1])}" if row else ""),
            "Wait until that has finished; this command then goes on where it stopped.",
        )
    if not locked:
        raise NotYetFreeError
