"""What a ledger's statements run in, whichever database it is."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol


class Transaction(Protocol):
    """All of it or nothing; statements have ``?`` for a value.

    The methods raise whatever error the database has; the ledger that opened the transaction
    converts it.
    """

    def rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a statement; gives its rows, none if it has none."""

    def many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each of the values, in their order."""

    def insert(self, statement: str, values: Sequence[object]) -> int:
        """Insert a row; gives the number (``id``) that it got."""
