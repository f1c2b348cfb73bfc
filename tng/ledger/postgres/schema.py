"""The tables in PostgreSQL, and how older ones are brought up to date.

They are those of the SQLite ledger with PostgreSQL's types, and who holds which target.
"""

from tng.errors import LedgerError
from tng.ledger.interface import NoLedgerError
from tng.ledger.names import FILL, RESPELL
from tng.ledger.postgres.connection import SCHEMA, Connection
from tng.ledger.schema import APPLICATION_ID
from tng.ledger_location import PostgresLocation

NOT_HELD = "TNG01"
"""SQLSTATE of what is written about a target that another process has taken over."""

MIGRATIONS: tuple[str, ...] = (
    f"""
    CREATE TABLE runs (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        command text NOT NULL,
        version text NOT NULL,
        started_at text NOT NULL,
        finished_at text,
        result text
    );
    CREATE TABLE targets (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key text COLLATE "C" NOT NULL UNIQUE,
        name text NOT NULL,
        cloud text NOT NULL,
        account text NOT NULL,
        region text NOT NULL
    );
    CREATE TABLE devices (
        target integer NOT NULL REFERENCES targets (id),
        key text COLLATE "C" NOT NULL,
        device_id text NOT NULL,
        name text NOT NULL,
        run integer NOT NULL REFERENCES runs (id),
        state text NOT NULL,
        reason text NOT NULL,
        code text NOT NULL,
        updated_at text NOT NULL,
        PRIMARY KEY (target, key)
    ) WITH (fillfactor = 70);
    CREATE TABLE steps (
        target integer NOT NULL,
        key text COLLATE "C" NOT NULL,
        direction text COLLATE "C" NOT NULL,
        operation text COLLATE "C" NOT NULL,
        subject text COLLATE "C" NOT NULL,
        position integer NOT NULL,
        state text NOT NULL,
        absent boolean NOT NULL,
        made boolean NOT NULL,
        already boolean NOT NULL,
        note text NOT NULL,
        code text NOT NULL,
        at text NOT NULL,
        PRIMARY KEY (target, key, direction, operation, subject)
    ) WITH (fillfactor = 70);
    CREATE TABLE audited_sources (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        sha256 text COLLATE "C" NOT NULL UNIQUE,
        name text NOT NULL,
        at text NOT NULL
    );
    CREATE TABLE sightings (
        chip text COLLATE "C" NOT NULL,
        source integer NOT NULL REFERENCES audited_sources (id),
        certificate text COLLATE "C" NOT NULL,
        PRIMARY KEY (chip, source, certificate)
    );
    CREATE TABLE chip_orders (
        chip text COLLATE "C" PRIMARY KEY,
        name text NOT NULL,
        at text NOT NULL
    );
    CREATE TABLE leases (
        target integer PRIMARY KEY REFERENCES targets (id),
        token text NOT NULL,
        holder text NOT NULL,
        at text NOT NULL
    );
    CREATE FUNCTION refuse_unless_held(integer, text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM leases WHERE target = $1 AND token = $2 FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the target is held by another process' USING ERRCODE = '{NOT_HELD}';
        END IF;
    END $$;
    """,
    f"""
    CREATE TABLE known_names (
        target integer NOT NULL REFERENCES targets (id),
        kind text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        PRIMARY KEY (target, kind, name, key)
    );
    {FILL}
    {RESPELL}
    """,
)
"""Statement lists; ``ledger.version`` is how many of them the schema has seen."""

_SCHEMA_EXISTS = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s"
_ANY_TABLE = """
    SELECT 1 FROM pg_catalog.pg_class AS class
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE namespace.nspname = %s
"""
_TABLE_EXISTS = f"{_ANY_TABLE} AND class.relname = %s"
"""Read from the tables: `to_regclass` still knows, within a transaction, what was not there when
another host had not yet made it."""


def migrate(connection: Connection, location: PostgresLocation, *, must_exist: bool) -> None:
    """Make the tables, unless they ``must_exist``, and bring them up to date.

    In one transaction that one host at a time is in. Raises `LedgerError` where there is no
    ledger, or not one of ours, and `psycopg.Error`.
    """
    if _version(connection, location, must_exist=must_exist) == len(MIGRATIONS):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (APPLICATION_ID,))
        version = _version(connection, location, must_exist=must_exist)
        if not version:
            _refuse_foreign(connection, location)
            _begin(connection)
        for statements in MIGRATIONS[version:]:
            # Without values, so that it may be several statements.
            connection.execute(statements.encode(), prepare=False)
        connection.execute("UPDATE ledger SET version = %s", (len(MIGRATIONS),))


def _begin(connection: Connection) -> None:
    # IF NOT EXISTS would ask for the right to make it where it exists, too.
    if connection.execute(_SCHEMA_EXISTS, (SCHEMA,)).fetchone() is None:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
    connection.execute("CREATE TABLE ledger (version integer NOT NULL)")
    connection.execute("INSERT INTO ledger VALUES (0)")


def _version(connection: Connection, location: PostgresLocation, *, must_exist: bool) -> int:
    if connection.execute(_TABLE_EXISTS, (SCHEMA, "ledger")).fetchone() is None:
        if must_exist:
            raise NoLedgerError(
                f"there is no ledger in {location}",
                "Run `tng register` first, or name one with --ledger.",
            )
        return 0
    # Qualified: a schema that may not be used is passed over in search_path, and not told.
    row = connection.execute(f"SELECT version FROM {SCHEMA}.ledger").fetchone()  # noqa: S608  # ours
    version = int(row[0]) if row else 0
    if version > len(MIGRATIONS):
        raise LedgerError(
            f"the ledger {location} was written by a newer tng (ledger version {version}, "
            f"this one knows {len(MIGRATIONS)})",
            "Update tng, or name another ledger with --ledger.",
        )
    return version


def _refuse_foreign(connection: Connection, location: PostgresLocation) -> None:
    if connection.execute(_ANY_TABLE, (SCHEMA,)).fetchone() is not None:
        raise LedgerError(
            f"the schema {SCHEMA} in {location} is another program's",
            "Name another database with --ledger.",
        )
