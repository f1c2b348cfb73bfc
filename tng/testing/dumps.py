"""How people hold a chip's certificate: the bytes of one object in every tool's notation.

Whole sessions and lists of many chips are in `tng.testing.sessions`.
"""

from base64 import b64encode
from collections.abc import Iterator

from tng.testing import certificates as x509
from tng.testing import der_writer as der

_BYTES_PER_LINE = 16
_PKCS7_SIGNED_DATA = "1.2.840.113549.1.7.2"
_PKCS7_DATA = "1.2.840.113549.1.7.1"


def one_line_pem(certificate: bytes) -> bytes:
    """PEM with the whole base64 on one line, as ``se05x_GetCertificate`` writes it."""
    return (
        b"-----BEGIN CERTIFICATE-----\n" + b64encode(certificate) + b"\n-----END CERTIFICATE-----\n"
    )


def zero_padded(certificate: bytes, size: int = 1024) -> bytes:
    """DER filled with zeros up to the size of its object (AN12436 table 16)."""
    return certificate.ljust(size, b"\0")


def zero_padded_pem(certificate: bytes, size: int = 1024) -> bytes:
    """PEM around the padded object."""
    return x509.pem(zero_padded(certificate, size)).encode()


def nxlog(data: bytes, *, label: str = "cert", tabs: bool = False) -> bytes:
    """A hex dump by NXP's logger: 16 octets a line in groups of four, ``tabs`` between them."""
    gap = "\t" if tabs else "    "
    lines = [f"App   :INFO :{label} (Len={len(data)})"]
    for line in _lines(data):
        groups = (line[start : start + 4].hex(" ").upper() for start in range(0, len(line), 4))
        lines.append(f"      {gap.join(groups)} ")
    return "\n".join((*lines, "")).encode()


def xxd(data: bytes) -> bytes:
    """As ``xxd`` prints it: offset, pairs of octets, text."""
    rows = []
    for number, line in enumerate(_lines(data)):
        pairs = " ".join(line[start : start + 2].hex() for start in range(0, len(line), 2))
        rows.append(f"{number * _BYTES_PER_LINE:08x}: {pairs:<39}  {_printable(line)}")
    return "\n".join((*rows, "")).encode()


def od(data: bytes) -> bytes:
    """As ``od -A x -t x1`` prints it, the length in the last line."""
    rows = [
        f"{number * _BYTES_PER_LINE:06x} {line.hex(' ')}"
        for number, line in enumerate(_lines(data))
    ]
    return "\n".join((*rows, f"{len(data):06x}", "")).encode()


def c_array(data: bytes, name: str = "device_certificate") -> bytes:
    """An array in C source."""
    rows = (f"    {', '.join(f'0x{octet:02X}' for octet in line)}," for line in _lines(data))
    return "\n".join(
        ("#include <stdint.h>", "", f"const uint8_t {name}[] = {{", *rows, "};", "")
    ).encode()


def apdu(certificate: bytes, size: int = 1024) -> bytes:
    """The chip's answer to ReadObject in hex: ``41 82 hh ll``, the padded object, ``90 00``."""
    content = zero_padded(certificate, size)
    answer = b"\x41\x82" + len(content).to_bytes(2, "big") + content + b"\x90\x00"
    return "\n".join((*(line.hex(" ").upper() for line in _lines(answer)), "")).encode()


def openssl_text(certificate: bytes, subject: str) -> bytes:
    """The beginning of ``openssl x509 -text``, then the PEM."""
    head = (
        "Certificate:\n    Data:\n        Version: 3 (0x2)\n"
        f"        Subject: {subject}\n    Signature Algorithm: ecdsa-with-SHA256\n"
    )
    return (head + x509.pem(certificate)).encode()


def pkcs7(*certificates: bytes) -> bytes:
    """A DER PKCS #7 bag of certificates without signers (RFC 2315 §9.1)."""
    signed_data = der.sequence(
        der.integer(1),
        der.set_of(),
        der.sequence(der.object_identifier(_PKCS7_DATA)),
        der.explicit(0, *certificates),
        der.set_of(),
    )
    return der.sequence(der.object_identifier(_PKCS7_SIGNED_DATA), der.explicit(0, signed_data))


def _lines(data: bytes) -> Iterator[bytes]:
    return (data[start : start + _BYTES_PER_LINE] for start in range(0, len(data), _BYTES_PER_LINE))


def _printable(line: bytes) -> str:
    return "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in line)
