"""Pacing of calls: one bucket per operation, kept full by nobody and emptied evenly.

Every caller reserves the next free moment and sleeps until then, so that calls go
out in the order they were asked for, spread evenly, and oversleeping never lowers the
rate: moments are absolute.
"""

import threading
from collections.abc import Callable

Clock = Callable[[], float]
"""Monotonic seconds."""

Sleep = Callable[[float], bool]
"""Wait that many seconds; true at once if there is no point in waiting any longer."""

BURST_SECONDS = 0.1
"""How far behind its schedule a bucket may catch up, at most: a tenth of a second's calls.

Clouds count over about a second, so that a quota of more than one call a second has room for it.
"""


class RateBucket:
    """At most ``rate`` calls a second. Safe to be used by several threads at once."""

    def __init__(self, rate: float, clock: Clock, sleep: Sleep) -> None:
        self._interval = 1.0 / rate
        # A quota below one call a second has room for one call alone: nothing to catch up with.
        self._grace = max(0.0, min(BURST_SECONDS, 1.0 - self._interval))
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = clock()
        self._paused_until = self._next
        self._unused = 0.0
        self._is_used = False

    def unused(self) -> float | None:
        """Seconds of the rate that no turn was asked for in time; ``None`` if none was at all.

        Counted since this was asked before.
        """
        with self._lock:
            unused = self._unused if self._is_used else None
            self._unused, self._is_used = 0.0, False
            return unused

    def acquire(self, calls: float = 1.0) -> bool:
        """Wait for the turn of a call that counts as so many; false if the wait was ended."""
        moment = self._reserve(calls)
        while True:
            wait = moment - self._clock()
            if wait > 0:
                if self._sleep(wait):
                    return False
                continue
            again = self._reserve_if_paused(moment, calls)
            if again is None:
                return True
            moment = again

    def pause(self, seconds: float) -> None:
        """Let no call start for so long: the cloud said that it is too fast.

        Those that already wait for their turn queue up again behind the pause.
        """
        with self._lock:
            until = self._clock() + seconds
            if until > self._paused_until:
                self._paused_until = until
                self._next = until

    def _reserve(self, calls: float) -> float:
        with self._lock:
            return self._take(self._clock(), calls)

    def _reserve_if_paused(self, moment: float, calls: float) -> float | None:
        with self._lock:
            if moment >= self._paused_until:
                return None
            return self._take(self._clock(), calls)

    def _take(self, now: float, calls: float) -> float:
        start = max(self._next, now - self._grace, self._paused_until)
        self._unused += start - self._next
        self._is_used = True
        self._next = start + self._interval * calls
        return start
