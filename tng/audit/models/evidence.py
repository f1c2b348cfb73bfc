"""What an audit rests on."""

from dataclasses import dataclass
from enum import StrEnum

from tng.models import AnchorReference


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
