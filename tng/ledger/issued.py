"""What the ledger remembers of certificates that were made of requests.

Read-only, and out of what the engine writes down of every step: the intent before the call,
afterwards the certificate's id as the step's note.
"""

import re
from datetime import UTC, datetime

from tng.clouds.interface import ISSUE, RememberedIssue
from tng.ledger.interface import Direction, Ledger, StepState

_CERTIFICATE_ID = re.compile(r"[0-9a-f]{64}")


def is_certificate_id(note: str) -> bool:
    """Whether the note of a step is a certificate's id, and not what went wrong."""
    return _CERTIFICATE_ID.fullmatch(note) is not None


class LedgerMemory:
    """A ledger as a `tng.clouds.interface.IssuedMemory`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._targets: frozenset[str] = frozenset()

    def issue(self, target: str, key: str) -> RememberedIssue:
        """What is known of the request ``key``; raises `LedgerError`."""
        if not self._knows(target):
            return RememberedIssue()
        step = self._ledger.memory(target, key, Direction.REGISTER).get((ISSUE, key))
        if step is None:
            return RememberedIssue()
        if step.state is StepState.ATTENTION:
            named = _CERTIFICATE_ID.search(step.note)
            return RememberedIssue(named[0] if named else "", problem=step.note)
        certificate_id = step.note if is_certificate_id(step.note) else ""
        # An undo that was begun doubts what was made; that a certificate was is not known better.
        doubted = step.state is StepState.UNDONE and step.made and not certificate_id
        unknown = step.state is StepState.INTENT or doubted
        return RememberedIssue(certificate_id, datetime.fromisoformat(step.at) if unknown else None)

    def certificates_since(self, target: str, since: datetime) -> frozenset[str]:
        """The ids that were noted since then; raises `LedgerError`."""
        if not self._knows(target):
            return frozenset()
        text = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        notes = self._ledger.notes(target, ISSUE, text)
        return frozenset(note for note in notes if is_certificate_id(note))

    def _knows(self, target: str) -> bool:
        if target not in self._targets:
            self._targets = frozenset(known.key for known in self._ledger.targets())
        return target in self._targets
