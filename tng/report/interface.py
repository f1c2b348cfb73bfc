"""What a report format plugs in, and what every format is told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tng.findings import Severity
from tng.models import (
    AnchorReference,
    AttestedDevice,
    InputSummary,
    Outcome,
    Status,
    VerifiedDevice,
)


@dataclass(frozen=True, slots=True)
class ReportContext:
    """How the devices were judged: the time, strictness, and what the user added to trust.

    ``added`` are (role, id, source file) of the anchors and signers that vouch by the user's
    word. Intermediates are not among them: they vouch for nothing by themselves.
    """

    tool_version: str
    at: datetime
    strict: bool
    added: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class Summary:
    """Counts of a run, kept while its outcomes pass by."""

    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    vouching: Counter[AnchorReference] = field(default_factory=Counter)
    heaviest: Severity | None = None

    def add(self, outcome: Outcome) -> None:
        """Count one outcome, its findings, and the anchor (Lite: the signer) that vouches."""
        self.statuses[outcome.status.value] += 1
        if isinstance(outcome, VerifiedDevice):
            self.vouching[outcome.anchor] += 1
        elif isinstance(outcome, AttestedDevice):
            self.vouching[outcome.signer] += 1
        for item in outcome.findings:
            self.codes[item.code] += 1
            if self.heaviest is None or item.severity.rank > self.heaviest.rank:
                self.heaviest = item.severity

    @property
    def total(self) -> int:
        """Number of outcomes."""
        return self.statuses.total()

    def outcome_counts(self) -> dict[str, int]:
        """Counts by outcome, every outcome named."""
        return {status.value: self.statuses[status.value] for status in Status}

    def fails(self, threshold: Severity | None) -> bool:
        """Whether a finding is as heavy as the threshold; ``None`` is never reached."""
        return (
            threshold is not None
            and self.heaviest is not None
            and self.heaviest.rank >= threshold.rank
        )


class Report(Protocol):
    """One form of output; writes as it goes, so that memory stays flat."""

    def begin(self, context: ReportContext) -> None:
        """Write what comes before the devices."""

    def item(self, outcome: Outcome) -> None:
        """Write one device."""

    def end(self, inputs: Sequence[InputSummary], summary: Summary) -> None:
        """Write what comes after them."""
