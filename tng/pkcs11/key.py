"""A private key in a token as something that signs; its session is open only while it does.

Nothing is held open between two signatures: an audit takes long, tokens time out, and worker
processes must not inherit a session.
"""

from dataclasses import dataclass, field
from hashlib import sha256, sha384
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from tng.pkcs11.errors import TokenError
from tng.pkcs11.module import Pin, pin_of
from tng.pkcs11.public import public_key_of
from tng.pkcs11.session import attribute, find_private_key, open_session, token_serial
from tng.pkcs11.uri import TokenUri, read_uri

if TYPE_CHECKING:
    from pkcs11 import PrivateKey, Session

_DIGESTS = {256: sha256, 384: sha384}
"""By the bits of the curve (RFC 7518 §3.4)."""


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Labels of token and key, and the token's serial number; empty where there is none."""

    token: str
    serial: str
    label: str


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key that stays in its token; ``spki`` is its public half (DER).

    ``place`` is what the token says of itself and of the key.
    """

    uri: TokenUri
    spki: bytes
    pin: str = field(repr=False)
    place: KeyPlace

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``; raises `TokenError`.

        RSASSA-PKCS1-v1_5 with SHA-256 for RSA; for P-256 and P-384 ECDSA with the hash of the
        curve's length, as R‖S.
        """
        from pkcs11 import Attribute, Mechanism
        from pkcs11.types import SignMixin

        public = load_der_public_key(self.spki)
        with open_session(self.uri, self.pin) as session:
            key = find_private_key(session, self.uri)
            if not isinstance(key, SignMixin):
                raise TokenError("the key may not sign", "Name another key of the token.")
            # A key may want the PIN again for every use (PKCS#11 §4.9, CKA_ALWAYS_AUTHENTICATE).
            again = self.pin if attribute(key, Attribute.ALWAYS_AUTHENTICATE) is True else None
            if isinstance(public, ec.EllipticCurvePublicKey):
                digest = _DIGESTS[public.key_size](message).digest()
                return key.sign(digest, mechanism=Mechanism.ECDSA, pin=again)
            return key.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS, pin=again)


def open_key(text: str, otherwise: Pin) -> TokenKey:
    """The key of a URI, found once to see that it can be used.

    ``otherwise`` gives the PIN where the URI has no pin-source. Raises `TokenError`.
    """
    uri = read_uri(text)
    return open_token_key(uri, pin_of(uri, otherwise))


def open_token_key(uri: TokenUri, pin: str) -> TokenKey:
    """The key of a URI that was read before, with its PIN; as `open_key`."""
    with open_session(uri, pin) as session:
        key = find_private_key(session, uri)
        spki = public_key_of(session, key)
        place = _place(session, key)
    return TokenKey(uri, _usable(spki), pin, place)


def _place(session: "Session", key: "PrivateKey") -> KeyPlace:
    from pkcs11 import Attribute

    label = attribute(key, Attribute.LABEL)
    token = session.token
    return KeyPlace(token.label, token_serial(token), label if isinstance(label, str) else "")


def _usable(spki: bytes) -> bytes:
    """The key in its usual form; a `TokenError` for a kind that cannot sign here."""
    try:
        public = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise TokenError(
            "the token's public key cannot be read",
            "Name a key of P-256, P-384 or RSA.",
        ) from error
    if isinstance(public, ec.EllipticCurvePublicKey):
        usable, kind = public.key_size in _DIGESTS, f"curve {public.curve.name}"
    else:
        usable, kind = isinstance(public, rsa.RSAPublicKey), "neither ECDSA's nor RSA's"
    if not usable:
        raise TokenError(
            f"the token's key is of a kind that does not sign here: {kind}",
            "Name a key of P-256, P-384 or RSA.",
        )
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
