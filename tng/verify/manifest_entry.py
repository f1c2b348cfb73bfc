"""The checks of a signed manifest entry: signer, algorithm, signature, times, identities.

Source: RFC 7515 §5.2 and Microchip's manifest format. The signer is found by key id
*and* certificate thumbprint; signers are never tried in turn.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from tng.findings import Finding, finding
from tng.models import DeviceEntry, ManifestEvidence
from tng.trust.anchor import Anchor
from tng.trust.store import TrustStore
from tng.verify.policy import VerificationPolicy
from tng.verify.signatures import jws_algorithm, jws_verifies

_CHIP_NAME = re.compile(r"(?:sn)?([0-9A-Fa-f]{18})(?: [0-9A-Fa-f]{16})?(?: ATECC)?")
"""Common names of genuine parts: ``sn<id>``, ``<id> ATECC``, ``<id> <DevEUI> ATECC``."""


def find_signer(evidence: ManifestEvidence, store: TrustStore) -> Anchor | Finding:
    """Step 1: the pinned signer that the entry names, or the finding that there is none."""
    key_id, thumbprint = evidence.key_id, evidence.certificate_thumbprint
    if key_id is not None and thumbprint is not None:
        signer = store.signer(key_id, thumbprint)
        if signer is not None:
            return signer
    return finding("manifest-signer-unknown", _unknown_signer(key_id, thumbprint, store))


def _unknown_signer(key_id: str | None, thumbprint: str | None, store: TrustStore) -> str:
    named = f"kid {key_id or 'absent'}, x5t#S256 {thumbprint or 'absent'}"
    known = store.known_signer(key_id) if key_id else None
    if known is None:
        return f"no known signer has {named}"
    if known.thumbprint != thumbprint:
        return f"{known.id} has this key id but another certificate: {named}"
    return (
        f"{known.id} ({known.subject_text}, certificate SHA-256 {known.certificate_sha256}) is "
        "known but not trusted by itself; pass its certificate with --manifest-signer"
    )


def check_signature(evidence: ManifestEvidence, signer: Anchor) -> Iterator[Finding]:
    """Steps 2 and 3: the pinned key's own algorithm, no unknown demands, then the signature."""
    expected = jws_algorithm(signer.public_key)
    if expected is None or evidence.algorithm != expected:
        message = f"the entry says {evidence.algorithm!r}, the key of {signer.id} is for {expected}"
        yield finding("manifest-algorithm-mismatch", message)
    elif evidence.critical:
        message = f"crit demands {', '.join(evidence.critical)[:80]}"
        yield finding("manifest-critical-header", message)
    elif not jws_verifies(signer.public_key, evidence.signing_input, evidence.signature):
        message = f"the signature is not one of {signer.id} over this entry"
        yield finding("manifest-signature-invalid", message)


def check_times(
    made: datetime | None, signer: Anchor, policy: VerificationPolicy
) -> Iterator[Finding]:
    """Step 4: provisioning time and today against the signer's validity."""
    if made is not None and not signer.not_before <= made <= signer.not_after:
        code = "manifest-time-refused" if policy.strict else "manifest-time-outside-signer"
        yield finding(code, f"provisioned {_day(made)}, {signer.id} is valid {_window(signer)}")
    if policy.at > signer.not_after:
        message = f"{signer.id} was valid until {_day(signer.not_after)}"
        yield finding("manifest-signer-expired", message)


def check_identities(entry: DeviceEntry, evidence: ManifestEvidence) -> Iterator[Finding]:
    """Step 5: header id = signed id = certificate's id, and slot key = certificate's key."""
    signed = evidence.unique_id
    header = evidence.header_unique_id
    if header is not None and header.lower() != signed.lower():
        message = f"the header says {header[:80]!r}, the signed payload {signed}"
        yield finding("manifest-header-id-mismatch", message)
    leaf = entry.record.leaf
    if leaf is None:
        yield finding("certificate-absent", "the signed entry has no certificate (Lite)")
        return
    named = _CHIP_NAME.fullmatch(leaf.subject.common_name or "")
    if named is None:
        message = f"the common name is {leaf.subject.common_name!r}"
        yield finding("certificate-names-no-id", message)
    elif named[1].lower() != signed.lower():
        message = f"the certificate says {named[1].lower()}, the signed payload {signed}"
        yield finding("certificate-id-mismatch", message)
    if evidence.key_spki is None:
        yield finding("key-not-compared", f"key {entry.record.object_id} is of an unknown kind")
    elif evidence.key_spki != leaf.public_key.spki:
        message = f"key {entry.record.object_id} is not the key of its certificate"
        yield finding("key-certificate-mismatch", message)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _window(signer: Anchor) -> str:
    return f"{_day(signer.not_before)} to {_day(signer.not_after)}"
