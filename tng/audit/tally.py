"""Counting what the charts show, while the outcomes pass by. Pure."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tng.audit.models import Tally
from tng.models import (
    AnchorReference,
    AttestedDevice,
    Outcome,
    Status,
    Undecodable,
    VerifiedDevice,
)

NO_END = "none"
_LAST_YEAR = 9999
"""99991231235959Z means that a certificate has no end (RFC 5280 §4.1.2.5)."""


@dataclass(slots=True)
class TallyCounter:
    """Counts of a run; `result` freezes them."""

    _statuses: Counter[Status] = field(default_factory=Counter)
    _parts: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    _provisioned: Counter[str] = field(default_factory=Counter)
    _ends: Counter[str] = field(default_factory=Counter)
    vouching: Counter[AnchorReference] = field(default_factory=Counter)
    """Outcomes by the anchors and by the signers that vouch for them."""

    def add(self, outcome: Outcome) -> None:
        """Count one outcome. Only what is genuine has dates worth to be shown."""
        self._statuses[outcome.status] += 1
        if isinstance(outcome, Undecodable):
            return
        genuine = isinstance(outcome, VerifiedDevice | AttestedDevice)
        self._parts[outcome.record.part_number or ""][not genuine] += 1
        if isinstance(outcome, VerifiedDevice | AttestedDevice):
            self._count_genuine(outcome)

    def _count_genuine(self, outcome: VerifiedDevice | AttestedDevice) -> None:
        leaf = outcome.record.leaf
        made = outcome.record.provisioned_at or (leaf.not_before if leaf else None)
        if made is not None:
            self._provisioned[f"{made.year:04}-{made.month:02}"] += 1
        if leaf is not None:
            end = leaf.not_after.year
            self._ends[NO_END if end == _LAST_YEAR else f"{end:04}"] += 1
        if isinstance(outcome, VerifiedDevice):
            self.vouching[outcome.anchor] += 1
        if outcome.signer is not None:
            self.vouching[outcome.signer] += 1

    def result(self, chips: int, accepted_chips: int) -> Tally:
        """The counts; ``chips`` are distinct ones, which only the spool knows."""
        return Tally(
            statuses={status: self._statuses[status] for status in Status},
            chips=chips,
            accepted_chips=accepted_chips,
            parts={part: (good, bad) for part, (good, bad) in sorted(self._parts.items())},
            provisioned=dict(sorted(self._provisioned.items())),
            ends=dict(sorted(self._ends.items())),
        )
