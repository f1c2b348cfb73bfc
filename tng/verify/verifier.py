"""The verifier: the only place where a `VerifiedDevice` is made.

The procedure for one device:

1. Manifest entries: find the pinned signer by key id and certificate thumbprint.
2. Take the algorithm from the pinned key; refuse another one, and unknown demands.
3. Check the signature over protected header and payload.
4. Compare the provisioning time and today with the signer's validity.
5. Compare header id, signed id and certificate id, and the slot's key with the certificate's.
6. SE05x dumps: compare the UID with the serial number; tell attestation and
   connectivity certificates from cloud ones.
7. Check the device certificate itself (not a CA, usable for signatures).
8. Walk from the leaf to a pinned anchor: signatures, CA flags, path lengths, key usages,
   validity, revocations, demonstration CAs, look-alikes (`tng.verify.chain`).
9. Judge: a finding that rejects outweighs one that leaves the device unverified; a device
   with neither is verified, or attested if the vendor signed for it without a certificate.

Duplicates are found across devices, behind the verifier (`tng.verify.duplicates`).
"""

from tng.findings import Effect, Finding
from tng.models import (
    AttestedDevice,
    DeviceEntry,
    DumpEvidence,
    JudgedDevice,
    ManifestEvidence,
    RejectedDevice,
    UnverifiedDevice,
    VerifiedDevice,
)
from tng.trust.anchor import Anchor
from tng.trust.store import TrustStore
from tng.verify.chain import Chain, IssuerWalk
from tng.verify.device import check_leaf, check_se05x
from tng.verify.manifest_entry import (
    check_identities,
    check_signature,
    check_times,
    find_signer,
)
from tng.verify.policy import VerificationPolicy
from tng.x509.certificate import Certificate


class Verifier:
    """Judges devices one by one; pure, and safe to be used by several threads."""

    def __init__(self, store: TrustStore, policy: VerificationPolicy) -> None:
        self.store = store
        self.policy = policy
        self._walk = IssuerWalk(store, policy.at)

    def __reduce__(self) -> tuple[type["Verifier"], tuple[TrustStore, VerificationPolicy]]:
        # What was remembered stays behind when the verifier goes to another process.
        return Verifier, (self.store, self.policy)

    def judge(self, entry: DeviceEntry) -> JudgedDevice:
        """The outcome of one decoded device (the procedure is the module's docstring)."""
        found = list(entry.findings)
        signer = None
        evidence = entry.evidence
        if isinstance(evidence, ManifestEvidence):
            signer = self._check_manifest_entry(entry, evidence, found)
        leaf = entry.record.leaf
        chain = None
        if leaf is not None:
            if isinstance(evidence, DumpEvidence):
                found += check_se05x(entry, evidence, leaf)
            found += check_leaf(leaf)
            chain = self._walk.from_leaf(leaf, entry.issuers)
            found += chain.findings
            found += chain.leaf_findings(leaf)
        return _outcome(entry, leaf, chain, signer, tuple(found))

    def _check_manifest_entry(
        self, entry: DeviceEntry, evidence: ManifestEvidence, found: list[Finding]
    ) -> Anchor | None:
        signer = find_signer(evidence, self.store)
        if isinstance(signer, Finding):
            found.append(signer)
            found += check_identities(entry, evidence)
            return None
        found += check_signature(evidence, signer)
        found += check_times(entry.record.provisioned_at, signer, self.policy)
        found += check_identities(entry, evidence)
        return signer


def _outcome(
    entry: DeviceEntry,
    leaf: Certificate | None,
    chain: Chain | None,
    signer: Anchor | None,
    found: tuple[Finding, ...],
) -> JudgedDevice:
    is_unverified = False
    for item in found:
        if item.effect is Effect.REJECTED:
            return RejectedDevice(entry.record, found)
        is_unverified = is_unverified or item.effect is Effect.UNVERIFIED
    if is_unverified:
        return UnverifiedDevice(entry.record, entry.issuers, found)
    if leaf is not None and chain is not None and chain.anchor is not None:
        reference = signer.reference if signer else None
        return VerifiedDevice(
            entry.record, leaf, chain.issuers, chain.path, chain.anchor, reference, found
        )
    if leaf is None and signer is not None:
        return AttestedDevice(entry.record, signer.reference, found)
    # Unreachable with the checks as they are: whatever keeps a device from being
    # verified is a finding. Should a check forget its finding, nothing gets in.
    return UnverifiedDevice(entry.record, entry.issuers, found)
