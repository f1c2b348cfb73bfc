"""Certificates in files that the user vouches for: PEM (one or several) or DER.

This is for trust files and the like, where anything odd is an error. Reading whatever
a device console left behind is the decoders' business.
"""

import base64
import binascii
import re
from hashlib import sha256

from tng.x509.certificate import Certificate, CertificateError, read_certificate

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")


def read_certificate_file(data: bytes) -> tuple[Certificate, ...]:
    """All certificates of a PEM or DER file, in order; `CertificateError` if there are none."""
    blocks = _BLOCK.findall(data)
    if not blocks:
        if data[:1] == b"\x30":
            return (read_certificate(data),)
        raise CertificateError("neither PEM nor DER certificates were found")
    certificates = []
    for number, block in enumerate(blocks, start=1):
        try:
            octets = base64.b64decode(b"".join(block.split()), validate=True)
        except binascii.Error as error:
            raise CertificateError(f"PEM block {number} is not base64: {error}") from error
        certificates.append(read_certificate(octets))
    return tuple(certificates)


def certified_key(pem: str) -> str | None:
    """The SHA-256 (lower hex) of the public key in a leaf, exactly as it stands there.

    ``None`` for what is not one certificate that can be read.
    """
    try:
        (leaf,) = read_certificate_file(pem.encode("utf-8", "replace"))
    except ValueError:
        return None
    return sha256(leaf.public_key.spki).hexdigest()


def to_pem(octets: bytes) -> str:
    """The strict PEM form of a certificate's DER (RFC 7468 §3): lines of 64, LF."""
    text = base64.b64encode(octets).decode("ascii")
    # Not `textwrap`: it takes twenty times as long, and every device's certificate is written.
    body = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
