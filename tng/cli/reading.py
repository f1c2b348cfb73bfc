"""Says on stderr how long it takes to read targets, and how far it is, where that is long."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from tng.report.planned import duration_text
from tng.report.text import printable

if TYPE_CHECKING:
    from rich.console import Console

    from tng.plan.reading import Forecast

_LONG = timedelta(seconds=5)
"""What takes less is over before it is read; also between two lines of one target."""
_MILLION = 1_000_000


class ReadingTalk:
    """A `ReadingProgress` that prints lines."""

    def __init__(self, console: "Console", clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._lock = Lock()
        self._told: dict[str, float] = {}
        self._calls: dict[str, Counter[str]] = {}

    def begins(self, target: str, forecast: "Forecast") -> None:
        """Say in advance how long it takes at most."""
        with self._lock:
            self._told[target] = self._clock()
            self._calls[target] = Counter()
        if forecast.search + forecast.details < _LONG:
            return
        million = duration_text(timedelta(seconds=_MILLION / forecast.listed_a_second))
        details = ""
        if forecast.details > timedelta(seconds=1):
            details = f", and up to {duration_text(forecast.details)} for what belongs to them"
        self._console.print(
            f"{printable(target)}: looking for {forecast.devices:,} devices takes at most "
            f"{duration_text(forecast.search)}{details}; a list gives "
            f"{forecast.listed_a_second:,.0f} a second, a million in {million} …"
        )

    def called(self, target: str, operation: str) -> None:
        """Say now and then what was read."""
        with self._lock:
            calls, now = self._calls[target], self._clock()
            calls[operation] += 1
            if now - self._told[target] < _LONG.total_seconds():
                return
            self._told[target] = now
            count = calls[operation]
        self._console.print(
            f"{printable(target)}: {operation} answered {count:,} times until now …"
        )
