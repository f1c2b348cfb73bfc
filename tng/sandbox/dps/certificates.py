"""The certificate of an enrollment: taken as PEM or base64, answered as facts about it.

The service keeps the certificate and never gives it back; what it answers in its place is
``info``. It does not ask who issued the certificate, and the stand-in neither.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha1, sha256

from tng.sandbox.dps.answers import bad_request
from tng.x509.certificate import Certificate, CertificateError, read_certificate
from tng.x509.names import ATTRIBUTE_LABELS, Name

_MAXIMUM_TEXT = 128 * 1024
_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")
_NO_BASE64 = "The certificate is not a valid base64 string value"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A leaf: its SHA-256 in lower hex, and ``info`` as the service answers it."""

    sha256: str
    info: dict[str, object]


def read_client_certificate(text: object) -> ClientCertificate:
    """One certificate: PEM, or base64 of its DER. A chain is refused, as the service does."""
    if not isinstance(text, str) or len(text) > _MAXIMUM_TEXT:
        raise bad_request(_NO_BASE64)
    found = _PEM.fullmatch(text)
    try:
        der = base64.b64decode("".join((found[1] if found else text).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request(_NO_BASE64) from error
    try:
        certificate = read_certificate(der)
    except CertificateError as error:
        raise bad_request("The certificate cannot be read") from error
    return ClientCertificate(sha256(der).hexdigest(), _info(certificate, der))


def _info(certificate: Certificate, der: bytes) -> dict[str, object]:
    return {
        "subjectName": _text(certificate.subject),
        # An identifier in an old protocol, not a safeguard.
        "sha1Thumbprint": sha1(der, usedforsecurity=False).hexdigest().upper(),
        "sha256Thumbprint": sha256(der).hexdigest().upper(),
        "issuerName": _text(certificate.issuer),
        "notBeforeUtc": f"{certificate.not_before:%Y-%m-%dT%H:%M:%S}Z",
        "notAfterUtc": f"{certificate.not_after:%Y-%m-%dT%H:%M:%S}Z",
        "serialNumber": certificate.serial_hex.upper(),
        "version": 3,
    }


def _text(name: Name) -> str:
    """A name as .NET writes it: the most specific attribute first."""
    return ", ".join(
        f"{ATTRIBUTE_LABELS.get(oid, f'OID.{oid}')}={text}"
        for oid, text in reversed(name.attributes)
    )
