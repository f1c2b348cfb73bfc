"""How a device's trial may fail, for every command that makes one: word, reason, exit code."""

from dataclasses import dataclass
from enum import Enum

from tng.errors import TngError
from tng.exit_codes import ExitCode


class TrialError(TngError):
    """The device did not get there; the exit code says which kind of end that was."""

    def __init__(self, message: str, hint: str, exit_code: ExitCode) -> None:
        super().__init__(message, hint)
        self.exit_code = exit_code


class End(Enum):
    """The kinds of failure: ``status`` in reports, and the exit code."""

    REFUSED = ("refused", ExitCode.REFUSED)
    UNFINISHED = ("unfinished", ExitCode.PARTIAL)
    UNREACHED = ("unreached", ExitCode.UNUSABLE)

    def __init__(self, status: str, exit_code: ExitCode) -> None:
        self.status = status
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class TrialFailure:
    """One end that is not the one hoped for; ``reason`` is a stable word for scripts."""

    end: End
    reason: str
    message: str
    hint: str

    @property
    def members(self) -> dict[str, object]:
        """What reports say of it, by name."""
        return {
            "status": self.end.status,
            "reason": self.reason,
            "message": self.message,
            "hint": self.hint,
        }

    @property
    def error(self) -> TrialError:
        """What ends the command."""
        return TrialError(self.message, self.hint, self.end.exit_code)
