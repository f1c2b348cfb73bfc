"""What is told about reading a target, in advance and on the way; how is not known here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Forecast:
    """How long it takes to read what a target holds of so many ``devices``, at its rates.

    ``search`` is the most that it takes to know which of them are there, however much else is;
    ``details`` what is added where all of them are. ``listed_a_second`` is how much of a list is
    read a second: how long the list is, no cloud tells before.
    """

    devices: int
    search: timedelta
    details: timedelta
    listed_a_second: float


class ReadingProgress(Protocol):
    """Told by the threads of several targets; must return quickly and never raise.

    Targets are named as by the user.
    """

    def begins(self, target: str, forecast: Forecast) -> None:
        """Reading of the target begins."""

    def called(self, target: str, operation: str) -> None:
        """One call of it was answered."""


class NoReadingProgress:
    """Tells nobody."""

    def begins(self, target: str, forecast: Forecast) -> None:
        """Do nothing."""

    def called(self, target: str, operation: str) -> None:
        """Do nothing."""
