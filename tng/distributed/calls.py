"""Having a cluster do something, and waiting for it, with an end where nobody is left to do it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError
from time import monotonic
from typing import Any

from distributed import Client, Future, wait
from distributed.client import ClosedClientError, FutureCancelledError
from distributed.scheduler import KilledWorker

from tng.distributed.errors import ClusterError, WorkersDiedError
from tng.distributed.tasks import OtherVersionError

LOOK_SECONDS = 2.0
"""Between two looks whether there are workers."""

FETCH_SECONDS = 60.0
"""For a result to come, a few MB at most, before it is looked who is left to send it."""

PATIENCE_SECONDS = 60.0
"""How long there may be no worker: one that died is replaced in a few seconds."""

_GONE = (
    "the connection to the scheduler broke",
    "Look at its log and its memory, and run the command again.",
)


class Calls:
    """Calls through one client; ``patience`` is in seconds, ``clock`` gives them."""

    def __init__(
        self,
        client: Client,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._client = client
        self._patience = patience
        self._clock = clock

    def begin(
        self, function: Callable[..., object], *arguments: object, priority: int = 0
    ) -> "Future[Any]":
        """Have a worker call the function, which has to be released; equal calls stay two.

        Raises `ClusterError` if there is no connection to the scheduler.
        """
        try:
            return self._client.submit(function, *arguments, pure=False, priority=priority)
        except ClosedClientError as error:
            raise ClusterError(*_GONE) from error

    def result(self, future: "Future[Any]") -> Any:  # noqa: ANN401 - as the task
        """What the task gave; what it raised is raised.

        Raises `WorkersDiedError` if worker after worker died with it, and `ClusterError` if
        there is no worker for too long or no connection to the scheduler.
        """
        lonely_since: float | None = None
        while True:
            try:
                if future.status == "pending":
                    with self._client.as_current():
                        wait(future, timeout=LOOK_SECONDS)
                return future.result(timeout=FETCH_SECONDS)
            except KilledWorker as error:
                raise WorkersDiedError(error.allowed_failures + 1) from error
            except (CancelledError, asyncio.CancelledError, FutureCancelledError) as error:
                raise ClusterError(*_GONE) from error
            except OtherVersionError as error:
                raise _other_version(error) from error
            except TimeoutError:
                if future.status == "error":
                    raise
            lonely_since = self._look(lonely_since)

    def settle(self, future: "Future[Any]") -> None:
        """Wait until nothing is done for it any more, whatever it came to."""
        try:
            self.result(future)
        except ClusterError:
            raise
        except Exception:  # noqa: BLE001 - it is looked at when its turn comes
            return

    def _look(self, lonely_since: float | None) -> float | None:
        """Since when there has been no worker; ``None`` while there is one."""
        if self.threads() > 0:
            return None
        now = self._clock()
        if lonely_since is not None and now - lonely_since > self._patience:
            raise ClusterError(
                f"the cluster has had no workers for {self._patience:.0f} s",
                "Start workers, or look at their logs, and run the command again.",
            )
        return now if lonely_since is None else lonely_since

    def forget(self, future: "Future[Any]") -> None:
        """Have the cluster forget a call, done or not; nothing, where it was left already.

        Who stops in the middle may leave the cluster before the iterators that use it end.
        """
        if self._client.status != "running":
            return
        if future.done():
            future.release()
        else:
            future.cancel()

    def threads(self) -> int:
        """How many tasks the workers can do at once; `ClusterError` if nobody says."""
        try:
            return sum(self._client.nthreads().values())
        except (OSError, TimeoutError, AttributeError, CancelledError) as error:
            raise ClusterError(*_GONE) from error


def _other_version(error: OtherVersionError) -> ClusterError:
    return ClusterError(
        f"a worker runs tng {error}", "Install the same version for workers and coordinator."
    )
