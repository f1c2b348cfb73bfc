"""Private keys of the test vendor, derived from a seed so that everything can be made again.

Whoever knows the seed knows the keys: they are worth nothing, and nothing that they
sign may be trusted outside a test.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha1, sha256, shake_256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tng.testing import der_writer as der
from tng.testing.primes import seeded_prime

_CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_ECDSA_OIDS = {
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
_RSA_OIDS = {"sha256": "1.2.840.113549.1.1.11", "sha384": "1.2.840.113549.1.1.12"}
_EXPONENT = 65537


@dataclass(frozen=True)
class SigningKey:
    """A private key and the hash that it signs with: ``"sha256"``, ``"sha384"``, ``"sha512"``.

    RSA keys do not sign with the last.
    """

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    hash_name: str = "sha256"

    @cached_property
    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return self.private.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )

    @cached_property
    def identifier(self) -> bytes:
        """Subject key identifier: SHA-1 of the key bits (RFC 5280 §4.2.1.2, method 1)."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            bits = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        else:
            bits = self.private.public_key().public_bytes(
                Encoding.X962, PublicFormat.UncompressedPoint
            )
        return sha1(bits, usedforsecurity=False).digest()

    def sign(self, data: bytes) -> bytes:
        """Signature as certificates carry it; the same every time (RFC 6979, PKCS #1 v1.5)."""
        algorithm = _HASHES[self.hash_name]
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), algorithm)
        return self.private.sign(data, ec.ECDSA(algorithm, deterministic_signing=True))

    def sign_raw(self, data: bytes) -> bytes:
        """ES256 signature as JWS carries it: R‖S, 64 octets (RFC 7518 §3.4); P-256 only."""
        r, s = decode_dss_signature(self.sign(data))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def algorithm_identifier(self, *, null_parameters: bool = False) -> bytes:
        """DER AlgorithmIdentifier of the signatures.

        RSA always has NULL parameters (RFC 4055 §5). ECDSA must have none (RFC 5758
        §3.2); ``null_parameters`` writes them all the same, as NXP's roots do.
        """
        is_rsa = isinstance(self.private, rsa.RSAPrivateKey)
        oid = (_RSA_OIDS if is_rsa else _ECDSA_OIDS)[self.hash_name]
        return der.sequence(
            der.object_identifier(oid), der.NULL if is_rsa or null_parameters else b""
        )


def seeded_key(
    seed: str, label: str, curve: str = "P-256", hash_name: str = "sha256"
) -> SigningKey:
    """The key of that name; ``curve`` is ``"P-256"``, ``"P-384"`` or ``"P-521"``."""
    return SigningKey(_private_key(seed, label, _CURVES[curve]), hash_name)


def seeded_point(seed: str, label: str) -> bytes:
    """Coordinates X‖Y (64 octets) of a P-256 key whose private half is thrown away."""
    key = _private_key(seed, label, _CURVES["P-256"])
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]


@lru_cache(maxsize=64)
def rsa_key(label: str, bits: int) -> SigningKey:
    """The RSA key of that name, the same for every seed because finding primes is slow.

    The labels in `tng.testing.primes` are found at once; another one takes up to seconds.
    """
    p = seeded_prime(f"{label}/p", bits // 2, _EXPONENT)
    q = seeded_prime(f"{label}/q", bits // 2, _EXPONENT)
    private_exponent = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=private_exponent,
        dmp1=rsa.rsa_crt_dmp1(private_exponent, p),
        dmq1=rsa.rsa_crt_dmq1(private_exponent, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    # The library's check would search for factors again; a test does it once for all labels.
    return SigningKey(numbers.private_key(unsafe_skip_rsa_key_validation=True))


def seeded_octets(seed: str, label: str, length: int) -> bytes:
    """Up to 32 octets that look random and are the same every time."""
    return sha256(f"{seed}/{label}".encode()).digest()[:length]


def _private_key(seed: str, label: str, curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
    # One octet less than the order has is always below it, and random enough for a test.
    octets = shake_256(f"{seed}/key/{label}".encode()).digest((curve.key_size - 1) // 8)
    return ec.derive_private_key(int.from_bytes(octets, "big") | 1, curve)
