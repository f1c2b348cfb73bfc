"""A file that is one certificate in DER, perhaps padded as it lay on a chip, or with a line end.

The same with a chip's response around it is an APDU dump.
"""

from collections.abc import Iterator
from typing import BinaryIO

from tng.decode.certificates import looks_like_certificate, read_device, split_group
from tng.decode.interface import Decoded, RawEntry
from tng.decode.line_end import without_line_end
from tng.decode.se05x.apdu import RESPONSE_HEADER_BYTES, RESPONSE_TAG, unwrap
from tng.findings import finding
from tng.models import Source, Undecodable
from tng.x509.certificate import MAX_CERTIFICATE_BYTES
from tng.x509.der import element_length


class DerDecoder:
    """One certificate of any vendor."""

    name = "der"

    def recognises(self, head: bytes) -> bool:
        """Whether the file begins as a certificate does."""
        return looks_like_certificate(head)

    def split(self, stream: BinaryIO, file: str) -> Iterator[RawEntry | Undecodable]:
        """The one certificate; it may be cut short."""
        source = Source(file)
        data, tolerances = without_line_end(unwrap(stream.read(2 * MAX_CERTIFICATE_BYTES)))
        missing = (element_length(data) or 0) - len(data)
        if stream.read(1):
            message = f"more than {2 * MAX_CERTIFICATE_BYTES} bytes are not one certificate"
            yield Undecodable(source, (finding("certificate-malformed", message),))
        elif missing > 0:
            message = f"{missing} of {len(data) + missing} bytes of the certificate are missing"
            yield Undecodable(source, (finding("dump-truncated", message),))
        else:
            yield from split_group((data,), RawEntry(source, (), findings=tolerances))

    def read(self, raw: RawEntry) -> tuple[Decoded, ...]:
        """The device."""
        return read_device(raw)


class ApduDecoder(DerDecoder):
    """One certificate inside the response of an SE05x."""

    name = "se05x-apdu"

    def recognises(self, head: bytes) -> bool:
        """Whether the tag of a response stands before a certificate."""
        return head.startswith(RESPONSE_TAG) and looks_like_certificate(
            head[RESPONSE_HEADER_BYTES:]
        )
