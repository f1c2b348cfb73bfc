"""What a seal is signed with: a key in a file, in a token, or elsewhere."""

from typing import Protocol

from tng.seal.public_key import SealKey


class SigningKey(Protocol):
    """A private key that stays where it is."""

    @property
    def public_key(self) -> SealKey:
        """Its public half, from which the algorithm follows."""

    def sign(self, signing_input: bytes) -> bytes:
        """The JWS signature (RFC 7518 §3.3, §3.4: R‖S for ECDSA); raises `TngError`."""
