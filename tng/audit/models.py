"""What an audit is: the values that every form of its report is made from.

All are frozen. An `Audit` holds no device itself but the shelf on which they lie, so that
a report of a million devices needs no memory for them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tng.findings import Check, Finding, Severity
from tng.models import AnchorReference, Source, Status
from tng.orders import OrderLine

# ---------------------------------------------------------------- one device


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What the report tells of a leaf certificate.

    ``sha256`` is of the DER, lower hex; ``serial_number`` hex; names are common names.
    """

    sha256: str
    serial_number: str
    subject: str | None
    issuer: str | None
    not_before: datetime
    not_after: datetime


class Delivery(StrEnum):
    """How a device stands to what was ordered."""

    AS_ORDERED = "as-ordered"
    OVER = "over"
    """The part was ordered, but not so many."""
    NOT_ORDERED = "not-ordered"
    """No line orders this part (or this group of it)."""
    NOT_LISTED = "not-listed"
    """The part was ordered by serial numbers, and this one is not among them."""
    NOT_GENUINE = "not-genuine"
    """It would be delivered against the line, but it is not accepted."""


@dataclass(frozen=True, slots=True)
class OrderMatch:
    """Which line a device was delivered against: ``line`` is its index, ``None`` for none."""

    delivery: Delivery
    order: str
    line: int | None


class Standing(StrEnum):
    """How a device stands on a target, against where it should be."""

    IN_PLACE = "in-place"
    """Registered as wanted."""
    INCOMPLETE = "incomplete"
    """Registered, but something is missing (policy, thing, group)."""
    DIFFERENT = "different"
    """Registered in another state than wanted (inactive, disabled, other settings)."""
    CONFLICT = "conflict"
    """Something else has its place (a thing of its name with another certificate)."""
    MISSING = "missing"
    """Genuine, and not there."""
    UNEXPECTED = "unexpected"
    """There, although it is not genuine or must not be registered."""
    ABSENT = "absent"
    """Not there, as it should be for what is not genuine."""
    UNKNOWN = "unknown"
    """The target could not be read."""


@dataclass(frozen=True, slots=True)
class DeviceStanding:
    """A device on one target: ``name`` there (thing, registration id), differences in words."""

    target: str
    standing: Standing
    name: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditedDevice:
    """One outcome with all that the audit found of it; several may be of one chip.

    ``number`` counts the outcomes in input order from 1. ``findings`` are those of reading and
    verifying, then those of the reconciliation and of the targets.
    """

    number: int
    status: Status
    vendor: str | None
    device_id: str | None
    part_number: str | None
    group_id: str | None
    object_id: str | None
    provisioned_at: datetime | None
    certificate: CertificateFacts | None
    anchor: AnchorReference | None
    signer: AnchorReference | None
    path: tuple[str, ...]
    source: Source
    findings: tuple[Finding, ...]
    order: OrderMatch | None
    standings: tuple[DeviceStanding, ...]

    @property
    def accepted(self) -> bool:
        """Whether it is genuine: verified, or attested without a certificate."""
        return self.status in (Status.VERIFIED, Status.ATTESTED)

    @property
    def heaviest(self) -> Severity | None:
        """The heaviest severity of its findings."""
        ranked = max(self.findings, key=lambda item: item.severity.rank, default=None)
        return ranked.severity if ranked else None


class Shelf(Protocol):
    """Where the devices of an audit lie, in input order; may be walked any number of times."""

    def __iter__(self) -> Iterator[AuditedDevice]: ...

    def __len__(self) -> int: ...


# ---------------------------------------------------------------- orders


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one order line; all counts are in chips.

    ``delivered`` counts all genuine chips, at most ``line.quantity`` of which are as ordered;
    ``over`` is how many of them are more. ``not_genuine`` came as well and are not accepted.
    ``missing`` are the first serials of the line that did not come, ``missing_count`` is how
    many; they are known only where as many are listed as were ordered.
    """

    line: OrderLine
    delivered: int
    over: int
    not_genuine: int
    missing: tuple[str, ...]
    missing_count: int

    @property
    def short(self) -> int:
        """How many of those ordered did not come."""
        return max(0, self.line.quantity - self.delivered)


@dataclass(frozen=True, slots=True)
class UnorderedPart:
    """Genuine chips of a part (and group) that count for no line; ``None`` where unknown."""

    part_number: str | None
    group_id: str | None
    chips: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two inputs that hold the same devices."""

    first: str
    second: str
    devices: int


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """An earlier audit that saw some of these devices in another input.

    ``at`` is that audit's time (RFC 3339), ``source`` the input that it read.
    """

    at: str
    source: str
    devices: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Deliveries against orders."""

    lines: tuple[LineResult, ...]
    unordered: tuple[UnorderedPart, ...]


# ---------------------------------------------------------------- targets


@dataclass(frozen=True, slots=True)
class HeldElsewhere:
    """A device that the ledger says `tng` registered on a target that was not asked about."""

    target: str
    devices: int


@dataclass(frozen=True, slots=True)
class UnknownDevice:
    """What a target holds that is in no source: by its certificate's SHA-256 and its name.

    ``recorded`` says that the ledger knows it as registered by this tool.
    """

    key: str
    name: str
    recorded: bool


@dataclass(frozen=True, slots=True)
class AuditedTarget:
    """One target: what stands there, and what else does.

    ``place`` is account and region, or host. ``counts`` are devices by standing. ``unknown``
    are the first devices in no source, ``unknown_count`` is how many of them the ledger does not
    know either, ``recorded_count`` how many it does; where not all that it holds was ``listed``,
    nobody looked for them. ``problem`` says why it was not read.
    """

    name: str
    cloud: str
    place: str
    facts: tuple[tuple[str, str], ...]
    counts: Mapping[Standing, int]
    unknown: tuple[UnknownDevice, ...]
    unknown_count: int
    recorded_count: int
    problem: str
    listed: bool = True


# ---------------------------------------------------------------- the whole


class InputRole(StrEnum):
    """What a file was read as."""

    SOURCE = "source"
    ORDER = "order"
    TRUST_ANCHOR = "trust-anchor"
    MANIFEST_SIGNER = "manifest-signer"
    INTERMEDIATE = "intermediate"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class AuditInput:
    """A file that the audit rests on; ``sha256`` is empty where it could not all be read."""

    role: InputRole
    path: str
    sha256: str
    kind: str
    entries: int


@dataclass(frozen=True, slots=True)
class UsedAnchor:
    """An anchor or manifest signer that vouched for something.

    ``role`` is its part (root, intermediate, manifest-signer), ``sha256`` the fingerprint of its
    certificate, ``devices`` how many outcomes rest on it, ``source`` where it was published.
    """

    reference: AnchorReference
    role: str
    subject: str
    sha256: str
    source: str
    devices: int


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
    where unknown), as (accepted, others). ``provisioned`` counts by month of provisioning (the
    signed timestamp, otherwise the certificate's begin), ``ends`` by year of the
    certificates' end; certificates without end (RFC 5280 §4.1.2.5) are under ``"none"``.
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
