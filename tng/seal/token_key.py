"""Sealing with a key in a PKCS#11 token."""

from dataclasses import dataclass

from tng.pkcs11.key import TokenKey, open_key
from tng.pkcs11.module import Pin
from tng.seal.errors import MalformedSealError, SealError
from tng.seal.public_key import SealKey, read_spki


@dataclass(frozen=True, slots=True)
class TokenSigningKey:
    """A key that stays in its token; see `SigningKey`."""

    public_key: SealKey
    key: TokenKey

    def sign(self, signing_input: bytes) -> bytes:
        """The token's signature, which has JWS's own form already; raises `TokenError`."""
        return self.key.sign(signing_input)


def load_token_key(uri: str, pin: Pin) -> TokenSigningKey:
    """The key that a ``pkcs11:`` URI names; `TokenError`, or `SealError` if it may not seal."""
    key = open_key(uri, pin)
    try:
        return TokenSigningKey(read_spki(key.spki), key)
    except MalformedSealError as error:
        raise SealError(
            f"the token's key cannot seal: {error}", "Name a key of P-256, P-384 or RSA."
        ) from error
