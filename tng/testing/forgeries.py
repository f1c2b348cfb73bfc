"""Manifest entries that must not be believed, each with what a verifier should say of it.

The vendor's root and manifest signer are taken as trusted. Most entries are *signed by
the genuine manifest signer* and wrong inside, so that each check is reached; forgeries of
chains are in `tng.testing.forged_chains`, those of NXP's chips in `tng.testing.forged_chips`.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tng.models import Status
from tng.testing.keys import seeded_key
from tng.testing.manifest import (
    DEFAULT_STYLE,
    Entry,
    Payload,
    make_entry,
    make_payload,
    protected_header,
    sign_parts,
)
from tng.testing.microchip import Device, ManifestSigner, MicrochipVendor, base64url

_STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Forgery:
    """Entries of which the last one is wrong, and the outcome that it should have.

    ``codes`` must be among the findings of the last entry (there may be more); the
    entries before it are genuine and needed to notice.
    """

    name: str
    description: str
    entries: tuple[Entry, ...]
    status: Status
    codes: frozenset[str]


Forger = Callable[[MicrochipVendor, int], Forgery]
"""Makes a forgery around chip ``number``, and where it needs a second one, ``number + 1``."""


def resigned_by_stranger(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """Signed by nobody in particular under the genuine signer's ``kid`` and thumbprint."""
    stranger = replace(vendor.manifest_signer, key=seeded_key(_STRANGER, "manifest-signer"))
    protected = protected_header(vendor.manifest_signer)
    entry = _signed(protected, _payload(vendor, number), stranger)
    return describe(resigned_by_stranger, entry, "manifest-signature-invalid")


def unknown_signer(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """Signed by a manifest signer that nobody pinned: neither proven nor disproven."""
    stranger = MicrochipVendor(_STRANGER).manifest_signer
    entry = make_entry(vendor, vendor.device(number), DEFAULT_STYLE, stranger)
    return describe(unknown_signer, entry, "manifest-signer-unknown", status=Status.UNVERIFIED)


def changed_payload(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The part number was changed after signing."""
    payload = _payload(vendor, number)
    genuine = make_entry(vendor, vendor.device(number))
    changed = base64url(orjson.dumps({**payload, "partNumber": "ATECC608B-TNGTLSU-B"}))
    entry = {**genuine, "payload": changed}
    return describe(changed_payload, entry, "manifest-signature-invalid")


def algorithm_none(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """``alg`` is ``none`` and the signature is of the right length and all zero."""
    protected = {**protected_header(vendor.manifest_signer), "alg": "none"}
    entry = _unsigned(protected, _payload(vendor, number), bytes(64))
    return describe(algorithm_none, entry, "manifest-algorithm-mismatch")


def algorithm_none_unsigned(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """``alg`` is ``none`` and the signature is empty (RFC 7515 §6)."""
    protected = {**protected_header(vendor.manifest_signer), "alg": "none"}
    entry = _unsigned(protected, _payload(vendor, number), b"")
    return describe(algorithm_none_unsigned, entry, "manifest-algorithm-mismatch")


def hmac_with_public_pem(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """HS256 keyed with the signer's public key as PEM (RFC 8725 §2.1)."""
    return _hmac(hmac_with_public_pem, vendor, number, Encoding.PEM)


def hmac_with_public_der(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """HS256 keyed with the signer's public key as DER (RFC 8725 §2.1)."""
    return _hmac(hmac_with_public_der, vendor, number, Encoding.DER)


def critical_header(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """Signed well, but ``crit`` demands an extension that nobody knows."""
    protected = {**protected_header(vendor.manifest_signer), "crit": ["exp"], "exp": 0}
    entry = _signed(protected, _payload(vendor, number), vendor.manifest_signer)
    return describe(critical_header, entry, "manifest-critical-header")


def changed_header_id(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The unsigned header names the next chip."""
    other = vendor.device(number + 1).unique_id
    entry = {**make_entry(vendor, vendor.device(number)), "header": {"uniqueId": other}}
    return describe(changed_header_id, entry, "manifest-header-id-mismatch")


def swapped_certificates(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The entry holds the key of its chip and the certificate of the next one."""
    device, other = vendor.device(number), vendor.device(number + 1)
    entry = make_entry(vendor, replace(device, certificate=other.certificate))
    return describe(
        swapped_certificates, entry, "certificate-id-mismatch", "key-certificate-mismatch"
    )


def swapped_keys(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The entry holds the certificate of its chip and the key of the next one."""
    other = vendor.device(number + 1)
    entry = make_entry(vendor, replace(vendor.device(number), point=other.point))
    return describe(swapped_keys, entry, "key-certificate-mismatch")


def swapped_identity(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """Key and certificate are those of the next chip, under this chip's id."""
    device, other = vendor.device(number), vendor.device(number + 1)
    entry = make_entry(vendor, replace(other, unique_id=device.unique_id))
    return describe(swapped_identity, entry, "certificate-id-mismatch")


def duplicate_entry(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """The same entry twice."""
    entry = make_entry(vendor, vendor.device(number))
    return describe(duplicate_entry, entry, "duplicate-certificate", before=(entry,))


def duplicate_id(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """Two chips with one id, different keys and different certificates."""
    device = vendor.device(number)
    point = vendor.device(number + 1).point
    return _second(duplicate_id, vendor, device, device.unique_id, point, "duplicate-device-id")


def duplicate_key(vendor: MicrochipVendor, number: int = 0) -> Forgery:
    """Two chips with different ids and certificates, and one key."""
    device = vendor.device(number)
    unique_id = vendor.device(number + 1).unique_id
    return _second(duplicate_key, vendor, device, unique_id, device.point, "duplicate-public-key")


ENTRY_FORGERIES: tuple[Forger, ...] = (
    resigned_by_stranger,
    unknown_signer,
    changed_payload,
    algorithm_none,
    algorithm_none_unsigned,
    hmac_with_public_pem,
    hmac_with_public_der,
    critical_header,
    changed_header_id,
    swapped_certificates,
    swapped_keys,
    swapped_identity,
    duplicate_entry,
    duplicate_id,
    duplicate_key,
)
"""Every forger of this module."""


def describe(
    forger: Forger,
    entry: Entry,
    *codes: str,
    status: Status = Status.REJECTED,
    before: tuple[Entry, ...] = (),
) -> Forgery:
    """The forgery under its forger's name and the first line of its docstring."""
    description = (forger.__doc__ or "").strip().splitlines()[0]
    return Forgery(forger.__name__, description, (*before, entry), status, frozenset(codes))


def _payload(vendor: MicrochipVendor, number: int) -> Payload:
    return make_payload(vendor, vendor.device(number), DEFAULT_STYLE)


def _signed(protected: dict[str, Any], payload: Payload, signer: ManifestSigner) -> Entry:
    entry = sign_parts(protected, payload, signer)
    return {**entry, "header": {"uniqueId": payload["uniqueId"]}}


def _unsigned(protected: dict[str, Any], payload: Payload, signature: bytes) -> Entry:
    return {
        "payload": base64url(orjson.dumps(payload)),
        "protected": base64url(orjson.dumps(protected)),
        "header": {"uniqueId": payload["uniqueId"]},
        "signature": base64url(signature),
    }


def _hmac(forger: Forger, vendor: MicrochipVendor, number: int, encoding: Encoding) -> Forgery:
    signer = vendor.manifest_signer
    secret = signer.key.private.public_key().public_bytes(
        encoding, PublicFormat.SubjectPublicKeyInfo
    )
    entry = _unsigned({**protected_header(signer), "alg": "HS256"}, _payload(vendor, number), b"")
    message = f"{entry['protected']}.{entry['payload']}".encode()
    entry["signature"] = base64url(hmac.digest(secret, message, "sha256"))
    return describe(forger, entry, "manifest-algorithm-mismatch")


def _second(
    forger: Forger,
    vendor: MicrochipVendor,
    first: Device,
    unique_id: str,
    point: bytes,
    code: str,
) -> Forgery:
    signer = vendor.signer()
    request = vendor.device_request(unique_id, first.part, point, signer)
    # The issuer never gives one serial number twice; a copy is only noticed by id or key.
    request = replace(request, serial=vendor.serial(f"second/{unique_id}"))
    second = replace(first, unique_id=unique_id, point=point, certificate=signer.issue(request))
    return describe(forger, make_entry(vendor, second), code, before=(make_entry(vendor, first),))
