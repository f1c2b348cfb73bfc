"""Several devices in one call, where a cloud takes that; each keeps an outcome of its own.

Only devices that need one and the same operation, and nothing else, go together. As with
one device alone, the intents are written down before the call and the outcomes after it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tng.apply.attempt import Attempt
from tng.apply.calls import Calls, StoppedError
from tng.apply.device import DeviceRunner, finished, settled
from tng.apply.job import Job, Task
from tng.clouds.interface import (
    BatchCloud,
    CloudError,
    StepResult,
    TargetUnusableError,
    ThrottledError,
    TransientError,
)
from tng.ledger import DeviceMark, Ledger
from tng.ledger.interface import Entry


@dataclass(frozen=True, slots=True)
class _Member:
    """A device of a batch and its one step."""

    task: Task
    attempt: Attempt
    settled: tuple[Entry, ...]


class BatchRunner:
    """Handles batches of devices of one job; safe to be used by several threads at once."""

    def __init__(
        self, job: Job, cloud: BatchCloud, ledger: Ledger, calls: Calls, single: DeviceRunner
    ) -> None:
        """``single`` handles the devices that cannot go together after all."""
        self._job = job
        self._cloud = cloud
        self._ledger = ledger
        self._calls = calls
        self._single = single

    def size(self, task: Task) -> int:
        """How many devices like ``task`` go into one call."""
        if len(task.operations) != 1:
            return 1
        return self._cloud.batch_size(task.operations[0])

    def run(self, tasks: Sequence[Task]) -> Iterator[DeviceMark]:
        """Make the step of each device; yields where each ended, as soon as it is written down.

        Raises `StoppedError` and `TargetUnusableError`; what was not yielded is open as before.
        """
        members: list[_Member] = []
        for task in tasks:
            member = self._member(task)
            if member is None:
                yield self._single.run(task)
            else:
                members.append(member)
        if not members:
            return
        for member in members:
            self._record(member, *member.settled, member.attempt.intent)
        results = self._call(members)
        alone: list[_Member] = []
        for member, result in zip(members, results, strict=True):
            if _is_to_be_tried_alone(result):
                alone.append(member)
            else:
                yield self._end(member, result)
        for member in alone:
            yield self._single.run(member.task)

    def _member(self, task: Task) -> _Member | None:
        """``None`` where the ledger or the cloud say that it is not one step to be made."""
        memory = dict(self._ledger.memory(self._job.target.key, task.key, self._job.direction))
        steps = task.steps()
        if len(steps) != 1 or (memory and not self._job.inspected):
            return None
        step = steps[0]
        entries = settled(steps, memory) if self._job.inspected else []
        before = memory.get((step.operation, step.subject))
        attempt = Attempt.begin(0, step, before, inspected=self._job.inspected)
        return _Member(task, attempt, tuple(entries))

    def _call(self, members: Sequence[_Member]) -> Sequence["_Result"]:
        operation = members[0].attempt.step.operation
        try:
            results = self._calls(operation, lambda: self._perform(members), steps=len(members))
        except (StoppedError, TargetUnusableError):
            self._retract(members)
            raise
        except (ThrottledError, TransientError) as error:
            return [_GivenUp(error)] * len(members)
        except CloudError as error:
            # One bad item may spoil the call for all: alone, each gets its own answer.
            self._retract(members)
            return [ThrottledError(error.code, error.message)] * len(members)
        for member, result in zip(members, results, strict=True):
            if isinstance(result, TransientError):
                member.attempt.unknown = True
            elif isinstance(result, ThrottledError):
                self._retract([member])
        return results

    def _perform(self, members: Sequence[_Member]) -> Sequence[StepResult | CloudError]:
        try:
            return self._cloud.perform_batch([member.attempt.step for member in members])
        except TransientError:
            for member in members:
                member.attempt.unknown = True
            raise

    def _end(self, member: _Member, result: "_Result") -> DeviceMark:
        outcome = result.error if isinstance(result, _GivenUp) else result
        mark, device = member.attempt.marks(outcome)
        end = finished(self._job) if device is None else device
        self._record(member, mark, end)
        return end

    def _retract(self, members: Sequence[_Member]) -> None:
        for member in members:
            if not member.attempt.unknown:
                self._record(member, member.attempt.retraction())

    def _record(self, member: _Member, *entries: Entry) -> None:
        self._ledger.record(self._job.target.key, member.task.key, self._job.direction, entries)


@dataclass(frozen=True, slots=True)
class _GivenUp:
    """The call as a whole failed, and was tried as often as any is."""

    error: CloudError


_Result = StepResult | CloudError | _GivenUp


def _is_to_be_tried_alone(result: _Result) -> bool:
    return isinstance(result, (ThrottledError, TransientError))
