"""The loop that works off one target: a few threads, devices independent of each other.

One device's failure ends that device, an unusable target ends that target, and a
stop ends everything after what is in flight. Nothing that was begun is ever forgotten:
the ledger has it.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from tng.apply.batch import BatchRunner
from tng.apply.calls import Calls, StoppedError
from tng.apply.crew import Crew
from tng.apply.device import DeviceRunner
from tng.apply.job import Job, Task
from tng.apply.progress import Progress
from tng.apply.stopping import StopSignal
from tng.clouds.interface import BatchCloud, Cloud, TargetUnusableError
from tng.ledger import DeviceMark, DeviceState, Ledger
from tng.plan.models import TargetDescription

DEFAULT_THREADS = 16
"""Calls in flight on one target; at 100 ms a call this carries 160 calls a second."""

MOST_THREADS = 128
"""Calls in flight on one target at most, for 1,280 a second; begun only as the rate needs them."""

FIRST_FAILURES = 20
"""So many failures of one kind before the first success end a target: it is not the devices."""

FAILURES_IN_A_ROW = 100
"""So many failures of one kind in a row end a target even after successes."""


@dataclass(frozen=True, slots=True)
class TargetResult:
    """How a run ended on one target, in devices.

    ``already`` were right before (and are not among ``done``). ``left`` were not finished.
    ``stopped`` says why the target was ended early, if it was; ``refused`` is true where
    that was the cloud's doing.
    """

    target: TargetDescription
    done: int
    already: int
    attention: int
    failed: int
    left: int
    stopped: str = ""
    refused: bool = False


class TargetRun:
    """One job on one target; `run` it once."""

    def __init__(
        self,
        job: Job,
        cloud: Cloud,
        ledger: Ledger,
        calls: Calls,
        *,
        stop: StopSignal,
        progress: Progress,
        threads: int = MOST_THREADS,
    ) -> None:
        """``stop`` is this target's own signal, and the one that ``calls`` wait on.

        ``threads`` is how many there may be, not how many there are: see `Crew`.
        """
        self._job = job
        self._runner = DeviceRunner(job, cloud, ledger, calls)
        self._batches: BatchRunner | None = None
        if isinstance(cloud, BatchCloud):
            self._batches = BatchRunner(job, cloud, ledger, calls, self._runner)
        self._stop = stop
        self._progress = progress
        calls.tell(progress)
        most = max(1, min(threads, len(job.tasks)))
        self._crew = Crew(job.target.name, most, self._work, calls.unused)
        self._lock = threading.Lock()
        self._position = 0
        self._counts = dict.fromkeys(DeviceState, 0)
        self._streak = 0
        self._streak_code = ""
        self._stopped = ""
        self._refused = False

    def run(self) -> TargetResult:
        """Handle every task, or as many as can be; gives the counts.

        The devices must be enrolled in the ledger and the target held. Raises what is not
        an error of a cloud (`LedgerError`, defects) after the other threads have ended.
        """
        self._progress.begin(self._job.target, len(self._job.tasks))
        try:
            self._crew.run()
        finally:
            self._progress.end(self._job.target.key, self._stopped)
        return self._result()

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                tasks = self._next()
                if not tasks:
                    return
                for mark in self._marks(tasks):
                    self._count(mark)
                self._crew.look()
        except StoppedError:
            return
        except TargetUnusableError as error:
            self._end(str(error), refused=True)
        except BaseException:
            self._stop.set()
            raise

    def _marks(self, tasks: tuple[Task, ...]) -> Iterable[DeviceMark]:
        if self._batches is None or len(tasks) == 1:
            return map(self._runner.run, tasks)
        return self._batches.run(tasks)

    def _next(self) -> tuple[Task, ...]:
        """The tasks whose turn it is: one, or as many alike as go into one call."""
        with self._lock:
            tasks, start = self._job.tasks, self._position
            if start == len(tasks):
                return ()
            first = tasks[start]
            size = 1 if self._batches is None else self._batches.size(first)
            following = tasks[start + 1 : start + size]
            alike = takewhile(lambda task: task.operations == first.operations, following)
            found = (first, *alike)
            self._position = start + len(found)
            return found

    def _count(self, mark: DeviceMark) -> None:
        with self._lock:
            self._counts[mark.state] += 1
            breaks = self._breaks(mark)
        self._progress.finished(self._job.target.key, mark.state)
        if breaks:
            self._end(
                f"{self._streak} devices in a row failed in the same way: {mark.reason}",
                refused=True,
            )

    def _breaks(self, mark: DeviceMark) -> bool:
        if mark.state is not DeviceState.FAILED:
            self._streak = 0
            return False
        self._streak = self._streak + 1 if mark.code == self._streak_code else 1
        self._streak_code = mark.code
        succeeded = self._counts[DeviceState.DONE] + self._counts[DeviceState.REMOVED]
        return self._streak >= (FAILURES_IN_A_ROW if succeeded else FIRST_FAILURES)

    def _end(self, reason: str, *, refused: bool) -> None:
        with self._lock:
            self._stopped = self._stopped or reason
            self._refused = self._refused or refused
        self._stop.set()

    def _result(self) -> TargetResult:
        states = [device.state for device in self._job.devices]
        finished = sum(self._counts.values())
        return TargetResult(
            target=self._job.target,
            done=self._counts[DeviceState.DONE] + self._counts[DeviceState.REMOVED],
            already=states.count(DeviceState.DONE),
            attention=self._counts[DeviceState.ATTENTION] + states.count(DeviceState.ATTENTION),
            failed=self._counts[DeviceState.FAILED],
            left=len(self._job.tasks) - finished,
            stopped=self._stopped,
            refused=self._refused,
        )
