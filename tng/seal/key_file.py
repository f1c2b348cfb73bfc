"""Sealing with a private key in a file."""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tng.private_key_file import Passphrase, read_private_key
from tng.seal.errors import MalformedSealError, SealError
from tng.seal.public_key import SealKey, key_of

_HASHES = {"ES256": hashes.SHA256(), "ES384": hashes.SHA384()}
_COORDINATE_BYTES = {"ES256": 32, "ES384": 48}


@dataclass(frozen=True, slots=True)
class FileSigningKey:
    """A key in this process's memory; see `SigningKey`."""

    public_key: SealKey
    private_key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)

    def sign(self, signing_input: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, or ECDSA as R‖S."""
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return self.private_key.sign(signing_input, padding.PKCS1v15(), hashes.SHA256())
        algorithm = self.public_key.algorithm
        signature = _ecdsa(self.private_key, signing_input, _HASHES[algorithm])
        size = _COORDINATE_BYTES[algorithm]
        return b"".join(part.to_bytes(size, "big") for part in decode_dss_signature(signature))


def load_key_file(path: Path, passphrase: Passphrase) -> FileSigningKey:
    """The key; `InputError` for a file without one, `SealError` for a key that may not seal."""
    key = read_private_key(
        path,
        passphrase,
        whose="the sealing",
        hint="Keys are PEM or DER files; a key in a token is named by its pkcs11: URI",
    )
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _refused(path, "it is neither of P-256 or P-384 nor RSA")
    try:
        return FileSigningKey(key_of(key.public_key()), key)
    except MalformedSealError as error:
        raise _refused(path, str(error)) from error


def _refused(path: Path, problem: str) -> SealError:
    return SealError(
        f"the key in {path} cannot seal: {problem}",
        "Make one with: openssl ecparam -name prime256v1 -genkey -noout -out seal-key.pem",
    )


def _ecdsa(
    key: ec.EllipticCurvePrivateKey, signing_input: bytes, algorithm: hashes.HashAlgorithm
) -> bytes:
    try:
        # RFC 6979: the same report gets the same seal, and no bad random number leaks the key.
        return key.sign(signing_input, ec.ECDSA(algorithm, deterministic_signing=True))
    except UnsupportedAlgorithm:
        # OpenSSL before 3.2 cannot do that.
        return key.sign(signing_input, ec.ECDSA(algorithm))
