"""The ledger in PostgreSQL: one truth for several hosts and people.

The only place that knows psycopg. `ledger` has the class, `connection` how the server is
reached, `lease` who may work on a target, `schema` the tables.
"""

from tng.ledger.postgres.ledger import PostgresLedger

__all__ = ["PostgresLedger"]
