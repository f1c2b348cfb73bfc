"""Making calls to one target: at its rates, and again where that can help.

The `Calls` of a target are shared by its adapter (for reading) and the engine (for
steps), so that both draw from the same buckets. What a step means, and what is written
down of it, is not known here.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from tng.apply.progress import NoProgress, Progress
from tng.apply.rate import Clock, RateBucket, Sleep
from tng.apply.retry import Jitter, RetryPolicy, system_jitter
from tng.apply.stopping import StopSignal
from tng.clouds.interface import Reply, ThrottledError, TransientError
from tng.plan.view import Rates

DEFAULT_RATE = 10.0
"""Calls a second for an operation of which no rate is known: AWS IoT's lowest quota."""

PACE = 0.99
"""The share of a rate that is used. A quota that is used up to the last call is exceeded as soon
as calls that left evenly arrive unevenly, or two clocks differ."""

_UNKNOWN_RATES = Rates({}, DEFAULT_RATE)


class StoppedError(Exception):
    """The run is being stopped: the call was not made, or not made again."""


class Rated(Protocol):
    """What knows the rates of a target; every `Cloud` does."""

    @property
    def rates(self) -> Rates:
        """How fast it may be called."""


class Calls:
    """Makes the calls of one target; a `tng.clouds.interface.Caller`."""

    def __init__(
        self,
        *,
        stop: StopSignal | None = None,
        policy: RetryPolicy | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep | None = None,
        jitter: Jitter = system_jitter,
    ) -> None:
        """``stop`` ends all waiting; ``sleep`` is made of it unless given."""
        self._stop = stop or StopSignal()
        self._policy = policy or RetryPolicy()
        self._progress: Progress = NoProgress()
        self._clock = clock
        self._sleep = sleep or self._stop.wait
        self._jitter = jitter
        self._lock = threading.Lock()
        self._rated: Rated | None = None
        self._buckets: dict[str, RateBucket] = {}
        self._target = ""
        self._called: Callable[[str], None] | None = None

    def unused(self) -> float:
        """Seconds of its rate that the best used operation left unused since this was asked."""
        with self._lock:
            unused = [bucket.unused() for bucket in self._buckets.values()]
        return min((seconds for seconds in unused if seconds is not None), default=0.0)

    def follow(self, rated: Rated, target: str) -> None:
        """Use the rates of ``rated`` from now on; ``target`` is its key for the progress."""
        with self._lock:
            self._rated = rated
            self._target = target
            self._buckets.clear()

    def tell(self, progress: Progress) -> None:
        """Tell ``progress`` of throttled calls from now on."""
        self._progress = progress

    def watch(self, called: Callable[[str], None] | None) -> None:
        """Tell ``called`` of every call that was answered, by operation; nobody for ``None``."""
        self._called = called

    def __call__(self, operation: str, call: Callable[[], Reply], *, steps: int = 1) -> Reply:
        """Make the call; see `Caller`. Raises `StoppedError` when the run is stopped.

        ``steps`` is how many steps of ``operation`` the call carries.
        """
        deadline = self._clock() + self._policy.deadline
        failures = throttles = 0
        while True:
            bucket, cost = self._bucket(operation, steps)
            if self._stop.is_set() or not bucket.acquire(cost):
                raise StoppedError(operation)
            try:
                reply = call()
            except ThrottledError as error:
                throttles += 1
                self._pause(bucket, operation, throttles, error)
                if self._clock() >= deadline:
                    raise
            except TransientError as error:
                failures += 1
                if failures >= self._policy.attempts or self._clock() >= deadline:
                    raise
                if self._sleep(self._policy.backoff(failures, self._jitter)):
                    raise StoppedError(operation) from error
            else:
                if self._called is not None:
                    self._called(operation)
                return reply

    def _pause(
        self, bucket: RateBucket, operation: str, throttles: int, error: ThrottledError
    ) -> None:
        seconds = self._policy.pause(throttles, error.retry_after, self._jitter)
        self._progress.throttled(self._target, operation)
        bucket.pause(seconds)

    def _bucket(self, operation: str, steps: int) -> tuple[RateBucket, float]:
        """The bucket that ``operation`` draws from, and how much a call of it takes."""
        with self._lock:
            rates = _UNKNOWN_RATES if self._rated is None else self._rated.rates
            name, rate = rates.bucket(operation)
            bucket = self._buckets.get(name)
            if bucket is None:
                bucket = RateBucket(PACE * rate, self._clock, self._sleep)
                self._buckets[name] = bucket
            return bucket, rates.cost(operation, steps)
