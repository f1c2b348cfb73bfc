"""The values that pass between the rooms: what was read, and what was found of it.

``decode`` makes `DeviceEntry` and `Undecodable`; ``verify`` turns the first into one
of the outcomes. All are frozen. What an input merely *claims* stays in
`DeviceEntry`; an outcome carries the `DeviceRecord` alone, so that nothing that
was not checked travels on.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tng.findings import Finding
from tng.x509.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was read: ``file`` as the user named it, and the place in it.

    A member of an archive is ``archive.zip!member``. ``entry`` counts the entries of
    a manifest or list from 1; ``line`` counts the lines of a text from 1.
    """

    file: str
    entry: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.entry is not None:
            return f"{self.file} entry {self.entry}"
        if self.line is not None:
            return f"{self.file} line {self.line}"
        return self.file


class Status(StrEnum):
    """The outcome of one device, as reports spell it."""

    VERIFIED = "verified"
    ATTESTED = "attested"
    UNVERIFIED = "unverified"
    REJECTED = "rejected"
    UNDECODABLE = "undecodable"


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """One certificate of one chip (or one Lite chip without a certificate).

    ``vendor`` is ``"microchip"``, ``"nxp"`` or ``"other"``. ``device_id`` is the
    chip's serial number (lower-case hex) from the *signed* payload, the UID for an
    SE05x, and otherwise the certificate's serial number in hex. ``part_number`` is the manifest's;
    of NXP's chips what the name of the issuer tells (``"SE050C1"``), of all what a table says
    where nothing better is known. ``object_id`` is the
    SE05x object or the Microchip slot that holds the certificate, as its vendor
    writes it (``"f0000101"``, ``"0"``). ``provisioned_at`` is the timestamp that the vendor
    signed; ``None`` where there is none.
    """

    source: Source
    vendor: str
    device_id: str
    part_number: str | None
    group_id: str | None
    object_id: str | None
    leaf: Certificate | None
    provisioned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ManifestEvidence:
    """What one signed Microchip manifest entry says; all of it still to be checked.

    ``signing_input`` and ``signature`` are the octets of RFC 7515 §5.2; the JWS header
    fields are ``None`` where absent. ``unique_id`` comes from the signed payload (lower
    case), ``header_unique_id`` from the unsigned header. ``key_spki`` is the DER
    SubjectPublicKeyInfo of the slot's JWK, ``None`` where the key type is not supported
    or the entry is Lite.
    """

    signing_input: bytes
    signature: bytes
    algorithm: str | None
    key_id: str | None
    certificate_thumbprint: str | None
    critical: tuple[str, ...]
    unique_id: str
    header_unique_id: str | None
    key_spki: bytes | None


@dataclass(frozen=True, slots=True)
class DumpEvidence:
    """What an SE05x dump says beside the certificate: UID (36 lower hex digits)."""

    uid: str | None


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """A decoded, unverified device: the record, what accompanies it, how it was read.

    ``issuers`` are certificates found beside the leaf; they are offered to the issuer
    walk and trusted by nobody.
    """

    record: DeviceRecord
    issuers: tuple[Certificate, ...]
    evidence: ManifestEvidence | DumpEvidence | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class AnchorReference:
    """Which trust anchor or signer vouched, and whether it came with the package."""

    id: str
    built_in: bool

    @property
    def origin(self) -> str:
        """In words, for people; what the user added should catch the eye."""
        return "built in" if self.built_in else "ADDED, not built in"


@dataclass(frozen=True, slots=True)
class VerifiedDevice:
    """Genuine: every check passed up to a pinned anchor. Only the verifier makes one.

    ``path`` names the issuers from the leaf's upwards to the anchor.
    """

    record: DeviceRecord
    leaf: Certificate
    issuers: tuple[Certificate, ...]
    path: tuple[str, ...]
    anchor: AnchorReference
    signer: AnchorReference | None
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """Always `Status.VERIFIED`."""
        return Status.VERIFIED


@dataclass(frozen=True, slots=True)
class AttestedDevice:
    """A genuine signed entry without a certificate (Lite): nothing to register."""

    record: DeviceRecord
    signer: AnchorReference
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """Always `Status.ATTESTED`."""
        return Status.ATTESTED


@dataclass(frozen=True, slots=True)
class UnverifiedDevice:
    """Nothing wrong was found, but the issuer or the signer is not at hand."""

    record: DeviceRecord
    issuers: tuple[Certificate, ...]
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """Always `Status.UNVERIFIED`."""
        return Status.UNVERIFIED


@dataclass(frozen=True, slots=True)
class RejectedDevice:
    """Something is wrong; at least one finding says what."""

    record: DeviceRecord
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """Always `Status.REJECTED`."""
        return Status.REJECTED


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A place in an input that could not be read; ``findings`` says why."""

    source: Source
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """Always `Status.UNDECODABLE`."""
        return Status.UNDECODABLE


JudgedDevice = VerifiedDevice | AttestedDevice | UnverifiedDevice | RejectedDevice
Outcome = JudgedDevice | Undecodable


@dataclass(frozen=True, slots=True)
class InputSummary:
    """One input after it was read to its end.

    ``sha256`` is of the file's bytes as they lie on disk (or, for a member of an
    archive, of its expanded bytes); empty if they could not all be read. ``kind`` is the
    decoder's name. ``entries`` counts what was found in it, readable or not.
    """

    path: str
    sha256: str
    kind: str
    entries: int
