"""Making certificates field by field, quirks included.

An `Authority` issues; a `CertificateRequest` says what. Nothing stops a request from
being wrong: forgeries are made here too.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from tng.testing import der_writer as der
from tng.testing.keys import SigningKey

COMMON_NAME = "2.5.4.3"
SERIAL_NUMBER = "2.5.4.5"
ORGANIZATION = "2.5.4.10"
ORGANIZATIONAL_UNIT = "2.5.4.11"

_USAGE_BITS = {
    "digitalSignature": 0,
    "keyAgreement": 4,
    "keyCertSign": 5,
    "cRLSign": 6,
}
"""Positions in KeyUsage (RFC 5280 §4.2.1.3)."""

_PEM_WIDTH = 64


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """What an authority is to certify.

    ``subject`` is a DER name, ``spki`` a DER public key, ``serial`` the content octets of
    the serial number (the first below 0x80), ``extensions`` DER extensions in order.
    ``generalized_end`` writes the end as GeneralizedTime even before 2050, as Microchip
    does.
    """

    subject: bytes
    spki: bytes
    serial: bytes
    not_before: datetime
    not_after: datetime
    extensions: tuple[bytes, ...]
    generalized_end: bool = False


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate together with the private key that belongs to it.

    ``name`` is the DER name that it issues under. ``null_parameters`` writes NULL into
    the ECDSA algorithm of what it signs, as NXP's roots do.
    """

    name: bytes
    key: SigningKey
    certificate: bytes
    null_parameters: bool = False

    def issue(self, request: CertificateRequest) -> bytes:
        """The DER certificate for ``request``, signed by this authority."""
        return sign_certificate(request, self.name, self.key, null_parameters=self.null_parameters)


def self_signed(
    request: CertificateRequest, key: SigningKey, *, null_parameters: bool = False
) -> Authority:
    """An authority whose certificate is signed with its own key."""
    certificate = sign_certificate(request, request.subject, key, null_parameters=null_parameters)
    return Authority(request.subject, key, certificate, null_parameters)


def subordinate(
    issuer: Authority,
    request: CertificateRequest,
    key: SigningKey,
    *,
    null_parameters: bool = False,
) -> Authority:
    """An authority whose certificate ``issuer`` signed; ``key`` belongs to ``request.spki``."""
    return Authority(request.subject, key, issuer.issue(request), null_parameters)


def sign_certificate(
    request: CertificateRequest, issuer: bytes, key: SigningKey, *, null_parameters: bool = False
) -> bytes:
    """The DER certificate (RFC 5280 §4.1) with that issuer name, signed with ``key``."""
    algorithm = key.algorithm_identifier(null_parameters=null_parameters)
    write_end = der.generalized_time if request.generalized_end else der.certificate_time
    signed_part = der.sequence(
        _VERSION_3,
        der.element(0x02, request.serial),
        algorithm,
        issuer,
        der.sequence(der.certificate_time(request.not_before), write_end(request.not_after)),
        request.subject,
        request.spki,
        der.explicit(3, der.sequence(*request.extensions)),
    )
    return der.sequence(signed_part, algorithm, der.bit_string(key.sign(signed_part)))


_VERSION_3 = der.explicit(0, der.integer(2))


def name(*attributes: tuple[str, str]) -> bytes:
    """DER name of (OID, text) pairs in order, each a UTF8String in a set of its own."""
    return der.sequence(*(_relative_name(oid, der.utf8_string(text)) for oid, text in attributes))


def _relative_name(oid: str, value: bytes) -> bytes:
    return der.set_of(der.sequence(der.object_identifier(oid), value))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """One Extension with ``value`` (DER) inside its octet string."""
    flag = der.TRUE if critical else b""
    return der.sequence(der.object_identifier(oid), flag, der.octet_string(value))


def basic_constraints(
    *, is_ca: bool, path_length: int | None = None, critical: bool = True
) -> bytes:
    """BasicConstraints; CA:FALSE is the empty sequence (its default is left out)."""
    content = der.TRUE if is_ca else b""
    if path_length is not None:
        content += der.integer(path_length)
    return extension("2.5.29.19", der.sequence(content), critical=critical)


def key_usage(*usages: str, critical: bool = True) -> bytes:
    """KeyUsage with the named bits, trailing zero bits cut (X.690 §11.2.2)."""
    positions = [_USAGE_BITS[usage] for usage in usages]
    octet = sum(0x80 >> position for position in positions)
    unused = 7 - max(positions)
    return extension("2.5.29.15", der.bit_string(bytes((octet,)), unused), critical=critical)


def subject_key_identifier(identifier: bytes) -> bytes:
    """SubjectKeyIdentifier of 20 octets."""
    return extension("2.5.29.14", der.octet_string(identifier))


def authority_key_identifier(identifier: bytes) -> bytes:
    """AuthorityKeyIdentifier with the key identifier alone."""
    return extension("2.5.29.35", der.sequence(der.element(0x80, identifier)))


def directory_serial_number(text: str) -> bytes:
    """SubjectAltName with a directoryName whose serialNumber is a PrintableString.

    Microchip writes ``eui48_…`` there, with an underscore that the type forbids.
    """
    serial = der.sequence(_relative_name(SERIAL_NUMBER, der.printable_string(text)))
    return extension("2.5.29.17", der.sequence(der.explicit(4, serial)))


def dns_name(text: str) -> bytes:
    """SubjectAltName with one dNSName."""
    return extension("2.5.29.17", der.sequence(der.element(0x82, text.encode("ascii"))))


def pem(*certificates: bytes) -> str:
    """The certificates as PEM text (RFC 7468), one after the other."""
    return "".join(_block(b64encode(certificate).decode()) for certificate in certificates)


def _block(body: str) -> str:
    lines = [body[start : start + _PEM_WIDTH] for start in range(0, len(body), _PEM_WIDTH)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
