"""The parameters of RSASSA-PSS signatures (RFC 8017 appendix A.2.3)."""

from collections.abc import Iterator

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tng.x509 import der

PSS_ALGORITHM = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_HASH, _MASK, _SALT, _TRAILER = 0xA0, 0xA1, 0xA2, 0xA3
_MAX_SALT = 64
"""As long as the longest hash; more makes no signature better."""


class PssError(ValueError):
    """The parameters are not understood, or name SHA-1, which is their default."""


def read_pss(parameters: bytes) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    """Padding and hash that the parameters (DER) name; raises `PssError`."""
    try:
        fields = dict(_fields(parameters))
        algorithm = _hash(fields.get(_HASH, b""))
        mask = _mask(fields.get(_MASK, b""))
        salt = _number(fields[_SALT]) if _SALT in fields else 20
        trailer = _number(fields[_TRAILER]) if _TRAILER in fields else 1
    except der.DerError as error:
        raise PssError(f"the parameters of RSA-PSS cannot be read: {error}") from error
    if not 0 <= salt <= _MAX_SALT or trailer != 1:
        raise PssError(f"RSA-PSS with a salt of {salt:.0f} bytes and trailer {trailer:.0f}")
    return padding.PSS(padding.MGF1(mask), salt), algorithm


def _fields(parameters: bytes) -> Iterator[tuple[int, bytes]]:
    position, stop = der.expect(parameters, 0, len(parameters), der.SEQUENCE, "RSA-PSS")
    while position < stop:
        tag, start, end = der.header(parameters, position, stop)
        yield tag, parameters[start:end]
        position = end


def _hash(octets: bytes) -> hashes.HashAlgorithm:
    oid = _algorithm(octets)[0] if octets else "SHA-1"
    if oid not in _HASHES:
        raise PssError(f"found RSA-PSS with {oid}, SHA-256, SHA-384 or SHA-512 is expected")
    return _HASHES[oid]


def _mask(octets: bytes) -> hashes.HashAlgorithm:
    if not octets:
        raise PssError("found RSA-PSS with SHA-1 in its mask, which is not taken")
    oid, inner = _algorithm(octets)
    if oid != _MGF1:
        raise PssError(f"the mask of RSA-PSS is {oid}, and not MGF1")
    return _hash(inner)


def _algorithm(octets: bytes) -> tuple[str, bytes]:
    start, stop = der.expect(octets, 0, len(octets), der.SEQUENCE, "algorithm")
    oid, end = der.expect(octets, start, stop, der.OBJECT_IDENTIFIER, "algorithm")
    return der.object_identifier(octets[oid:end]), octets[end:stop]


def _number(octets: bytes) -> int:
    start, stop = der.expect(octets, 0, len(octets), der.INTEGER, "number")
    if stop - start > 2:
        raise der.DerError("a number of more than two bytes")
    return der.integer(octets[start:stop])
