"""The types of trust material. Nothing here decides whether a device is genuine."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tng.models import AnchorReference
from tng.x509.certificate import Certificate
from tng.x509.keys import PublicKey


class Role(StrEnum):
    """What a piece of trust material may vouch for."""

    DEVICE_ROOT = "device-root"
    INTERMEDIATE = "intermediate"
    MANIFEST_SIGNER = "manifest-signer"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One pinned key with what is known of its certificate.

    ``subject`` is a set of (OID, text) pairs: it only selects candidates, the key decides.
    ``issuer_id`` names the anchor above, for intermediates that ship with the package.
    ``key_id`` and ``thumbprint`` are the JWS ``kid`` and ``x5t#S256`` of a manifest
    signer. ``revoked`` is the vendor's statement, ``None`` if there is none. ``trusted`` is
    false for material that is known but vouches for nothing.
    """

    id: str
    vendor: str
    role: Role
    subject: frozenset[tuple[str, str]]
    subject_text: str
    public_key: PublicKey
    not_before: datetime
    not_after: datetime
    certificate_sha256: str
    spki_sha256: str
    serial_number: str
    subject_key_identifier: bytes | None
    path_length: int | None
    issuer_id: str | None
    key_id: str | None
    thumbprint: str | None
    revoked: str | None
    note: str
    source: str
    built_in: bool
    trusted: bool

    @property
    def reference(self) -> AnchorReference:
        """How outcomes and reports name it."""
        return AnchorReference(self.id, self.built_in)


@dataclass(frozen=True, slots=True)
class RevokedName:
    """An issuer that a vendor revoked and whose key is not at hand: known by its CN alone."""

    common_name: str
    statement: str


@dataclass(frozen=True, slots=True)
class DemoAuthority:
    """A demonstration hierarchy whose private keys are public, known by its OU."""

    organizational_unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrustMaterial:
    """Everything the store is made of. ``intermediates`` are offered, not trusted."""

    anchors: tuple[Anchor, ...]
    revoked_names: tuple[RevokedName, ...] = ()
    demo_authorities: tuple[DemoAuthority, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
