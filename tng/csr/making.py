"""A request for a key that stays where it is: in a token.

The DER is put together here and the token signs it; what comes out is read again, with its
proof of possession, before anybody gets it.
"""

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import Name

from tng.csr.errors import RequestError
from tng.csr.model import CertificateRequest, RequestedDevice
from tng.csr.reading import read_request
from tng.models import Source
from tng.x509 import der
from tng.x509.keys import element

_VERSION_1 = b"\x02\x01\x00"
_NO_ATTRIBUTES = b"\xa0\x00"
_ECDSA = {
    256: bytes.fromhex("300a06082a8648ce3d040302"),
    384: bytes.fromhex("300a06082a8648ce3d040303"),
}
"""AlgorithmIdentifiers by the bits of the curve (RFC 5758 §3.2): SHA-256 and SHA-384."""
_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
"""sha256WithRSAEncryption (RFC 4055 §5)."""


class RequestingKey(Protocol):
    """A private key that may be anywhere, as `tng.pkcs11.key.TokenKey`."""

    @property
    def spki(self) -> bytes:
        """Its public half, SubjectPublicKeyInfo in DER: P-256, P-384 or RSA."""

    def sign(self, message: bytes) -> bytes:
        """Signs with the hash of the curve's length, as R‖S; RSA with PKCS#1 v1.5 and SHA-256."""


def make_request(key: RequestingKey, subject: Name) -> CertificateRequest:
    """A request signed by ``key`` and checked afterwards.

    Raises what the key raises, and `RequestError` where its signature is wrong, as it is where
    a token has two halves that do not belong together, or where its key is too short.
    """
    size = _curve_bits(key.spki)
    information = element(
        der.SEQUENCE, _VERSION_1 + subject.public_bytes() + key.spki + _NO_ATTRIBUTES
    )
    signature = key.sign(information)
    algorithm = _RSA if size is None else _ECDSA[size]
    if size is not None:
        half = len(signature) // 2
        signature = encode_dss_signature(
            int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        )
    bits = element(der.BIT_STRING, b"\0" + signature)
    outcome = read_request(
        element(der.SEQUENCE, information + algorithm + bits), Source("the token's request")
    )
    if isinstance(outcome, RequestedDevice):
        return outcome.request
    raise RequestError(
        f"the request that was made is not usable: {outcome.findings[-1].message}",
        "Make a new pair in the token: P-256, P-384 or RSA of 2048 bits. A signature that is wrong "
        "comes from halves that do not belong together.",
    )


def _curve_bits(spki: bytes) -> int | None:
    """Bits of the curve; ``None`` for RSA."""
    key = load_der_public_key(spki)
    return key.key_size if isinstance(key, ec.EllipticCurvePublicKey) else None
