"""What the check of a seal found."""

from dataclasses import dataclass
from enum import StrEnum

from tng.seal.statement import Statement

REPORT, OUTPUT = "report", "output"
"""Roles of sealed files; inputs have those of `tng.audit.models.InputRole`."""


class Signature(StrEnum):
    """What the signature proves."""

    TRUSTED = "trusted"
    """The key that was named made it."""
    UNTRUSTED = "untrusted"
    """It fits the key that the statement itself names: anybody could have made it."""
    OTHER_KEY = "other-key"
    """It was made with another key than the one that was named."""
    INVALID = "invalid"
    """It does not fit the statement."""


class FileState(StrEnum):
    """What became of a file since it was sealed."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    MISSING = "missing"
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file that a seal names; ``detail`` says why it was not checked or could not be read."""

    role: str
    path: str
    state: FileState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SealResult:
    """The whole check. ``statement`` is ``None`` where it could not be read.

    ``problem`` says in words what is wrong with statement or signature. Where these are not
    those of one key, ``files`` is empty: what such a statement says of files means nothing.
    ``inputs_required`` is whether the checker said where the inputs are.
    """

    signature: Signature
    statement: Statement | None
    problem: str
    files: tuple[CheckedFile, ...]
    inputs_required: bool = False

    @property
    def wrong(self) -> tuple[CheckedFile, ...]:
        """What fails the check: anything changed, or missing although its place was named."""
        return tuple(
            item
            for item in self.files
            if item.state is FileState.CHANGED
            or (item.state is FileState.MISSING and self._is_required(item))
        )

    def _is_required(self, item: CheckedFile) -> bool:
        return self.inputs_required or item.role in (REPORT, OUTPUT)

    @property
    def holds(self) -> bool:
        """Whether the key that was named sealed exactly what is there."""
        return self.signature is Signature.TRUSTED and not self.wrong
