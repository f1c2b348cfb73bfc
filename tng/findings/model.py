"""The types of findings and checks."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs; ``--fail-on`` names the lightest that fails a run."""

    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Position from lightest (0) to heaviest, for comparisons."""
        return _RANKS[self]


_RANKS = {Severity.NOTICE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


class Effect(StrEnum):
    """What a finding means for the device that it was made on."""

    NONE = "none"
    """The device keeps its outcome."""
    UNVERIFIED = "unverified"
    """Something needed to judge the device is not at hand."""
    REJECTED = "rejected"
    """Something is wrong with the device."""
    UNDECODABLE = "undecodable"
    """There is nothing to judge: the bytes could not be read."""
    INELIGIBLE = "ineligible"
    """Genuine, but must not be registered as it is."""


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table: what is checked, how heavy it is, and what to do about it.

    ``code`` is stable across releases. ``source`` names the RFC section or vendor
    document that the check rests on.
    """

    code: str
    severity: Severity
    effect: Effect
    title: str
    meaning: str
    remedy: str
    source: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed about one device, input or target.

    ``message`` names what was found and what was expected. ``effect`` and
    ``severity`` are the check's, unless a stricter policy raised them.
    """

    code: str
    severity: Severity
    effect: Effect
    message: str
