"""Certificates as secure elements carry them, read without a library's opinions.

`cryptography` refuses several genuine certificates of these vendors (an underscore
in a PrintableString, NULL parameters in ECDSA, zero padding), so the reading is
done here: lenient about what genuine chips contain (each leniency is a finding),
strict about everything that a signature check or an issuer walk relies on.
This module does not decide whether a certificate is to be believed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import lru_cache
from hashlib import sha256

from tng.findings import Finding, finding
from tng.x509 import der
from tng.x509.extensions import NO_EXTENSIONS, Extensions, read_extensions
from tng.x509.keys import PublicKey, read_public_key
from tng.x509.layout import Layout, LayoutMemory, fixed_bytes
from tng.x509.names import (
    EMPTY_NAME,
    Name,
    read_cached_name,
    read_name_beginning,
    read_similar_name,
)
from tng.x509.validity import read_validity

MAX_CERTIFICATE_BYTES = 64 * 1024
"""Far above the largest genuine one (RSA-4096: 1.4 kB)."""


class CertificateError(ValueError):
    """The bytes are not a certificate that can be read; the message says why."""


class SignatureAlgorithm(Enum):
    """How a certificate is signed; the value is (key kind, hash)."""

    ECDSA_SHA256 = ("EC", "sha256")
    ECDSA_SHA384 = ("EC", "sha384")
    ECDSA_SHA512 = ("EC", "sha512")
    RSA_SHA256 = ("RSA", "sha256")
    RSA_SHA384 = ("RSA", "sha384")
    RSA_SHA512 = ("RSA", "sha512")
    UNSUPPORTED = ("", "")


_ALGORITHMS = {
    bytes.fromhex("2a8648ce3d040302"): SignatureAlgorithm.ECDSA_SHA256,
    bytes.fromhex("2a8648ce3d040303"): SignatureAlgorithm.ECDSA_SHA384,
    bytes.fromhex("2a8648ce3d040304"): SignatureAlgorithm.ECDSA_SHA512,
    bytes.fromhex("2a864886f70d01010b"): SignatureAlgorithm.RSA_SHA256,
    bytes.fromhex("2a864886f70d01010c"): SignatureAlgorithm.RSA_SHA384,
    bytes.fromhex("2a864886f70d01010d"): SignatureAlgorithm.RSA_SHA512,
}
_VERSION_3 = bytes.fromhex("a003020102")
_NULL_PARAMETERS = b"\x05\x00"


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """One X.509 certificate; equal to another if their DER is the same.

    ``der`` is exactly the certificate, without padding; ``sha256`` its lower-case hex
    fingerprint. Where in it the signed part and the signature lie is kept,
    and not a copy of each: those would be most of the memory that a device takes.
    ``serial_hex`` is the serial number's content octets in lower-case hex, as they stand in the
    certificate. ``tolerances`` are the leniencies that reading it took.
    """

    der: bytes
    sha256: str
    tbs_start: int
    tbs_stop: int
    signature_start: int
    serial_hex: str
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    public_key: PublicKey
    extensions: Extensions
    signature_algorithm: SignatureAlgorithm
    tolerances: tuple[Finding, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        # Everything else follows from the DER; hashing all fields would be slow.
        return hash(self.der)

    @property
    def tbs(self) -> bytes:
        """The octets that are signed (TBSCertificate, RFC 5280 §4.1.1.1)."""
        return self.der[self.tbs_start : self.tbs_stop]

    @property
    def signature(self) -> bytes:
        """The octets of signatureValue (RFC 5280 §4.1.1.3)."""
        return self.der[self.signature_start :]

    @property
    def is_self_issued(self) -> bool:
        """Whether issuer and subject are the same name (RFC 5280 §6.1)."""
        return self.issuer.der == self.subject.der


def read_certificate(data: bytes) -> Certificate:
    """Read the DER certificate at the start of ``data``; only zero bytes may follow it.

    Raises `CertificateError` for anything that is neither right nor tolerated.
    """
    try:
        return _read(data)
    except der.DerError as error:
        raise CertificateError(str(error)) from error


def _read(data: bytes) -> Certificate:
    layout = _layouts.find(data)
    if layout is not None:
        return _assemble(data, layout, [])
    tolerances: list[Finding] = []
    _, stop = der.expect(data, 0, len(data), der.SEQUENCE, "certificate")
    if stop != len(data):
        data = _cut(data, stop, tolerances)
    layout = _lay_out(data)
    certificate = _assemble(data, layout, tolerances)
    # Only of one that could be read.
    if layout.subject_beginning is not None:
        fixed = fixed_bytes(data, layout, layout.subject_beginning)
        _layouts.remember(replace(layout, fixed=fixed))
    return certificate


_layouts = LayoutMemory()


def _lay_out(data: bytes) -> Layout:
    """Walk over the certificate, which fills ``data``, and find its values."""
    start, stop = der.expect(data, 0, len(data), der.SEQUENCE, "certificate")
    if stop > MAX_CERTIFICATE_BYTES:
        raise CertificateError(f"{stop} bytes are more than any certificate has")
    tbs_start, tbs_stop = der.expect(data, start, stop, der.SEQUENCE, "signed part")
    outer, position = _algorithm_identifier(data, tbs_stop, stop)
    bits_start, bits_stop = der.expect(data, position, stop, der.BIT_STRING, "signature")
    if bits_stop != stop or bits_stop - bits_start < 2 or data[bits_start] != 0:
        raise CertificateError("the signature is not whole octets at the certificate's end")
    serial, serial_stop = _version_and_serial(data, tbs_start, tbs_stop)
    inner, issuer = _algorithm_identifier(data, serial_stop, tbs_stop)
    if inner != outer:
        raise CertificateError("the signed and the unsigned signature algorithm differ")
    _, validity = der.expect(data, issuer, tbs_stop, der.SEQUENCE, "issuer")
    _, subject = der.expect(data, validity, tbs_stop, der.SEQUENCE, "validity")
    beginning, key = read_name_beginning(data, subject, tbs_stop)
    _, extensions = der.expect(data, key, tbs_stop, der.SEQUENCE, "public key")
    return Layout(
        stop, start, serial, serial_stop, issuer, validity, subject, beginning, key,
        extensions, tbs_stop, bits_start + 1, (),
    )  # fmt: skip


def _assemble(data: bytes, layout: Layout, tolerances: list[Finding]) -> Certificate:
    """Read the values of a certificate whose layout is known."""
    issuer = read_cached_name(data[layout.issuer : layout.validity])
    not_before, not_after, early = read_validity(data[layout.validity : layout.subject])
    subject = (
        read_similar_name(data, layout.subject, layout.subject_beginning, layout.key)
        if layout.subject_beginning is not None
        else EMPTY_NAME
    )
    public_key = read_public_key(data[layout.key : layout.extensions])
    extensions = _extensions(data, layout.extensions, layout.tbs_stop)
    algorithm, null_parameters = _signature_algorithm(data[layout.serial_stop : layout.issuer])
    tolerances += early
    tolerances += null_parameters
    _note_names(issuer, subject, extensions, tolerances)
    return Certificate(
        data,
        sha256(data).hexdigest(),
        layout.tbs,
        layout.tbs_stop,
        layout.signature,
        data[layout.serial : layout.serial_stop].hex(),
        issuer,
        subject,
        not_before,
        not_after,
        public_key,
        extensions,
        algorithm,
        tuple(tolerances),
    )


def _cut(data: bytes, stop: int, tolerances: list[Finding]) -> bytes:
    rest = data[stop:]
    if rest.strip(b"\0"):
        raise CertificateError(f"{len(rest)} bytes follow the certificate and are not all zero")
    tolerances.append(finding("certificate-zero-padded", f"{len(rest)} zero bytes were cut"))
    return data[:stop]


def _algorithm_identifier(data: bytes, offset: int, end: int) -> tuple[bytes, int]:
    _, stop = der.expect(data, offset, end, der.SEQUENCE, "signature algorithm")
    return data[offset:stop], stop


@lru_cache(maxsize=64)
def _signature_algorithm(element: bytes) -> tuple[SignatureAlgorithm, tuple[Finding, ...]]:
    inner, end = der.expect(element, 0, len(element), der.SEQUENCE, "signature algorithm")
    start, stop = der.expect(element, inner, end, der.OBJECT_IDENTIFIER, "algorithm")
    algorithm = _ALGORITHMS.get(element[start:stop], SignatureAlgorithm.UNSUPPORTED)
    parameters = element[stop:]
    if algorithm is SignatureAlgorithm.UNSUPPORTED or not parameters:
        return algorithm, ()
    if parameters != _NULL_PARAMETERS:
        raise CertificateError("the signature algorithm has parameters other than NULL")
    if algorithm.value[0] != "EC":
        return algorithm, ()
    message = f"{algorithm.name} carries NULL parameters"
    return algorithm, (finding("ecdsa-null-parameters", message),)


def _version_and_serial(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Where the octets of the serial number begin and end."""
    if data.startswith(_VERSION_3, position):
        start, stop = der.expect(data, position + 5, end, der.INTEGER, "serial number")
        if start == stop:
            raise CertificateError("the serial number is empty")
        return start, stop
    return _other_version_and_serial(data, position, end)


def _other_version_and_serial(data: bytes, position: int, end: int) -> tuple[int, int]:
    tag, start, stop = der.header(data, position, end)
    version = 0
    if tag == 0xA0:
        number_start, number_stop = der.expect(data, start, stop, der.INTEGER, "version")
        version = der.integer(data[number_start:number_stop])
        if number_stop != stop:
            raise CertificateError("bytes after the version")
        tag, start, stop = der.header(data, stop, end)
    if version not in (0, 1, 2):
        raise CertificateError(f"version {version + 1} is not an X.509 version")
    if tag != der.INTEGER or stop == start:
        raise CertificateError("the serial number is not an integer")
    return start, stop


def _extensions(data: bytes, position: int, end: int) -> Extensions:
    extensions = NO_EXTENSIONS
    previous = 0
    while position < end:
        tag, start, stop = der.header(data, position, end)
        if tag not in (0x81, 0x82, 0xA3) or tag <= previous:
            raise CertificateError(f"unknown member 0x{tag:02x} in the signed part")
        if tag == 0xA3:
            extensions = read_extensions(data, start, stop)
        previous, position = tag, stop
    return extensions


def _note_names(
    issuer: Name, subject: Name, extensions: Extensions, tolerances: list[Finding]
) -> None:
    irregular = issuer.irregular or subject.irregular
    for name in extensions.directory_names:
        irregular = irregular or name.irregular
    if irregular:
        tolerances.append(_irregular(irregular[0]))


@lru_cache(maxsize=64)
def _irregular(text: str) -> Finding:
    return finding("printable-string-illegal-character", f"PrintableString {text!r}")
