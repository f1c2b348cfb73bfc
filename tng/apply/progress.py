"""What the engine tells while it works; how that is shown is the command line's business."""

from typing import Protocol

from tng.ledger.interface import DeviceState
from tng.plan.models import TargetDescription


class Progress(Protocol):
    """Told by several threads at once; must return quickly and never raise."""

    def begin(self, target: TargetDescription, total: int) -> None:
        """Work on ``total`` devices of a target begins."""

    def finished(self, target: str, state: DeviceState) -> None:
        """One device of the target with that key reached ``state``."""

    def throttled(self, target: str, operation: str) -> None:
        """The cloud said that ``operation`` is called too fast."""

    def end(self, target: str, message: str) -> None:
        """Nothing more is done on the target; ``message`` says why if it was cut short."""


class NoProgress:
    """Tells nobody."""

    def begin(self, target: TargetDescription, total: int) -> None:
        """Do nothing."""

    def finished(self, target: str, state: DeviceState) -> None:
        """Do nothing."""

    def throttled(self, target: str, operation: str) -> None:
        """Do nothing."""

    def end(self, target: str, message: str) -> None:
        """Do nothing."""
