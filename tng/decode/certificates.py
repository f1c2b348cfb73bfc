"""From the certificates found in one place to the devices among them.

Leaves are devices; CA certificates beside them are offered as their issuers.
Nothing is checked here beyond what reading needs.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from tng.decode.identity import identify
from tng.decode.interface import Decoded, RawEntry
from tng.decode.se05x.variants import agrees, part_of_issuer
from tng.findings import Finding, finding
from tng.models import DeviceEntry, DeviceRecord, DumpEvidence, Source, Undecodable
from tng.x509.certificate import Certificate, CertificateError, read_certificate

MAX_CHAIN = 8
"""Issuers kept for one leaf: NXP's longest genuine chain has three."""

_MAX_SHOWN = 60

_BEGINNING = re.compile(rb"\x30(?:\x81.|\x82..)\x30(?:\x81|\x82)", re.DOTALL)


def looks_like_certificate(data: bytes) -> bool:
    """Whether DER begins as a certificate does: a long SEQUENCE that begins with another.

    Tells certificates from keys, signatures and other DER by their first bytes.
    """
    return _BEGINNING.match(data) is not None


def read_device(raw: RawEntry) -> tuple[Decoded, ...]:
    """Read the leaf that is ``raw.data[0]``; the rest of ``raw.data`` are its issuers.

    ``raw.uid`` becomes evidence where the certificate says that it is NXP's. Then its issuer may
    tell the part, and that counts more than what the place where it was found says.
    """
    try:
        leaf = read_certificate(raw.data[0])
    except CertificateError as error:
        findings = (*raw.findings, finding("certificate-malformed", str(error)))
        return (Undecodable(raw.source, findings),)
    identity = identify(leaf)
    part_number, doubts = _part(leaf, raw.part_number, identity.vendor)
    record = DeviceRecord(
        source=raw.source,
        vendor=identity.vendor,
        device_id=identity.device_id,
        part_number=part_number,
        group_id=None,
        object_id=raw.object_id,
        leaf=leaf,
    )
    evidence = DumpEvidence(raw.uid) if identity.vendor == "nxp" else None
    issuers = tuple(map(_read_issuer, raw.data[1:]))
    findings = raw.findings + doubts + leaf.tolerances
    return (DeviceEntry(record, issuers, evidence, findings),)


def _part(
    leaf: Certificate, stated: str | None, vendor: str
) -> tuple[str | None, tuple[Finding, ...]]:
    """The part number, and what is to be said if ``stated`` is not it."""
    name = leaf.issuer.common_name
    told = part_of_issuer(name) if vendor == "nxp" else None
    if told is None or stated is None:
        return told or stated, ()
    if agrees(stated, told):
        return max(told, stated, key=len), ()
    message = f"found {stated[:_MAX_SHOWN]!r} beside the certificate, {name} issues for {told}"
    return told, (finding("part-number-differs", message),)


@lru_cache(maxsize=256)
def _read_issuer(data: bytes) -> Certificate:
    return read_certificate(data)


def issuers_of(leaf: Certificate, candidates: Iterable[Certificate]) -> tuple[bytes, ...]:
    """DER of those candidates that stand above ``leaf`` by name, nearest first.

    Every candidate of a wanted name is kept: names prove nothing, so which of them signed
    is for the verifier to say.
    """
    remaining = list(candidates)
    chain: list[Certificate] = []
    wanted = leaf.issuer.der
    while remaining and len(chain) < MAX_CHAIN:
        found = [candidate for candidate in remaining if candidate.subject.der == wanted]
        if not found:
            break
        chain.extend(found)
        remaining = [candidate for candidate in remaining if candidate.subject.der != wanted]
        wanted = found[0].issuer.der
    return tuple(certificate.der for certificate in chain[:MAX_CHAIN])


def split_group(
    certificates: Sequence[bytes], template: RawEntry
) -> Iterator[RawEntry | Undecodable]:
    """Cut one group of certificates (a PKCS#7, a row, a list item) into devices.

    Each leaf is a device with the group's CA certificates above it; ``template`` gives
    everything else. A group of CA certificates alone is one `Undecodable`.
    """
    leaves: list[tuple[bytes, Certificate | None]] = []
    authorities: list[Certificate] = []
    for data in certificates:
        certificate = try_read(data)
        if certificate is not None and certificate.extensions.is_ca:
            authorities.append(certificate)
        else:
            leaves.append((data, certificate))
    for data, leaf in leaves:
        issuers = issuers_of(leaf, authorities) if leaf else ()
        yield RawEntry(
            template.source,
            (data, *issuers),
            template.object_id,
            template.uid,
            template.part_number,
            template.findings,
        )
    if authorities and not leaves:
        yield authorities_alone(template.source, authorities)


def try_read(data: bytes) -> Certificate | None:
    """The certificate, or ``None``: who needs to know why reads it again."""
    try:
        return read_certificate(data)
    except CertificateError:
        return None


def authorities_alone(source: Source, authorities: Sequence[Certificate]) -> Undecodable:
    """What to say of a place that holds CA certificates and no device."""
    names = ", ".join(str(certificate.subject) for certificate in authorities[:3])
    more = f" and {len(authorities) - 3} more" if len(authorities) > 3 else ""
    message = f"no device, only CA certificates: {names}{more}"
    return Undecodable(source, (finding("only-ca-certificates", message),))
