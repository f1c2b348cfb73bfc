"""Reaching the server: how a connection is made, and what is said where it fails.

TLS, hosts, services and passwords are libpq's business, by its URL, variables and files.
Nothing here ever repeats the URL: it may hold a password.
"""

import ipaddress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tng.errors import LedgerError
from tng.ledger.postgres.silence import SILENCE_SECONDS, SilentServerError, WatchedConnection
from tng.ledger_location import PostgresLocation
from tng.sources.names import printable

SCHEMA = "tng"
"""The tables have a schema of their own, so that they are in nobody's way."""

STATEMENT_SECONDS = 30
"""How long the server may take for one statement, locks of others included; most take less than
a millisecond."""

_DEFAULTS = {
    "connect_timeout": "10",
    "fallback_application_name": "tng",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""What the URL does not say: a server that is gone is noticed within half a minute."""

_SESSION = (
    ("search_path", SCHEMA),
    ("statement_timeout", f"{STATEMENT_SECONDS}s"),
    ("lock_timeout", f"{STATEMENT_SECONDS}s"),
    ("default_transaction_isolation", "read committed"),
    # Every statement finds its rows by an index. A plan is kept: one that was made while the
    # tables were empty must not read all of them when they are full.
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    # A lease is an idle session; it ends with its holder, and the server has to notice that.
    ("idle_session_timeout", "0"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
)
_SET = """
    SELECT set_config(known.name, wanted.value, false)
    FROM unnest(%s::text[], %s::text[]) AS wanted (name, value)
    JOIN pg_catalog.pg_settings AS known ON known.name = wanted.name
"""
"""Settings that an older server does not have are left out."""

Connection = psycopg.Connection[tuple[Any, ...]]

_GONE = ("08", "57P01", "57P02", "57P03", "57P05")
"""The connection failed, or was ended by the server (PostgreSQL, Appendix A)."""


def connect(location: PostgresLocation, silence: float = SILENCE_SECONDS) -> Connection:
    """A connection that commits each statement by itself.

    It is closed where the server says nothing for ``silence`` seconds when it should. Raises
    `LedgerError` for a URL that libpq does not understand, else `psycopg.Error`.
    """
    try:
        parameters = conninfo_to_dict(location.url)
    except psycopg.ProgrammingError:
        # Its text repeats the URL.
        raise LedgerError(
            f"libpq does not understand the URL of the ledger {location}",
            "Check its options: www.postgresql.org/docs/current/libpq-connect.html",
        ) from None
    connection = WatchedConnection.connect(
        **{**_DEFAULTS, **parameters, "client_encoding": "UTF8"},  # type: ignore[arg-type]  # the options are libpq's, and texts
        autocommit=True,
        prepare_threshold=0,
    )
    connection.silence = silence
    try:
        connection.execute(_SET, ([name for name, _ in _SESSION], [text for _, text in _SESSION]))
    except BaseException:
        connection.close()
        raise
    return connection


def is_lost(connection: Connection, error: psycopg.Error) -> bool:
    """Whether the connection is gone, and not just a statement refused; closes it then."""
    if not connection.closed and not (error.sqlstate or "").startswith(_GONE):
        return False
    connection.close()
    return True


def weakness(connection: Connection) -> str | None:
    """What a person should know of the way to the server, if anything."""
    info = connection.info
    mode = info.get_parameters().get("sslmode", "prefer")
    encrypted = connection.pgconn.ssl_in_use
    return weakness_of(info.host, info.hostaddr, mode, encrypted=encrypted)


def weakness_of(host: str, address: str, mode: str, *, encrypted: bool) -> str | None:
    """What is weak about a way to ``host``, which has the IP ``address``, by sslmode ``mode``.

    On this machine nobody is between; elsewhere only ``verify-full`` proves that it is the
    server that was meant (PostgreSQL documentation, 34.19.1).
    """
    if not host or host.startswith(("/", "@")) or _is_loopback(address or host):
        return None
    if not encrypted:
        return f"the connection to the ledger on {printable(host)} is not encrypted"
    if mode == "verify-full":
        return None
    return f"sslmode={mode} does not prove that the ledger's server is {printable(host)}"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


_EXPLAINED = (
    ("28", "does not let this user in", "Check the user and PGPASSWORD, ~/.pgpass or PGSERVICE."),
    ("3D000", "does not exist", "Make it with createdb, or name another one with --ledger."),
    ("42501", "may not be used so by this user", "Ask its owner for rights to the schema tng."),
    ("25006", "is read-only", "Name the primary server, or add ?target_session_attrs=read-write."),
    ("57014", f"did not answer within {STATEMENT_SECONDS} s", "Try again when it is less busy."),
    ("55P03", f"has been locked for {STATEMENT_SECONDS} s", "Try again when the other is done."),
    ("53", "has no room left", "Look at the server's disk, memory and max_connections."),
)  # fmt: skip
_OTHERWISE = ("cannot be used", "Look at the server and its log.")


def explain(location: PostgresLocation, error: psycopg.Error) -> LedgerError:
    """The error of ours that says what the server or libpq said, in one line."""
    state = error.sqlstate or ""
    said = error.diag.message_primary or str(error).strip().partition("\n")[0]
    said = printable(said.removeprefix("connection failed: "))
    for prefix, what, hint in _EXPLAINED:
        if state.startswith(prefix):
            return LedgerError(f"the ledger {location} {what}: {said}", hint)
    if isinstance(error, SilentServerError | psycopg.errors.ConnectionTimeout):
        return LedgerError(
            f"the server of the ledger {location} does not answer: {said}",
            "Look at the server and what is on the way to it, then run the same command again.",
        )
    if isinstance(error, psycopg.OperationalError) and (not state or state.startswith(_GONE)):
        return LedgerError(
            f"the ledger {location} cannot be reached: {said}",
            "Check server, database and user; a password comes from PGPASSWORD, ~/.pgpass "
            "(PGPASSFILE) or PGSERVICE.",
        )
    return LedgerError(f"the ledger {location} {_OTHERWISE[0]}: {said}", _OTHERWISE[1])
