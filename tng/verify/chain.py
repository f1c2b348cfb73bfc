"""The issuer walk: from the leaf up to a pinned key (RFC 5280 §6.1, adapted).

Adapted to what these vendors issue: anchors are keys, not names; a device may
outlive its issuer; key identifiers and the key usage of an issuer may be absent. What
an issuer proved once is remembered, since the devices of a batch share it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from tng.findings import Finding, finding
from tng.models import AnchorReference
from tng.trust.anchor import Anchor
from tng.trust.store import TrustStore
from tng.verify.signatures import certificate_verifies, is_weak
from tng.x509.certificate import Certificate, SignatureAlgorithm
from tng.x509.names import Name

MAX_ISSUERS = 8
"""Twice the longest genuine chain."""

_REMEMBERED = 256
"""Issuers whose chains are remembered: many more than one batch has."""

_REMEMBERED_BYTES = 12 * 1024
"""What may stand beside a certificate whose issuers are remembered, `MAX_ISSUERS` genuine ones of
RSA-4096: so that a few megabytes remember all that can be."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A walk that ended: at a pinned anchor, or (``anchor`` is ``None``) at a finding.

    ``issuers`` are the certificates that were walked through, ``path`` the common names
    from the leaf's issuer to the topmost known anchor. ``leaf_end_limit`` is the earliest
    end of validity among the issuers.
    """

    anchor: AnchorReference | None
    issuers: tuple[Certificate, ...]
    path: tuple[str, ...]
    leaf_end_limit: datetime | None
    findings: tuple[Finding, ...]

    def leaf_findings(self, leaf: Certificate) -> Iterator[Finding]:
        """What only the leaf and the whole chain together show."""
        if self.leaf_end_limit is not None and leaf.not_after > self.leaf_end_limit:
            yield _outlives(leaf.not_after, self.leaf_end_limit)


@dataclass(frozen=True, slots=True)
class _IssuerSide:
    """What the name of an issuer tells: what is wrong with it, and who may be meant by it."""

    findings: tuple[Finding, ...]
    candidates: tuple[Anchor, ...]
    offered: tuple[Certificate, ...]


@lru_cache(maxsize=_REMEMBERED)
def _outlives(leaf_end: datetime, issuers_end: datetime) -> Finding:
    message = f"valid until {leaf_end:%Y-%m-%d}, its issuers until {issuers_end:%Y-%m-%d}"
    return finding("leaf-outlives-issuer", message)


class IssuerWalk:
    """Walks from certificates to anchors at one time, with one trust store."""

    def __init__(self, store: TrustStore, at: datetime) -> None:
        self._store = store
        self._at = at
        self._issuer_chain = lru_cache(maxsize=_REMEMBERED)(self._walk_from_issuer)
        self._sides = lru_cache(maxsize=_REMEMBERED)(self._issuer_side)
        self._verifies = lru_cache(maxsize=_REMEMBERED)(certificate_verifies)

    def from_leaf(self, leaf: Certificate, beside: Sequence[Certificate]) -> Chain:
        """The leaf's chain; ``beside`` are certificates found with it, trusted by nobody."""
        return self._walk(leaf, tuple(beside), 0)

    def _walk(self, certificate: Certificate, beside: tuple[Certificate, ...], depth: int) -> Chain:
        is_remembered = _is_small(certificate.issuer, beside)
        side_of = self._sides if is_remembered else self._issuer_side
        side = side_of(certificate.issuer, beside)
        wrong = (*self._own_findings(certificate), *side.findings)
        if wrong:
            return _stopped(*wrong)
        reached = [
            self._at_anchor(anchor, depth)
            for anchor in side.candidates
            if certificate_verifies(certificate, anchor.public_key)
        ]
        if reached:
            return _best(reached)
        if depth == MAX_ISSUERS:
            return _stopped(finding("chain-too-long", f"more than {MAX_ISSUERS} issuers"))
        offered = [issuer for issuer in side.offered if issuer.der != certificate.der]
        verifies = self._verifies if depth and is_remembered else certificate_verifies
        chain_of = self._issuer_chain if is_remembered else self._walk_from_issuer
        # An authority may have several certificates for one key (renewed, cross-signed).
        chains = [
            chain_of(issuer, beside, depth + 1)
            for issuer in offered
            if verifies(certificate, issuer.public_key)
        ]
        if chains:
            return _best(chains)
        return _stopped(_why_unsigned(certificate, side.candidates, offered))

    def _issuer_side(self, issuer: Name, beside: tuple[Certificate, ...]) -> "_IssuerSide":
        offered = (*beside, *self._store.intermediates(issuer))
        return _IssuerSide(
            self._issuer_name_findings(issuer),
            self._store.authorities(issuer),
            tuple(each for each in offered if each.subject.der == issuer.der),
        )

    def _walk_from_issuer(
        self, issuer: Certificate, beside: tuple[Certificate, ...], depth: int
    ) -> Chain:
        statement = self._store.revoked_key(issuer.public_key.spki)
        if statement is not None:
            return _stopped(finding("issuer-revoked", f"{issuer.subject}: {statement}"))
        wrong = tuple(_authority_findings(issuer, depth))
        if wrong:
            return _stopped(*wrong)
        above = self._walk(issuer, beside, depth)
        if above.anchor is None:
            return above
        limit = min(filter(None, (issuer.not_after, above.leaf_end_limit)))
        name = issuer.subject.common_name or str(issuer.subject)
        return Chain(
            above.anchor,
            (issuer, *above.issuers),
            (name, *above.path),
            limit,
            (*issuer.tolerances, *above.findings),
        )

    def _own_findings(self, certificate: Certificate) -> Iterator[Finding]:
        name = certificate.subject
        if certificate.signature_algorithm is SignatureAlgorithm.UNSUPPORTED:
            yield finding("signature-algorithm-unsupported", f"{name} is signed differently")
        if is_weak(certificate.public_key):
            yield finding("key-too-weak", f"{name} has a {certificate.public_key.algorithm} key")
        if certificate.extensions.critical_unknown:
            unknown = ", ".join(certificate.extensions.critical_unknown)
            yield finding("critical-extension-unknown", f"{name} has {unknown}")
        yield from self._validity_findings(name, certificate.not_before, certificate.not_after)

    def _validity_findings(self, name: object, begin: datetime, end: datetime) -> Iterator[Finding]:
        if self._at < begin:
            yield finding("certificate-not-yet-valid", f"{name} is valid from {begin:%Y-%m-%d}")
        if self._at > end:
            yield finding("certificate-expired", f"{name} was valid until {end:%Y-%m-%d}")

    def _issuer_name_findings(self, issuer: Name) -> tuple[Finding, ...]:
        statement = self._store.revoked_name(issuer)
        if statement is not None:
            return (finding("issuer-revoked", f"{issuer}: {statement}"),)
        reason = self._store.demo_authority(issuer)
        if reason is not None:
            return (finding("demo-ca", f"{issuer}: {reason}"),)
        return ()

    def _at_anchor(self, anchor: Anchor, depth: int) -> Chain:
        upwards = (anchor, *self._store.above(anchor))
        wrong: list[Finding] = []
        for link in upwards:
            statement = self._store.revoked_key(link.public_key.spki)
            if statement is not None:
                wrong.append(finding("issuer-revoked", f"{link.subject_text}: {statement}"))
            wrong.extend(
                self._validity_findings(link.subject_text, link.not_before, link.not_after)
            )
        if anchor.path_length is not None and depth > anchor.path_length:
            message = f"{anchor.id} allows {anchor.path_length} issuers below it, here are {depth}"
            wrong.append(finding("path-length-exceeded", message))
        if wrong:
            return _stopped(*wrong)
        limit = min(link.not_after for link in upwards)
        names = tuple(_anchor_name(link) for link in upwards)
        return Chain(upwards[-1].reference, (), names, limit, ())


def _is_small(issuer: Name, beside: Sequence[Certificate]) -> bool:
    size = len(issuer.der)
    for certificate in beside:
        size += len(certificate.der)
    return size <= _REMEMBERED_BYTES


def _anchor_name(anchor: Anchor) -> str:
    return next((text for oid, text in anchor.subject if oid == "2.5.4.3"), anchor.subject_text)


def _authority_findings(issuer: Certificate, depth: int) -> Iterator[Finding]:
    """Whether this issuer may have ``depth`` certificates of the chain below it, leaf included."""
    extensions = issuer.extensions
    if not extensions.is_ca:
        yield finding("issuer-not-ca", f"{issuer.subject} is not CA:TRUE")
    if extensions.key_usage is not None and "keyCertSign" not in extensions.key_usage:
        yield finding("issuer-key-usage", f"{issuer.subject} lacks keyCertSign")
    if extensions.path_length is not None and depth - 1 > extensions.path_length:
        message = (
            f"{issuer.subject} allows {extensions.path_length} issuers below it, "
            f"here are {depth - 1}"
        )
        yield finding("path-length-exceeded", message)


def _why_unsigned(
    certificate: Certificate, candidates: Sequence[Anchor], offered: Sequence[Certificate]
) -> Finding:
    wanted = certificate.extensions.authority_key_identifier
    issuer = certificate.issuer
    for anchor in candidates:
        known = anchor.subject_key_identifier
        if wanted is None or known is None or wanted == known:
            message = f"{certificate.subject}: not signed by {anchor.id}, its issuer by name"
            return finding("certificate-signature-invalid", message)
    if candidates:
        other = wanted.hex() if wanted else "unknown"
        message = f"{issuer} has the name of {candidates[0].id}, but key identifier {other}"
        return finding("issuer-look-alike", message)
    if offered:
        message = f"{certificate.subject}: not signed by the certificate of {issuer} beside it"
        return finding("certificate-signature-invalid", message)
    identifier = f", key identifier {wanted.hex()}" if wanted else ""
    return finding("issuer-unknown", f"fetch the certificate of {issuer}{identifier}")


def _best(chains: Sequence[Chain]) -> Chain:
    """The first that ends at an anchor; otherwise the first, whose findings say why not."""
    return next((chain for chain in chains if chain.anchor is not None), chains[0])


def _stopped(*findings: Finding) -> Chain:
    return Chain(None, (), (), None, findings)
