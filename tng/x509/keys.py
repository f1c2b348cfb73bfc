"""Public keys as certificates carry them (SubjectPublicKeyInfo, RFC 5280 §4.1.2.7)."""

from dataclasses import dataclass

from tng.x509 import der

_EC_PUBLIC_KEY = "1.2.840.10045.2.1"
_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"

_CURVES = {
    "1.2.840.10045.3.1.7": "P-256",
    "1.3.132.0.34": "P-384",
    "1.3.132.0.35": "P-521",
    "1.3.132.0.33": "P-224",
    "1.3.132.0.10": "secp256k1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}

P256_SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""Everything before the coordinates in an uncompressed P-256 key; 91 bytes in all."""

_P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its exact DER and what kind it is.

    ``algorithm`` is ``"P-256"``, ``"RSA-2048"``, another curve's name, or the dotted OID
    of a kind that is not known here.
    """

    spki: bytes
    algorithm: str


def read_public_key(spki: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo element; `DerError` if it is not well formed.

    A P-256 point must lie on its curve (SEC 1 §3.2.2.1): a leaf with another point is
    no key at all.
    """
    if len(spki) == 91 and spki.startswith(P256_SPKI_PREFIX):
        _require_on_p256(spki)
        return PublicKey(spki, "P-256")
    start, stop = der.expect(spki, 0, len(spki), der.SEQUENCE, "public key")
    if stop != len(spki):
        raise der.DerError("bytes after the public key")
    algorithm_start, algorithm_stop = der.expect(spki, start, stop, der.SEQUENCE, "key algorithm")
    oid_start, oid_stop = der.expect(
        spki, algorithm_start, algorithm_stop, der.OBJECT_IDENTIFIER, "key algorithm"
    )
    oid = der.object_identifier(spki[oid_start:oid_stop])
    key_start, key_stop = der.expect(spki, algorithm_stop, stop, der.BIT_STRING, "key bits")
    if key_stop != stop or key_start == key_stop or spki[key_start] != 0:
        raise der.DerError("key bits are not whole octets")
    if oid == _EC_PUBLIC_KEY:
        return PublicKey(spki, _curve(spki[oid_stop:algorithm_stop]))
    if oid == _RSA_ENCRYPTION:
        return PublicKey(spki, f"RSA-{_modulus_bits(spki, key_start + 1, key_stop)}")
    return PublicKey(spki, oid)


def ec_spki(curve: str, x: bytes, y: bytes) -> bytes | None:
    """SubjectPublicKeyInfo of an uncompressed point; ``None`` for a curve not known here.

    Coordinates shorter than the field are padded; longer ones are a `DerError`.
    """
    if curve not in _CURVE_ALGORITHMS:
        return None
    algorithm, size = _CURVE_ALGORITHMS[curve]
    if len(x) > size or len(y) > size:
        raise der.DerError(f"a coordinate is longer than the {size} bytes of {curve}")
    point = b"\x00\x04" + x.rjust(size, b"\0") + y.rjust(size, b"\0")
    return element(der.SEQUENCE, algorithm + element(der.BIT_STRING, point))


def rsa_spki(modulus: bytes, exponent: bytes) -> bytes:
    """SubjectPublicKeyInfo of an RSA key (RFC 3279 §2.3.1); numbers are big-endian."""
    key = element(der.SEQUENCE, _unsigned(modulus) + _unsigned(exponent))
    return element(der.SEQUENCE, _RSA_ALGORITHM + element(der.BIT_STRING, b"\0" + key))


def key_bits(spki: bytes) -> bytes:
    """The BIT STRING's octets, without algorithm and unused-bits octet."""
    start, stop = der.expect(spki, 0, len(spki), der.SEQUENCE, "public key")
    _, algorithm_stop = der.expect(spki, start, stop, der.SEQUENCE, "key algorithm")
    bits_start, bits_stop = der.expect(spki, algorithm_stop, stop, der.BIT_STRING, "key bits")
    return spki[bits_start + 1 : bits_stop]


def element(tag: int, content: bytes) -> bytes:
    """One element of DER with a tag of one byte (X.690 §10.1)."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _unsigned(number: bytes) -> bytes:
    digits = number.lstrip(b"\0") or b"\0"
    return element(der.INTEGER, b"\0" + digits if digits[0] & 0x80 else digits)


_RSA_ALGORITHM = element(
    der.SEQUENCE, bytes.fromhex("06092a864886f70d010101") + bytes((der.NULL, 0))
)
_CURVE_ALGORITHMS = {
    name: (
        element(der.SEQUENCE, bytes.fromhex("06072a8648ce3d0201") + bytes.fromhex(curve)),
        size,
    )
    for name, curve, size in (
        ("P-256", "06082a8648ce3d030107", 32),
        ("P-384", "06052b81040022", 48),
        ("P-521", "06052b81040023", 66),
        ("secp256k1", "06052b8104000a", 32),
        ("brainpoolP256r1", "06092b2403030208010107", 32),
        ("brainpoolP384r1", "06092b240303020801010b", 48),
        ("brainpoolP512r1", "06092b240303020801010d", 64),
    )
}


def _require_on_p256(spki: bytes) -> None:
    x = int.from_bytes(spki[27:59], "big")
    y = int.from_bytes(spki[59:], "big")
    if x >= _P256_PRIME or y >= _P256_PRIME or (y * y - (x * x - 3) * x - _P256_B) % _P256_PRIME:
        raise der.DerError("the public key is not a point of P-256")


def _curve(parameters: bytes) -> str:
    start, stop = der.expect(parameters, 0, len(parameters), der.OBJECT_IDENTIFIER, "curve")
    oid = der.object_identifier(parameters[start:stop])
    return _CURVES.get(oid, oid)


def _modulus_bits(spki: bytes, offset: int, end: int) -> int:
    start, stop = der.expect(spki, offset, end, der.SEQUENCE, "RSA key")
    modulus_start, modulus_stop = der.expect(spki, start, stop, der.INTEGER, "RSA modulus")
    return der.integer(spki[modulus_start:modulus_stop]).bit_length()
