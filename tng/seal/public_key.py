"""Public keys of seals: which algorithm goes with one, and its names.

Only P-256 (ES256), P-384 (ES384) and RSA of 2048 to 8192 bits (RS256) are taken. The
algorithm follows from the key alone (RFC 8725 §3.1).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from tng.seal.encoding import from_base64url, to_base64url
from tng.seal.errors import MalformedSealError

MINIMUM_RSA_BITS = 2048
MAXIMUM_RSA_BITS = 8192
"""A check takes time by the cube of the length; nobody signs reports with longer ones."""
_MINIMUM_EXPONENT = 65537
_MAXIMUM_EXPONENT_BITS = 32

_CURVES: Mapping[str, tuple[str, ec.EllipticCurve, int]] = {
    "secp256r1": ("P-256", ec.SECP256R1(), 32),
    "secp384r1": ("P-384", ec.SECP384R1(), 48),
}
_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384"}
ALGORITHMS = (*_ALGORITHMS.values(), "RS256")
"""The JWS algorithms of seals (RFC 7518 §3.1)."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """A public key: its DER SubjectPublicKeyInfo, its JWS algorithm, and its JWK (RFC 7517)."""

    spki: bytes
    algorithm: str
    jwk: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the SubjectPublicKeyInfo in lower hex: what a key is trusted by."""
        return sha256(self.spki).hexdigest()

    @property
    def thumbprint(self) -> str:
        """The JWK thumbprint (RFC 7638) in base64url: the ``kid`` of a seal."""
        text = json.dumps(dict(self.jwk), sort_keys=True, separators=(",", ":"))
        return to_base64url(sha256(text.encode("ascii")).digest())


def read_spki(spki: bytes) -> SealKey:
    """The key; `MalformedSealError` for one that may not seal."""
    try:
        key = load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MalformedSealError("it is no public key that can be read") from error
    return key_of(key)


def key_of(key: object) -> SealKey:
    """The key of a key of `cryptography`; `MalformedSealError` for one that may not seal."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _elliptic(key)
    if isinstance(key, rsa.RSAPublicKey):
        return _rsa(key)
    raise MalformedSealError("it is neither of P-256 or P-384 nor RSA")


def read_jwk(jwk: Mapping[str, object]) -> SealKey:
    """The key of a JWK of exactly the members that a seal writes."""
    texts = {name: value for name, value in jwk.items() if isinstance(value, str)}
    try:
        key = _from_members(texts)
        found = key_of(key.public_key())
    except (KeyError, ValueError) as error:
        raise MalformedSealError("the key in the statement is no JWK of a public key") from error
    if found.jwk != jwk:
        raise MalformedSealError("the key in the statement is not written in its one form")
    return found


def _from_members(
    texts: Mapping[str, str],
) -> ec.EllipticCurvePublicNumbers | rsa.RSAPublicNumbers:
    if texts["kty"] == "RSA":
        return rsa.RSAPublicNumbers(_number(texts["e"]), _number(texts["n"]))
    for name, curve, _ in _CURVES.values():
        if texts["kty"] == "EC" and texts["crv"] == name:
            return ec.EllipticCurvePublicNumbers(_number(texts["x"]), _number(texts["y"]), curve)
    raise ValueError("no such kind of key")


def _number(text: str) -> int:
    octets = from_base64url(text, "a number of the key")
    if len(octets) > MAXIMUM_RSA_BITS // 8:
        raise MalformedSealError("a number of the key is too large")
    return int.from_bytes(octets, "big")


def _elliptic(key: ec.EllipticCurvePublicKey) -> SealKey:
    if key.curve.name not in _CURVES:
        raise MalformedSealError(f"its curve is {key.curve.name}, not P-256 or P-384")
    name, _, size = _CURVES[key.curve.name]
    point = key.public_numbers()
    jwk = {
        "kty": "EC",
        "crv": name,
        "x": to_base64url(point.x.to_bytes(size, "big")),
        "y": to_base64url(point.y.to_bytes(size, "big")),
    }
    return SealKey(_spki(key), _ALGORITHMS[name], jwk)


def _rsa(key: rsa.RSAPublicKey) -> SealKey:
    if not MINIMUM_RSA_BITS <= key.key_size <= MAXIMUM_RSA_BITS:
        expected = f"{MINIMUM_RSA_BITS} to {MAXIMUM_RSA_BITS}"
        raise MalformedSealError(f"it is RSA of {key.key_size} bits, expected {expected}")
    numbers = key.public_numbers()
    if numbers.e < _MINIMUM_EXPONENT or numbers.e.bit_length() > _MAXIMUM_EXPONENT_BITS:
        raise MalformedSealError("its RSA exponent is not a usual one (65537)")
    jwk = {"kty": "RSA", "n": _unsigned(numbers.n), "e": _unsigned(numbers.e)}
    return SealKey(_spki(key), "RS256", jwk)


def _unsigned(number: int) -> str:
    return to_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _spki(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
