"""The whole audit, with its verdict and its counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tng.audit.models.devices import Shelf
from tng.audit.models.evidence import AuditInput, UsedAnchor
from tng.audit.models.orders import Overlap, Reconciliation, SeenBefore
from tng.audit.models.targets import AuditedTarget, HeldElsewhere
from tng.audit.models.troubles import GeneralFinding, Trouble
from tng.findings import Check, Severity
from tng.models import Status


class Decision(StrEnum):
    """The verdict's heart."""

    ACCEPT = "accept"
    """Nothing heavier than a notice."""
    ACCEPT_WITH_REMARKS = "accept-with-remarks"
    """Warnings, no errors."""
    DO_NOT_ACCEPT = "do-not-accept"
    """Errors: something is not genuine, not as ordered or not where it should be."""
    NOTHING = "nothing"
    """There was nothing to judge."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in one sentence, and the reasons in a few words each, heaviest first."""

    decision: Decision
    sentence: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What the charts show. Months are ``"2024-07"``; parts and anchors are as in the inputs.

    ``statuses`` counts outcomes; ``chips`` counts distinct chips, ``accepted_chips`` those of
    them that are genuine. ``parts`` counts accepted and other outcomes by part number (``""``
    where unknown), as (accepted, others); beyond a thousand, those of which nothing is accepted
    are counted together. ``provisioned`` counts by month of provisioning (the signed timestamp,
    otherwise the certificate's begin), ``ends`` by year of the certificates' end; certificates
    without end (RFC 5280 §4.1.2.5) are under ``"none"``.
    """

    statuses: Mapping[Status, int]
    chips: int
    accepted_chips: int
    parts: Mapping[str, tuple[int, int]]
    provisioned: Mapping[str, int]
    ends: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Making:
    """How the report was made. ``command`` holds the words that decide its content alone.

    ``added`` are (role, id, source file) of what the user added to trust.
    """

    tool_version: str
    at: datetime
    strict: bool
    command: str
    added: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that a report says. ``checks`` are all checks that were run."""

    making: Making
    verdict: Verdict
    tally: Tally
    troubles: tuple[Trouble, ...]
    general: tuple[GeneralFinding, ...]
    reconciliation: Reconciliation | None
    overlaps: tuple[Overlap, ...]
    seen_before: tuple[SeenBefore, ...]
    targets: tuple[AuditedTarget, ...]
    elsewhere: tuple[HeldElsewhere, ...]
    inputs: tuple[AuditInput, ...]
    anchors: tuple[UsedAnchor, ...]
    checks: tuple[Check, ...]
    devices: Shelf

    @property
    def heaviest(self) -> Severity | None:
        """The heaviest severity of any finding."""
        return max(
            (trouble.check.severity for trouble in self.troubles),
            key=lambda severity: severity.rank,
            default=None,
        )
