"""The detached JWS of a seal (RFC 7515 appendix F): ``header..signature``.

The header says nothing that decides anything: algorithm and key are those that the checker
was told, and a header that names others is refused.
"""

from collections.abc import Mapping

from jose import jwk, jws
from jose.exceptions import JOSEError

from tng.report.json_text import to_json
from tng.seal.encoding import from_base64url, read_json_object, to_base64url
from tng.seal.errors import MalformedSealError, SealError
from tng.seal.interface import SigningKey
from tng.seal.public_key import SealKey

TYPE = "tng-seal+jws"
"""The header's ``typ``: a signature made for something else is no seal (RFC 8725 §3.11)."""

MAX_JWS_BYTES = 16 * 1024
"""Header and RSA-8192 signature take less than two thousand."""


def sign_detached(key: SigningKey, payload: bytes) -> str:
    """The compact serialisation without its payload; `SealError` if the key does not fit.

    The signature is checked at once: a token may hold a public key that is not the private
    one's, and a seal that nobody can check should never leave here.
    """
    public = key.public_key
    header = to_base64url(to_json(_header(public)))
    signing_input = f"{header}.{to_base64url(payload)}".encode("ascii")
    text = f"{header}..{to_base64url(key.sign(signing_input))}"
    try:
        verify_detached(text, payload, public)
    except MalformedSealError as error:
        raise SealError(
            "the signature that was made does not fit its public key",
            "The token's public key or certificate belongs to another private key.",
        ) from error
    return text


def verify_detached(text: str, payload: bytes, key: SealKey) -> None:
    """`MalformedSealError` unless ``text`` is ``key``'s seal over exactly these bytes."""
    parts = text.split(".")
    if len(parts) != 3 or parts[1]:
        raise MalformedSealError("it is not a detached JWS (header..signature)")
    _require_header(read_json_object(from_base64url(parts[0], "its header"), "its header"), key)
    from_base64url(parts[2], "its signature")
    token = f"{parts[0]}.{to_base64url(payload)}.{parts[2]}"
    try:
        jws.verify(token, _jose_key(key), algorithms=[key.algorithm])
    except (JOSEError, ValueError) as error:
        raise MalformedSealError("the signature is not the key's over this statement") from error


def _header(key: SealKey) -> dict[str, object]:
    return {"alg": key.algorithm, "kid": key.thumbprint, "typ": TYPE}


def _require_header(header: Mapping[str, object], key: SealKey) -> None:
    expected = _header(key)
    for name in sorted(header.keys() | expected.keys()):
        # `crit` and `b64` (RFC 7797) are among what a seal's header does not have.
        if name not in expected:
            raise MalformedSealError(f"its header has a member {name!r:.40}")
        if header.get(name) != expected[name]:
            found = str(header.get(name, "missing"))
            raise MalformedSealError(f"its {name} is {found:.60}, expected {expected[name]}")


def _jose_key(key: SealKey) -> object:
    return jwk.construct(dict(key.jwk), key.algorithm)
