"""The key that a seal has to be made with, as the one who checks names it."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from tng.errors import UsageError
from tng.seal.errors import MalformedSealError, SealError
from tng.seal.files import read_bounded, reason
from tng.seal.public_key import key_of, read_spki
from tng.x509.certificate import CertificateError
from tng.x509.pem import read_certificate_file

_FINGERPRINT = "sha256:"
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_MAX_FILE_BYTES = 256 * 1024
_PUBLIC_KEY = re.compile(rb"-----BEGIN (?:RSA )?PUBLIC KEY-----")
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")
_HINT = "Name a public key or a certificate (PEM or DER), or sha256: and its fingerprint."


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """Whose seals are believed: the SHA-256 of the key's SubjectPublicKeyInfo, in lower hex."""

    fingerprint: str


def read_trusted_key(text: str) -> TrustedKey:
    """The key that ``--key`` names: a file, or ``sha256:`` and 64 hex digits (colons may part).

    A certificate stands for its key alone: neither its issuer nor its dates are looked at.
    Raises `UsageError` for a fingerprint that is none, `SealError` for an unusable file.
    """
    if text.lower().startswith(_FINGERPRINT):
        digits = text[len(_FINGERPRINT) :].replace(":", "").lower()
        if not _HEX.match(digits):
            raise UsageError(
                f"{text} is not a fingerprint", "After sha256: come 64 hexadecimal digits."
            )
        return TrustedKey(digits)
    return TrustedKey(sha256(_spki_of(Path(text))).hexdigest())


def _spki_of(path: Path) -> bytes:
    try:
        octets = read_bounded(path, _MAX_FILE_BYTES)
    except OSError as error:
        raise SealError(f"{path} cannot be read: {reason(error)}", _HINT) from error
    if _PRIVATE_KEY.search(octets):
        raise SealError(
            f"{path} holds a private key, and who checks a seal should not have it",
            f"Take its public half: openssl pkey -in {path} -pubout -out public.pem",
        )
    try:
        return _public_key(octets)
    except MalformedSealError as error:
        raise SealError(f"the key in {path} cannot have sealed anything: {error}", _HINT) from error
    except (ValueError, UnsupportedAlgorithm, CertificateError) as error:
        raise SealError(f"{path} holds no public key that can be read", _HINT) from error


def _public_key(octets: bytes) -> bytes:
    if _PUBLIC_KEY.search(octets):
        return key_of(load_pem_public_key(octets)).spki
    try:
        certificate = read_certificate_file(octets)[0]
    except CertificateError:
        return key_of(load_der_public_key(octets)).spki
    return read_spki(certificate.public_key.spki).spki
