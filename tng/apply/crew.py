"""As many threads as one target needs: they are begun while the calls fall behind the rate.

How long a call takes is not known before, so neither is how many must be in flight. Threads
that only wait for their turn cost memory, and threads that fight for the processor are slower
than fewer of them. It knows nothing of devices and calls.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from tng.apply.rate import Clock

LOOK_SECONDS = 0.05
"""Between two looks at whether there are enough threads."""

TOLERATED = 0.01
"""The share of a rate that may go unused: as much as the pace leaves."""

WORTH = 1.2
"""What twice the threads must have made more of the rate, or else something else is short."""

LASTING_LOOKS = 40
"""So many looks in a row at which the rate was held make a new situation, one is chance."""

BUSY = 0.8
"""The share of one core from which more threads cannot help: Python runs one at a time."""


class Demand:
    """Says how many threads there should be; not safe for threads."""

    def __init__(self, most: int, unused: Callable[[], float], clock: Clock, cpu: Clock) -> None:
        """``most`` threads at most; ``cpu`` gives the seconds that this process has computed.

        ``unused`` gives the seconds that went unused since it was asked before.
        """
        self._most = most
        self._unused = unused
        self._was_behind = False
        self._used_before = 0.0
        self._held_looks = 0
        self._clock = clock
        self._cpu = cpu
        self._looked, self._computed = clock(), cpu()

    def wanted(self, threads: int) -> int:
        """How many there should be where there are ``threads``: as many, or twice as many.

        Twice as many only where calls were behind at two looks in a row, since a standstill is
        not the want of threads, and where those that came last have been of use.
        """
        now = self._clock()
        elapsed = now - self._looked
        if elapsed < LOOK_SECONDS or threads >= self._most:
            return threads
        computed = self._cpu()
        is_busy = computed - self._computed >= BUSY * elapsed
        self._looked, self._computed = now, computed
        used = max(0.0, 1.0 - self._unused() / elapsed)
        if used >= 1.0 - TOLERATED:
            self._held()
            return threads
        self._held_looks = 0
        is_more = self._was_behind and not is_busy and used >= WORTH * self._used_before
        self._was_behind = not is_more
        if not is_more:
            return threads
        self._used_before = used
        return min(2 * threads, self._most)

    def _held(self) -> None:
        self._was_behind = False
        self._held_looks += 1
        if self._held_looks >= LASTING_LOOKS:
            self._used_before = 0.0


class Crew:
    """The threads of one job; ``work`` is what each of them does until there is no more."""

    def __init__(
        self, name: str, most: int, work: Callable[[], None], unused: Callable[[], float],
        *, clock: Clock = time.monotonic, cpu: Clock = time.process_time,
    ) -> None:  # fmt: skip
        """``work`` calls `look` now and then; ``unused`` is asked at looks alone."""
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)
        self._work = work
        self._demand = Demand(most, unused, clock, cpu)
        self._lock = threading.Lock()
        self._futures: list[Future[None]] = []

    def run(self) -> None:
        """Begin with one thread; returns when all have ended, raises what the first raised."""
        with self._pool:
            self._begin(1)
            # Only those that work begin others, so that none is added behind the last.
            position = 0
            while position < len(self._futures):
                self._futures[position].exception()
                position += 1
        for future in self._futures:
            future.result()

    def look(self) -> None:
        """Begin further threads if the calls have fallen behind."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            there = len(self._futures)
            self._begin(self._demand.wanted(there) - there)
        finally:
            self._lock.release()

    def _begin(self, threads: int) -> None:
        for _ in range(threads):
            self._futures.append(self._pool.submit(self._work))
