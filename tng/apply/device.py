"""One device on one target: its steps in order, each written down before and after.

The intent of a step and the outcome of the one before it are one transaction. Between
a call and its outcome the process may die; the step is then made again, which every
adapter's `perform` allows, and the ledger still knows that the result is its own.
"""

from tng.apply.attempt import Attempt
from tng.apply.calls import Calls, StoppedError
from tng.apply.job import Job, Task
from tng.clouds.interface import (
    Cloud,
    CloudError,
    StepResult,
    TargetUnusableError,
    TransientError,
)
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    Ledger,
    StepMark,
    StepMemory,
    StepState,
)
from tng.ledger.interface import Entry
from tng.plan.models import Step

Memory = dict[tuple[str, str], StepMemory]


class DeviceRunner:
    """Handles the devices of one job; safe to be used by several threads at once."""

    def __init__(self, job: Job, cloud: Cloud, ledger: Ledger, calls: Calls) -> None:
        self._job = job
        self._cloud = cloud
        self._ledger = ledger
        self._calls = calls

    def run(self, task: Task) -> DeviceMark:
        """Make the steps of one device that are still to be made; gives where it ended.

        Raises `StoppedError` and `TargetUnusableError`; the device is then open as before.
        """
        memory = dict(self._ledger.memory(self._job.target.key, task.key, self._job.direction))
        steps = task.steps()
        entries = settled(steps, memory) if self._job.inspected else []
        for position, step in enumerate(steps):
            before = memory.get((step.operation, step.subject))
            if before is not None and before.state is StepState.DONE and not self._job.inspected:
                continue
            attempt = Attempt.begin(position, step, before, inspected=self._job.inspected)
            self._record(task, *entries, attempt.intent)
            mark, device = self._make(task, attempt)
            if device is not None:
                self._record(task, mark, device)
                return device
            entries = [mark]
        done = finished(self._job)
        self._record(task, *entries, done)
        return done

    def _make(self, task: Task, attempt: Attempt) -> tuple[StepMark, DeviceMark | None]:
        try:
            return attempt.marks(
                self._calls(attempt.step.operation, lambda: self._perform(attempt))
            )
        except (StoppedError, TargetUnusableError):
            if not attempt.unknown:
                self._record(task, attempt.retraction())
            raise
        except CloudError as error:
            return attempt.marks(error)

    def _perform(self, attempt: Attempt) -> StepResult:
        try:
            return self._cloud.perform(attempt.step)
        except TransientError:
            attempt.unknown = True
            raise

    def _record(self, task: Task, *entries: Entry) -> None:
        self._ledger.record(self._job.target.key, task.key, self._job.direction, entries)


def finished(job: Job) -> DeviceMark:
    """The end of a device of which every step is done."""
    registering = job.direction is Direction.REGISTER
    return DeviceMark(DeviceState.DONE if registering else DeviceState.REMOVED)


def settled(steps: tuple[Step, ...], memory: Memory) -> list[Entry]:
    """Intents without outcome whose effect was found on the target when it was read."""
    wanted = {(step.operation, step.subject) for step in steps}
    return [
        StepMark(
            operation,
            subject,
            StepState.DONE,
            made=known.made or known.absent,
            already=True,
            note="found there after an interrupted call",
        )
        for (operation, subject), known in memory.items()
        if known.state is StepState.INTENT and (operation, subject) not in wanted
    ]
