"""Counts of a run: outcomes, findings, and who vouched. Nothing of a single device is kept."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tng.findings import CHECKS, Severity
from tng.models import AnchorReference, AttestedDevice, Outcome, Status, VerifiedDevice

Kind = tuple[Status, tuple[str, ...], AnchorReference | None]
"""What is counted of an outcome: status, codes of its findings, and who vouches for it."""


def kind_of(outcome: Outcome) -> Kind:
    """The kind of an outcome; thousands of devices share theirs."""
    vouching = None
    if isinstance(outcome, VerifiedDevice):
        vouching = outcome.anchor
    elif isinstance(outcome, AttestedDevice):
        vouching = outcome.signer
    return outcome.status, tuple([item.code for item in outcome.findings]), vouching


@dataclass(slots=True)
class Summary:
    """Counts of a run, kept while its outcomes pass by."""

    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    vouching: Counter[AnchorReference] = field(default_factory=Counter)
    heaviest: Severity | None = None

    def add(self, outcome: Outcome) -> None:
        """Count one outcome, its findings, and the anchor (Lite: the signer) that vouches."""
        self.count(kind_of(outcome))

    def count(self, kind: Kind, times: int = 1) -> None:
        """Count outcomes of one kind."""
        status, codes, vouching = kind
        self.statuses[status.value] += times
        if vouching is not None:
            self.vouching[vouching] += times
        self.note(codes, times)

    def note(self, codes: Iterable[str], times: int = 1) -> None:
        """Count findings of what is no outcome of the verifier (a request for a certificate)."""
        for code in codes:
            self.codes[code] += times
            severity = CHECKS[code].severity
            if self.heaviest is None or severity.rank > self.heaviest.rank:
                self.heaviest = severity

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
