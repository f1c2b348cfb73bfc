"""Checks of the device certificate itself, and of what an SE05x dump says beside it.

Source: RFC 5280 §4.2.1, NXP AN12436 rev 2.4 tables 8-15 (objects) and the middleware's
certificate profile (serial number = UID and two more bytes).
"""

import re
from collections.abc import Iterator

from tng.findings import Finding, finding
from tng.models import DeviceEntry, DumpEvidence
from tng.x509.certificate import Certificate

_ATTESTATION_OBJECTS = frozenset({"f0000010", "f0000011", "f0000012", "f0000013"})
_CONNECTIVITY_OBJECTS = frozenset(f"f000000{digit}" for digit in range(8))
_ATTESTATION_NAME = re.compile(r"Attest-[0-9A-Fa-f]{36}")
_ATTESTATION_ISSUER = "NXP Intermediate-Attestation"
_CONNECTIVITY_ISSUER = "NXP Intermediate-Connectivity"


def check_leaf(leaf: Certificate) -> Iterator[Finding]:
    """What a device certificate must and should be."""
    if leaf.extensions.is_ca:
        yield finding("leaf-is-ca", f"{leaf.subject} is CA:TRUE")
    usage = leaf.extensions.key_usage
    if usage is not None and "digitalSignature" not in usage:
        listed = ", ".join(sorted(usage)) or "nothing"
        yield finding("leaf-key-usage", f"{leaf.subject} is for {listed}")


def check_se05x(entry: DeviceEntry, evidence: DumpEvidence, leaf: Certificate) -> Iterator[Finding]:
    """UID = serial number; attestation and connectivity objects."""
    uid = evidence.uid
    if uid is not None and not leaf.serial_hex.startswith(uid):
        message = f"the dump says {uid}, the certificate's serial number is {leaf.serial_hex}"
        yield finding("uid-serial-mismatch", message)
    object_id = entry.record.object_id
    issuer = leaf.issuer.common_name or ""
    if (
        object_id in _ATTESTATION_OBJECTS
        or issuer.startswith(_ATTESTATION_ISSUER)
        or _ATTESTATION_NAME.fullmatch(leaf.subject.common_name or "")
    ):
        yield finding("nxp-attestation-object", f"{object_id or 'the object'}: {leaf.subject}")
    elif object_id in _CONNECTIVITY_OBJECTS or issuer.startswith(_CONNECTIVITY_ISSUER):
        yield finding("nxp-connectivity-object", f"{object_id or 'the object'}: {leaf.subject}")
