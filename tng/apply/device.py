"""One device on one target: its steps in order, each written down before and after.

The intent of a step and the outcome of the one before it are one transaction. Between
a call and its outcome the process may die; the step is then made again, which every
adapter's `perform` allows, and the ledger still knows that the result is its own.
"""

from dataclasses import dataclass

from tng.apply.calls import Calls, StoppedError
from tng.apply.job import Job, Task
from tng.clouds.interface import (
    AttentionStep,
    Cloud,
    CloudError,
    DoneStep,
    StepResult,
    TargetUnusableError,
    TransientError,
)
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    Intent,
    Ledger,
    Retraction,
    StepMark,
    StepMemory,
    StepState,
)
from tng.ledger.interface import Entry
from tng.plan.models import Step

Memory = dict[tuple[str, str], StepMemory]


@dataclass(slots=True)
class _Attempt:
    """What happened to one step so far; ``unknown``: a call of it may have taken effect."""

    step: Step
    intent: Intent
    before: StepMemory | None
    unknown: bool


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
        entries = self._settle(steps, memory)
        for position, step in enumerate(steps):
            before = memory.get((step.operation, step.subject))
            if before is not None and before.state is StepState.DONE and not self._job.inspected:
                continue
            attempt = self._begin(position, step, before)
            self._record(task, *entries, attempt.intent)
            mark, device = self._make(task, attempt)
            if device is not None:
                self._record(task, mark, device)
                return device
            entries = [mark]
        done = DeviceMark(
            DeviceState.DONE if self._job.direction is Direction.REGISTER else DeviceState.REMOVED
        )
        self._record(task, *entries, done)
        return done

    def _settle(self, steps: tuple[Step, ...], memory: Memory) -> list[Entry]:
        """Intents without outcome whose effect was found on the target when it was read."""
        if not self._job.inspected:
            return []
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

    def _begin(self, position: int, step: Step, before: StepMemory | None) -> _Attempt:
        unknown = before is not None and before.state is StepState.INTENT
        absent = self._job.inspected or (before is not None and unknown and before.absent)
        intent = Intent(step.operation, step.subject, position, absent)
        return _Attempt(step, intent, before, unknown)

    def _make(self, task: Task, attempt: _Attempt) -> tuple[StepMark, DeviceMark | None]:
        step = attempt.step
        try:
            result = self._calls(step.operation, lambda: self._perform(attempt))
        except (StoppedError, TargetUnusableError):
            if not attempt.unknown:
                previous = None if attempt.before is None else attempt.before.state
                self._record(task, Retraction(step.operation, step.subject, previous))
            raise
        except CloudError as error:
            return _failed(attempt, error)
        match result:
            case DoneStep():
                return _done(attempt, result), None
            case AttentionStep():
                return _attention(attempt, result)

    def _perform(self, attempt: _Attempt) -> StepResult:
        try:
            return self._cloud.perform(attempt.step)
        except TransientError:
            attempt.unknown = True
            raise

    def _record(self, task: Task, *entries: Entry) -> None:
        self._ledger.record(self._job.target.key, task.key, self._job.direction, entries)


def _made_before(attempt: _Attempt) -> bool:
    return attempt.before is not None and attempt.before.made


def _done(attempt: _Attempt, result: DoneStep) -> StepMark:
    own = not result.already or (attempt.unknown and attempt.intent.absent)
    return StepMark(
        attempt.step.operation,
        attempt.step.subject,
        StepState.DONE,
        made=own or _made_before(attempt),
        already=result.already,
        note=result.note,
    )


def _attention(attempt: _Attempt, result: AttentionStep) -> tuple[StepMark, DeviceMark]:
    step = StepMark(
        attempt.step.operation,
        attempt.step.subject,
        StepState.ATTENTION,
        made=_made_before(attempt),
        already=True,
        note=result.reason,
    )
    return step, DeviceMark(DeviceState.ATTENTION, result.reason)


def _failed(attempt: _Attempt, error: CloudError) -> tuple[StepMark, DeviceMark]:
    # After a transient error the call may have taken effect: that stays an intent.
    lost = isinstance(error, TransientError)
    step = StepMark(
        attempt.step.operation,
        attempt.step.subject,
        StepState.INTENT if lost else StepState.FAILED,
        made=_made_before(attempt),
        note=error.message,
        code=error.code,
    )
    reason = f"{attempt.step.operation}: {error.code}: {error.message}"
    return step, DeviceMark(DeviceState.FAILED, reason, error.code)
