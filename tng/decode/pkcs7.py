"""Certificates in a PKCS#7 / CMS SignedData (RFC 5652 §5.1).

They are cut out and not otherwise looked at: libraries that read the whole structure
refuse some genuine certificates. Signatures over the SignedData are not checked.
"""

from collections.abc import Iterator
from typing import BinaryIO

from tng.decode.certificates import read_device, split_group
from tng.decode.interface import Decoded, RawEntry
from tng.decode.line_end import without_line_end
from tng.findings import finding
from tng.models import Source, Undecodable
from tng.x509 import der

MAX_PKCS7_BYTES = 16 * 1024 * 1024
"""Ten thousand certificates."""

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_EXPLICIT_0 = 0xA0


class Pkcs7Error(ValueError):
    """The bytes are not a SignedData in DER; the message says why."""


def certificates_in(data: bytes) -> tuple[bytes, ...]:
    """DER of every X.509 certificate in the SignedData, in order.

    Zero bytes may follow. Other kinds of certificates (attribute certificates) are
    left out. Raises `Pkcs7Error`.
    """
    try:
        return tuple(_certificates_in(data))
    except der.DerError as error:
        raise Pkcs7Error(str(error)) from error


def _certificates_in(data: bytes) -> Iterator[bytes]:
    start, stop = der.expect(data, 0, len(data), der.SEQUENCE, "PKCS#7")
    if data[stop:].strip(b"\0"):
        raise Pkcs7Error(f"{len(data) - stop} bytes follow the PKCS#7")
    if not data.startswith(_SIGNED_DATA, start):
        raise Pkcs7Error("the content is not SignedData")
    position = start + len(_SIGNED_DATA)
    position, stop = der.expect(data, position, stop, _EXPLICIT_0, "content")
    position, stop = der.expect(data, position, stop, der.SEQUENCE, "SignedData")
    _, position = der.expect(data, position, stop, der.INTEGER, "version")
    _, position = der.expect(data, position, stop, der.SET, "digest algorithms")
    _, position = der.expect(data, position, stop, der.SEQUENCE, "signed content")
    if position == stop or data[position] != _EXPLICIT_0:
        return
    position, stop = der.expect(data, position, stop, _EXPLICIT_0, "certificates")
    while position < stop:
        tag, _, end = der.header(data, position, stop)
        if tag == der.SEQUENCE:
            yield data[position:end]
        position = end


class Pkcs7Decoder:
    """A file with one PKCS#7 in DER; in PEM it is a text."""

    name = "pkcs7"

    def recognises(self, head: bytes) -> bool:
        """Whether the first element in the outer SEQUENCE says signedData."""
        return head[:1] == b"\x30" and _SIGNED_DATA in head[:20]

    def split(self, stream: BinaryIO, file: str) -> Iterator[RawEntry | Undecodable]:
        """Its leaves."""
        source = Source(file)
        data = stream.read(MAX_PKCS7_BYTES + 1)
        if len(data) > MAX_PKCS7_BYTES:
            message = f"more than {MAX_PKCS7_BYTES} bytes of PKCS#7"
            yield Undecodable(source, (finding("entry-too-large", message),))
            return
        data, tolerances = without_line_end(data)
        try:
            certificates = certificates_in(data)
        except Pkcs7Error as error:
            yield Undecodable(source, (finding("certificate-malformed", f"PKCS#7: {error}"),))
            return
        if not certificates:
            message = "there are no certificates in the PKCS#7"
            yield Undecodable(source, (finding("input-unrecognised", message),))
        yield from split_group(certificates, RawEntry(source, (), findings=tolerances))

    def read(self, raw: RawEntry) -> tuple[Decoded, ...]:
        """The device."""
        return read_device(raw)
