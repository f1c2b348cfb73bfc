"""The JOSE parts of an entry: base64url, protected header, keys (RFC 7515, 7517, 7518)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
import pybase64

from tng.x509 import der
from tng.x509.keys import P256_SPKI_PREFIX, ec_spki, rsa_spki

_ALTERNATIVES = b"-_"
_PADDING = ("", "===", "==", "=")
"""By the text's length modulo 4; a remainder of 1 is no base64, and three signs are refused."""


_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LAST_CHARACTERS = (_CHARACTERS, "", _CHARACTERS[::16], _CHARACTERS[::4])
"""By the text's length modulo 4: those whose spare bits are zero (RFC 4648 §3.5)."""

_REMEMBERED_CHARACTERS = 2048
"""Ten times what genuine headers have; longer ones are not worth the memory."""


class JoseError(ValueError):
    """A member is not what its format says; the message names it."""


@dataclass(frozen=True, slots=True)
class ProtectedHeader:
    """The members of a protected header that matter; ``None`` where absent or not text."""

    algorithm: str | None
    key_id: str | None
    thumbprint: str | None
    critical: tuple[str, ...]


def base64url(text: str, what: str) -> bytes:
    """Decode unpadded base64url (RFC 7515 §2); `JoseError` for any other character."""
    # pybase64 would take standard base64's own two characters and its padding as well.
    if "+" not in text and "/" not in text and not text.endswith("="):
        try:
            return pybase64.b64decode(text + _PADDING[len(text) % 4], _ALTERNATIVES, validate=True)
        except ValueError:
            pass
    raise JoseError(f"{what} is not unpadded base64url")


def base64url_signature(text: str) -> bytes:
    """Decode a signature, accepting only its one right spelling.

    Its text is not signed itself: were the last character's spare bits ignored, several
    texts would stand for one signature.
    """
    signature = base64url(text, "signature")
    if text and text[-1] not in _LAST_CHARACTERS[len(text) % 4]:
        raise JoseError("signature is not base64url in its right spelling")
    return signature


def base64_standard(text: str, what: str) -> bytes:
    """Decode padded standard base64, as ``x5c`` has it (RFC 7515 §4.1.6)."""
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError as error:
        raise JoseError(f"{what} is not base64") from error


def read_protected_header(text: str) -> ProtectedHeader:
    """Read a protected header; entries of a batch share it, so it is remembered."""
    is_short = len(text) <= _REMEMBERED_CHARACTERS
    return _read_remembered(text) if is_short else _read_protected_header(text)


def _read_protected_header(text: str) -> ProtectedHeader:
    try:
        members = orjson.loads(base64url(text, "protected"))
    except orjson.JSONDecodeError as error:
        raise JoseError("protected is not JSON") from error
    if not isinstance(members, dict):
        raise JoseError("protected is not a JSON object")
    critical = members.get("crit", [])
    return ProtectedHeader(
        _text(members.get("alg")),
        _text(members.get("kid")),
        _text(members.get("x5t#S256")),
        tuple(map(str, critical)) if isinstance(critical, list) else ("crit",),
    )


_read_remembered = lru_cache(maxsize=256)(_read_protected_header)


def key_spki(key: Mapping[str, Any], tolerances: list[tuple[str, str]]) -> bytes | None:
    """SubjectPublicKeyInfo of a JWK; ``None`` for a kind of key that is not known here.

    Appends (code, message) of the tolerances that were used. Raises `JoseError`.
    """
    try:
        if key.get("kty") == "EC":
            return _p256(key) or _elliptic(key, tolerances)
        if key.get("kty") == "RSA":
            modulus = _octets(key, "n", tolerances)
            return rsa_spki(modulus, _octets(key, "e", tolerances))
    except der.DerError as error:
        raise JoseError(f"key: {error}") from error
    return None


_P256_CHARACTERS = 43
"""Base64url characters of 32 octets, as nearly all coordinates have."""


def _p256(key: Mapping[str, Any]) -> bytes | None:
    """The key, if it is of P-256 and written as it should be; ``None``: look closer."""
    x, y = key.get("x"), key.get("y")
    if key.get("crv") != "P-256" or not isinstance(x, str) or not isinstance(y, str):
        return None
    if len(x) != _P256_CHARACTERS or len(y) != _P256_CHARACTERS or "=" in x + y:
        return None
    return P256_SPKI_PREFIX + base64url(x, "key member x") + base64url(y, "key member y")


def _elliptic(key: Mapping[str, Any], tolerances: list[tuple[str, str]]) -> bytes | None:
    curve = key.get("crv")
    x, y = _octets(key, "x", tolerances), _octets(key, "y", tolerances)
    spki = ec_spki(str(curve), x, y)
    if spki is not None and (len(x) != len(y) or len(x) < 32):
        tolerances.append(
            ("jwk-short-coordinate", f"coordinates of {len(x)} and {len(y)} bytes for {curve}")
        )
    return spki


def _octets(key: Mapping[str, Any], member: str, tolerances: list[tuple[str, str]]) -> bytes:
    text = key.get(member)
    if not isinstance(text, str):
        raise JoseError(f"key member {member} is missing")
    if text.endswith("="):
        tolerances.append(("base64url-padded", f"key member {member} has padding"))
        text = text.rstrip("=")
    return base64url(text, f"key member {member}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
