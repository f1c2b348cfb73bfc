"""What is said, once a run is over, of certificates whose file names were taken.

A run has up to a million of them: a few are told, and how many there are.
"""

from threading import Lock
from typing import TYPE_CHECKING

from tng.report.text import printable

if TYPE_CHECKING:
    from rich.console import Console

_MOST_TOLD = 5


class TakenNames:
    """Collects sentences; safe to be used by several threads at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._first: list[str] = []
        self._count = 0

    def add(self, sentence: str) -> None:
        """One certificate that is not where one would look for it first."""
        with self._lock:
            self._count += 1
            if len(self._first) < _MOST_TOLD:
                self._first.append(sentence)

    def print_to(self, console: "Console") -> None:
        """Say it; nothing where all have their names."""
        for sentence in self._first:
            console.print(printable(sentence))
        further = self._count - len(self._first)
        if further:
            console.print(f"so it is with {further:,} more certificates")
