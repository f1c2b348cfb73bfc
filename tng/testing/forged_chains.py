"""Manifest entries, well signed by the manifest signer, whose certificate chains are wrong.

Each one is what a verifier must catch in the chain alone: entry, ids and keys agree.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from tng.testing import certificates as x509
from tng.testing import der_writer as der
from tng.testing.certificates import Authority, CertificateRequest, sign_certificate, subordinate
from tng.testing.forgeries import Forger, Forgery, describe
from tng.testing.keys import seeded_key
from tng.testing.manifest import DEFAULT_STYLE, make_payload, sign_payload
from tng.testing.microchip import MicrochipVendor

_PAST = datetime(2019, 2, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC)
_FUTURE = datetime(2048, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC)
"""Inside the issuers' validity, and outside of any test's today."""
_UNKNOWN_EXTENSION = "1.3.6.1.4.1.99999.1"

Change = Callable[[CertificateRequest], CertificateRequest]


def look_alike_root(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The whole chain again under a root of the same name and another key."""
    impostor = MicrochipVendor(
        "look-alike", root_common_name=vendor.root_common_name, organization=vendor.organization
    )
    return _under(look_alike_root, vendor, number, impostor.signer(), "issuer-look-alike")


def look_alike_signer(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The signer's certificate is genuine; another key signed the leaf in its name."""
    genuine = vendor.signer()
    impostor = replace(genuine, key=seeded_key("look-alike", "signer"))
    request = _request(vendor, number, genuine)
    leaf = sign_certificate(request, genuine.name, impostor.key)
    return _entry(
        look_alike_signer,
        vendor,
        number,
        (leaf, genuine.certificate),
        "certificate-signature-invalid",
    )


def leaf_is_ca(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The leaf says CA:TRUE and may sign certificates."""
    constraints = x509.basic_constraints(is_ca=True)
    usage = x509.key_usage("digitalSignature", "keyAgreement", "keyCertSign")
    return _leaf(
        leaf_is_ca, vendor, number, lambda r: _extended(r, constraints, usage), "leaf-is-ca"
    )


def expired_leaf(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The leaf ended in 2020."""
    return _leaf(expired_leaf, vendor, number, lambda r: _dated(r, _PAST), "certificate-expired")


def leaf_not_yet_valid(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The leaf begins in 2048."""
    return _leaf(
        leaf_not_yet_valid,
        vendor,
        number,
        lambda r: _dated(r, _FUTURE),
        "certificate-not-yet-valid",
    )


def expired_issuer(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The issuer ended in 2020."""
    issuer = _issuer(vendor, "expired", lambda r: _dated(r, _PAST))
    return _under(expired_issuer, vendor, number, issuer, "certificate-expired")


def issuer_not_yet_valid(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The issuer begins in 2048."""
    issuer = _issuer(vendor, "future", lambda r: _dated(r, _FUTURE))
    return _under(issuer_not_yet_valid, vendor, number, issuer, "certificate-not-yet-valid")


def issuer_without_ca_flag(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The root signed the issuer as CA:FALSE, with a key usage that would do."""
    constraints = x509.basic_constraints(is_ca=False)
    usage = x509.key_usage("digitalSignature", "keyCertSign")
    issuer = _issuer(vendor, "no-ca", lambda r: _extended(r, constraints, usage))
    return _under(issuer_without_ca_flag, vendor, number, issuer, "issuer-not-ca")


def issuer_without_constraints(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The issuer has no basic constraints at all."""
    usage = x509.key_usage("digitalSignature", "keyCertSign")
    issuer = _issuer(vendor, "no-constraints", lambda r: _extended(r, usage))
    return _under(issuer_without_constraints, vendor, number, issuer, "issuer-not-ca")


def issuer_without_usage(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The issuer is a CA whose key usage lacks keyCertSign."""
    constraints = x509.basic_constraints(is_ca=True, path_length=0)
    usage = x509.key_usage("digitalSignature", "cRLSign")
    issuer = _issuer(vendor, "no-usage", lambda r: _extended(r, constraints, usage))
    return _under(issuer_without_usage, vendor, number, issuer, "issuer-key-usage")


def chip_as_issuer(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The owner of a genuine chip lets it issue a certificate for another one."""
    key = seeded_key(vendor.seed, "chip-as-issuer")
    point = key.spki[-64:]
    signer = vendor.signer()
    request = vendor.device_request("0123fffffffffffe01", vendor.device(number).part, point, signer)
    chip = subordinate(signer, request, key)
    leaf = chip.issue(_request(vendor, number, chip))
    chain = leaf, chip.certificate, signer.certificate
    return _entry(chip_as_issuer, vendor, number, chain, "issuer-not-ca", "issuer-key-usage")


def path_length_exceeded(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The signer, whose path length is 0, has another authority below it."""
    signer = vendor.signer()
    key = seeded_key(vendor.seed, "signer/below")
    extra = subordinate(signer, vendor.signer_request(key, "tng Test Authority Below"), key)
    leaf = extra.issue(_request(vendor, number, extra))
    chain = leaf, extra.certificate, signer.certificate
    return _entry(path_length_exceeded, vendor, number, chain, "path-length-exceeded")


def critical_extension(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The leaf has a critical extension that nobody knows."""
    unknown = x509.extension(_UNKNOWN_EXTENSION, der.NULL, critical=True)
    return _leaf(
        critical_extension,
        vendor,
        number,
        lambda r: replace(r, extensions=(*r.extensions, unknown)),
        "critical-extension-unknown",
    )


CHAIN_FORGERIES: tuple[Forger, ...] = (
    look_alike_root,
    look_alike_signer,
    leaf_is_ca,
    expired_leaf,
    leaf_not_yet_valid,
    expired_issuer,
    issuer_not_yet_valid,
    issuer_without_ca_flag,
    issuer_without_constraints,
    issuer_without_usage,
    chip_as_issuer,
    path_length_exceeded,
    critical_extension,
)
"""Every forger of this module."""


def _dated(request: CertificateRequest, validity: tuple[datetime, datetime]) -> CertificateRequest:
    return replace(request, not_before=validity[0], not_after=validity[1])


def _extended(request: CertificateRequest, *extensions: bytes) -> CertificateRequest:
    return replace(request, extensions=extensions)


def _issuer(vendor: MicrochipVendor, label: str, change: Change) -> Authority:
    key = seeded_key(vendor.seed, f"signer/{label}")
    request = vendor.signer_request(key, f"tng Test Authentication Signer {label}")
    return subordinate(vendor.root, change(request), key)


def _request(vendor: MicrochipVendor, number: int, issuer: Authority) -> CertificateRequest:
    device = vendor.device(number)
    return vendor.device_request(device.unique_id, device.part, device.point, issuer)


def _leaf(
    forger: Forger, vendor: MicrochipVendor, number: int, change: Change, code: str
) -> Forgery:
    signer = vendor.signer()
    leaf = signer.issue(change(_request(vendor, number, signer)))
    return _entry(forger, vendor, number, (leaf, signer.certificate), code)


def _under(
    forger: Forger, vendor: MicrochipVendor, number: int, issuer: Authority, code: str
) -> Forgery:
    leaf = issuer.issue(_request(vendor, number, issuer))
    return _entry(forger, vendor, number, (leaf, issuer.certificate), code)


def _entry(
    forger: Forger, vendor: MicrochipVendor, number: int, chain: tuple[bytes, ...], *codes: str
) -> Forgery:
    payload = make_payload(vendor, vendor.device(number), DEFAULT_STYLE)
    for key in payload["publicKeySet"]["keys"]:
        if "x5c" in key:
            key["x5c"] = [b64encode(certificate).decode() for certificate in chain]
    entry = sign_payload(payload, vendor.manifest_signer)
    return describe(forger, {**entry, "header": {"uniqueId": payload["uniqueId"]}}, *codes)
