"""When a failed call is tried again, and how long it waits. Pure but for its random source."""

import random
from collections.abc import Callable
from dataclasses import dataclass

Jitter = Callable[[], float]
"""Uniform in [0, 1)."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounds of the retries of one step; all times in seconds.

    ``attempts`` counts calls that failed with a transient error; throttles count against
    ``deadline`` alone. ``retry_after_limit`` caps what a cloud may ask for.
    """

    attempts: int = 6
    base: float = 0.25
    cap: float = 20.0
    retry_after_limit: float = 60.0
    deadline: float = 300.0

    def backoff(self, failures: int, jitter: Jitter) -> float:
        """Exponential backoff with full jitter after so many ``failures`` (at least 1).

        AWS Architecture Blog, "Exponential Backoff and Jitter": random between 0 and
        min(cap, base · 2ⁿ).
        """
        ceiling = min(self.cap, self.base * 2.0 ** min(failures, 30))
        return ceiling * jitter()

    def pause(self, throttles: int, retry_after: float | None, jitter: Jitter) -> float:
        """How long a throttled operation pauses after so many ``throttles`` in a row.

        Half of the ceiling at least, since a quota refills only with time; as long as the
        cloud said where it said so.
        """
        if retry_after is not None:
            return min(max(retry_after, 0.0), self.retry_after_limit)
        ceiling = min(self.cap, self.base * 2.0 ** min(throttles, 30))
        return ceiling * (0.5 + 0.5 * jitter())


def system_jitter() -> float:
    """Jitter from the system's generator, so that machines started together differ."""
    return random.SystemRandom().random()
