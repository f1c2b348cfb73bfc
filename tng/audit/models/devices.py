"""One audited device, and the shelf on which all of them lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tng.findings import Finding, Severity
from tng.models import AnchorReference, Source, Status


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
