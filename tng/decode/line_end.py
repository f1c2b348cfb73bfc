"""The line end that editors, terminals and `echo` leave behind a file of DER.

It is cut off the file; what fills a chip's object behind a certificate is for `tng.x509` to say.
"""

from tng.findings import Finding, finding
from tng.x509.der import element_length

LINE_ENDS = (b"\n", b"\r\n")


def without_line_end(data: bytes) -> tuple[bytes, tuple[Finding, ...]]:
    """``data`` without the one line end that follows its only element, and the tolerance."""
    length = element_length(data)
    if length is None or data[length:] not in LINE_ENDS:
        return data, ()
    return data[:length], (finding("der-padded", "a line end was cut"),)
