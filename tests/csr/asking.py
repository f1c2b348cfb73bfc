"""Requests for the tests: regular ones by `cryptography`, and any other put together by hand."""

from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import CertificateSigningRequestBuilder, Name

from tng.csr.pem import to_pem
from tng.testing import der_writer as der

ECDSA_SHA256 = der.sequence(der.object_identifier("1.2.840.10045.4.3.2"))
ATTRIBUTES = der.explicit(0)
_CURVES = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
    "P-224": ec.SECP224R1(),
}


@cache
def key(kind: str = "P-256", number: int = 0):
    """A private key of that kind; another one for every number."""
    if kind.startswith("RSA-"):
        return rsa.generate_private_key(65537, int(kind[4:]))
    return ec.generate_private_key(_CURVES[kind])


def spki_of(private) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(private) -> str:
    return sha256(spki_of(private)).hexdigest()


def request(private=None, subject="CN=board-1", hash_=None, pss=None) -> bytes:
    """A regular request in DER; without ``hash_`` the same one every time."""
    if hash_ is None:
        return _request(private or key(), subject)
    return _signed(private, subject, hash_, pss)


@cache
def _request(private, subject: str) -> bytes:
    return _signed(private, subject, hashes.SHA256(), None)


def _signed(private, subject, hash_, pss) -> bytes:
    builder = CertificateSigningRequestBuilder(Name.from_rfc4514_string(subject))
    return builder.sign(private, hash_, rsa_padding=pss).public_bytes(Encoding.DER)


def pem(*arguments, **settings) -> str:
    return to_pem(request(*arguments, **settings))


def common_name(text: str) -> bytes:
    """A Name with that CN."""
    return name_of(der.utf8_string(text))


def name_of(*values: bytes) -> bytes:
    """A Name with a CN of each of these elements."""
    attributes = (der.sequence(der.object_identifier("2.5.4.3"), value) for value in values)
    return der.sequence(*map(der.set_of, attributes))


def assembled(
    private=None,
    *,
    version=b"\x02\x01\x00",
    subject=None,
    spki=None,
    attributes=ATTRIBUTES,
    algorithm=ECDSA_SHA256,
    sign=None,
) -> bytes:
    """A request of these elements, rightly signed with ECDSA and SHA-256 unless told otherwise."""
    private = private or key()
    info = der.sequence(
        version, subject or common_name("board-1"), spki or spki_of(private), attributes
    )
    sign = sign or (lambda octets: private.sign(octets, ec.ECDSA(hashes.SHA256())))
    return der.sequence(info, algorithm, der.bit_string(sign(info)))


def signs_rsa(private, hash_):
    """A ``sign`` for `assembled`: RSA with PKCS#1 v1.5."""
    return lambda octets: private.sign(octets, padding.PKCS1v15(), hash_)
