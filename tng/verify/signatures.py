"""Signature checks with pinned or proven keys, each key built once.

Manifest entries are verified with python-jose, certificates with `cryptography`; the
algorithm always follows from the key that is trusted, never from the token.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from jose import jwk
from jose.exceptions import JOSEError

from tng.x509.certificate import Certificate
from tng.x509.keys import PublicKey

JWS_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
"""The JWS algorithm that goes with a key (RFC 7518 §3.4)."""

_HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_MINIMUM_RSA_BITS = 2048
_MAXIMUM_EXPONENT_BITS = 32
"""All vendors use 65537. A check takes time by the exponent's length, and with one as long as
its modulus a hundred times what others take."""
_WEAK_CURVES = frozenset(
    {
        "P-224",
        "1.2.840.10045.3.1.1",  # P-192
        *(f"1.3.132.0.{arc}" for arc in (6, 7, 8, 9, 28, 29, 30, 31, 32)),  # secp112 to secp224k1
        *(f"1.3.132.0.{arc}" for arc in (1, 2, 4, 5, 15, 22, 23, 24, 25, 26, 27)),  # sect113 to 233
        *(f"1.3.36.3.3.2.8.1.1.{arc}" for arc in range(1, 7)),  # brainpoolP160 to P224
    }
)
"""Curves below 256 bits, by the names or OIDs of `tng.x509.keys` (SEC 2, RFC 5639)."""


class JwsKey(Protocol):
    """A key of python-jose."""

    def verify(self, msg: bytes, sig: bytes) -> bool:
        """Whether ``sig`` (R‖S) is the key's signature over ``msg``."""


def jws_algorithm(key: PublicKey) -> str | None:
    """The one JWS algorithm that may be used with this key; ``None`` if there is none."""
    return JWS_ALGORITHMS.get(key.algorithm) or (
        "RS256" if key.algorithm.startswith("RSA-") else None
    )


@lru_cache(maxsize=256)
def jws_key(key: PublicKey) -> JwsKey:
    """Build python-jose's key once for a pinned signer."""
    loaded = load_der_public_key(key.spki)
    pem = loaded.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    built: JwsKey = jwk.construct(pem.decode("ascii"), jws_algorithm(key))
    return built


def jws_verifies(key: PublicKey, signing_input: bytes, signature: bytes) -> bool:
    """Whether the JWS signature (RFC 7515 §5.2) was made with this key."""
    try:
        return jws_key(key).verify(signing_input, signature)
    except (JOSEError, ValueError):
        return False


def is_weak(key: PublicKey) -> bool:
    """Whether the key is too short to be relied on (NIST SP 800-57 part 1, table 2)."""
    return _is_weak(key.algorithm)


@lru_cache(maxsize=64)
def _is_weak(algorithm: str) -> bool:
    if algorithm.startswith("RSA-"):
        return int(algorithm[4:]) < _MINIMUM_RSA_BITS
    return algorithm in _WEAK_CURVES


def certificate_verifies(certificate: Certificate, key: PublicKey) -> bool:
    """Whether the certificate's signature was made with this key (RFC 5280 §6.1.3 (a)(1))."""
    kind, verify = _load(key.spki)
    expected, hash_name = certificate.signature_algorithm.value
    if kind != expected or not kind:
        return False
    try:
        verify(certificate.signature, certificate.tbs, *_scheme(kind, hash_name))
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=512)
def _load(spki: bytes) -> tuple[str, Callable[..., None]]:
    """The kind of a key, as signature algorithms name it, and its check; empty: unusable."""
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        return _UNUSABLE
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.verify
    if isinstance(key, rsa.RSAPublicKey):
        exponent = key.public_numbers().e
        return ("RSA", key.verify) if exponent.bit_length() <= _MAXIMUM_EXPONENT_BITS else _UNUSABLE
    return _UNUSABLE


def _refuse(*_: object) -> None:
    raise InvalidSignature


_UNUSABLE = ("", _refuse)


@lru_cache(maxsize=8)
def _scheme(kind: str, hash_name: str) -> tuple[object, ...]:
    algorithm = _HASHES[hash_name]
    return (ec.ECDSA(algorithm),) if kind == "EC" else (padding.PKCS1v15(), algorithm)
