"""What happened to one step so far, and what is written down of how it ended. Pure."""

from dataclasses import dataclass
from typing import assert_never

from tng.clouds.interface import (
    AttentionStep,
    CloudError,
    DoneStep,
    StepResult,
    TransientError,
)
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Intent,
    Retraction,
    StepMark,
    StepMemory,
    StepState,
)
from tng.plan.models import Step


@dataclass(slots=True)
class Attempt:
    """One step that is being made; ``unknown``: a call of it may have taken effect."""

    step: Step
    intent: Intent
    before: StepMemory | None
    unknown: bool

    @classmethod
    def begin(
        cls, position: int, step: Step, before: StepMemory | None, *, inspected: bool
    ) -> "Attempt":
        """The attempt at ``step``, of which the ledger remembers ``before``."""
        unknown = before is not None and before.state is StepState.INTENT
        absent = inspected or (before is not None and unknown and before.absent)
        return cls(step, Intent(step.operation, step.subject, position, absent), before, unknown)

    def retraction(self) -> Retraction:
        """What undoes the intent, where no call was made."""
        previous = None if self.before is None else self.before.state
        return Retraction(self.step.operation, self.step.subject, previous)

    def marks(self, result: StepResult | CloudError) -> tuple[StepMark, DeviceMark | None]:
        """The step's end, and the device's where it ends with it."""
        match result:
            case DoneStep():
                return self._done(result), None
            case AttentionStep():
                return self._attention(result)
            case CloudError():
                return self._failed(result)
        assert_never(result)

    @property
    def _made_before(self) -> bool:
        return self.before is not None and self.before.made

    def _done(self, result: DoneStep) -> StepMark:
        own = not result.already or (self.unknown and self.intent.absent)
        return StepMark(
            self.step.operation,
            self.step.subject,
            StepState.DONE,
            made=own or self._made_before,
            already=result.already,
            note=result.note,
        )

    def _attention(self, result: AttentionStep) -> tuple[StepMark, DeviceMark]:
        step = StepMark(
            self.step.operation,
            self.step.subject,
            StepState.ATTENTION,
            made=self._made_before,
            already=True,
            note=result.reason,
        )
        return step, DeviceMark(DeviceState.ATTENTION, result.reason)

    def _failed(self, error: CloudError) -> tuple[StepMark, DeviceMark]:
        # Whatever came last: after a call of unknown outcome it stays an intent, or else what
        # that call may have made would not be known as one's own.
        lost = self.unknown or isinstance(error, TransientError)
        step = StepMark(
            self.step.operation,
            self.step.subject,
            StepState.INTENT if lost else StepState.FAILED,
            made=self._made_before,
            note=error.message,
            code=error.code,
        )
        reason = f"{self.step.operation}: {error.code}: {error.message}"
        return step, DeviceMark(DeviceState.FAILED, reason, error.code)
