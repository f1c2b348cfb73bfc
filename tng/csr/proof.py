"""Proof of possession: whether a request is signed with the private key of its public key.

The kinds of keys are those that AWS takes, the hashes those that are still good.
"""

from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from tng.csr.pss import PSS_ALGORITHM, PssError, read_pss
from tng.csr.structure import RequestParts

RequestKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_RSA_BITS = range(2048, 8192 + 1)
"""More is taken by no cloud, and takes long to check."""
_MAX_EXPONENT_BITS = 32
"""All libraries use 65537; a check takes time by the exponent's length."""

_ECDSA: Mapping[str, hashes.HashAlgorithm] = {
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
    "1.2.840.10045.4.3.4": hashes.SHA512(),
}
_RSA: Mapping[str, hashes.HashAlgorithm] = {
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
}
_WEAK = {
    "1.2.840.10045.4.1": "ECDSA with SHA-1",
    "1.2.840.113549.1.1.4": "RSA with MD5",
    "1.2.840.113549.1.1.5": "RSA with SHA-1",
}
_NO_PARAMETERS = (b"", b"\x05\x00")
"""Absent or NULL: which of the two belongs to which algorithm is often mistaken."""


class KeyUnsupportedError(ValueError):
    """The key of a request is of a kind that is not taken; the message says of which."""


class ProofUnsupportedError(ValueError):
    """The signature of a request is of a kind that proves nothing here."""


class ProofInvalidError(ValueError):
    """The signature of a request is not of its key."""


def load_key(spki: bytes) -> tuple[RequestKey, str]:
    """The key and its type (``"P-256"``, ``"RSA-2048"``); raises `KeyUnsupportedError`.

    It has to be written in its one usual form: a named curve, an uncompressed point on it. What
    a cloud writes into the certificate could not be compared with another.
    """
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        message = f"its public key cannot be used: {error}"[:200]
        raise KeyUnsupportedError(message) from error
    taken, kind = _taken(key)
    if taken.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != spki:
        message = f"{kind}, not in its usual form: a named curve and an uncompressed point"
        raise KeyUnsupportedError(message)
    return taken, kind


def check_proof(parts: RequestParts, key: RequestKey) -> None:
    """Raises `ProofUnsupportedError` or `ProofInvalidError` unless ``key`` signed the request."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(parts.signature, parts.info, ec.ECDSA(_hash_of(parts, _ECDSA, "EC")))
        elif parts.algorithm == PSS_ALGORITHM:
            pss, algorithm = read_pss(parts.parameters)
            key.verify(parts.signature, parts.info, pss, algorithm)
        else:
            algorithm = _hash_of(parts, _RSA, "RSA")
            key.verify(parts.signature, parts.info, padding.PKCS1v15(), algorithm)
    except PssError as error:
        raise ProofUnsupportedError(str(error)) from error
    except (InvalidSignature, ValueError) as error:
        if isinstance(error, ProofUnsupportedError):
            raise
        message = "the signature was not made with the private key of the public key in it"
        raise ProofInvalidError(message) from error


def _taken(key: object) -> tuple[RequestKey, str]:
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name in _CURVES:
            return key, _CURVES[key.curve.name]
        raise KeyUnsupportedError(f"found a key of {key.curve.name}, P-256 to P-521 are taken")
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyUnsupportedError(f"found {type(key).__name__}, EC and RSA keys are taken")
    if key.key_size not in _RSA_BITS:
        message = f"found RSA of {key.key_size} bits, {_RSA_BITS[0]} to {_RSA_BITS[-1]} are taken"
        raise KeyUnsupportedError(message)
    exponent = key.public_numbers().e
    if exponent.bit_length() > _MAX_EXPONENT_BITS:
        raise KeyUnsupportedError(f"its RSA exponent has {exponent.bit_length()} bits")
    return key, f"RSA-{key.key_size}"


def _hash_of(
    parts: RequestParts, known: Mapping[str, hashes.HashAlgorithm], kind: str
) -> hashes.HashAlgorithm:
    algorithm = known.get(parts.algorithm)
    if algorithm is None:
        found = _WEAK.get(parts.algorithm, f"algorithm {parts.algorithm}")
        message = f"found {found} for its {kind} key, SHA-256, SHA-384 or SHA-512 is expected"
        raise ProofUnsupportedError(message)
    if parts.parameters not in _NO_PARAMETERS:
        raise ProofUnsupportedError(f"algorithm {parts.algorithm} has parameters, and takes none")
    return algorithm
