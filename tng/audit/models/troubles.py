"""What is wrong, grouped by its check."""

from dataclasses import dataclass

from tng.findings import Check, Finding


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding that is not about one device is about: "order PO-7 line 2", "target eu"."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class GeneralFinding:
    """A finding about an order line, a target or an input."""

    subject: Subject
    finding: Finding


@dataclass(frozen=True, slots=True)
class Affected:
    """An example of a trouble: the device (or subject), where it stands, what was found."""

    name: str
    source: str
    message: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """All findings of one check: ``count`` of them on ``devices`` devices, the first as examples.

    A trouble that is not about devices (``devices`` is 0) has its subjects as examples.
    """

    check: Check
    count: int
    devices: int
    examples: tuple[Affected, ...]
