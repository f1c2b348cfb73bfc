"""The parts of a CertificationRequest (RFC 2986 §4), as they stand in its DER.

Tolerant where devices' libraries are irregular and a signature can still be checked: the
attributes may be absent, the subject may be of any text, and what fills a chip's slot or erased
flash may follow, or a line end. It judges nothing.
"""

import re
from dataclasses import dataclass

from tng.decode.line_end import LINE_ENDS
from tng.x509 import der

MAX_REQUEST_BYTES = 16 * 1024
"""Ten times what a request with a key of RSA-4096 and a long subject has."""

_ATTRIBUTES = 0xA0
_BEGINNING = re.compile(
    rb"\x30(?:\x81.|\x82..)\x30(?:[\0-\x7f]|\x81.|\x82..)\x02\x01\x00\x30", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class RequestParts:
    """``der`` is the request without padding, ``info`` what its signature is over.

    ``subject`` and ``spki`` are whole elements. ``algorithm`` is the dotted OID of the signature's
    algorithm and ``parameters`` the DER of its parameters, empty where there are none. ``behind``
    says what was cut, and is empty where nothing was.
    """

    der: bytes
    info: bytes
    subject: bytes
    spki: bytes
    algorithm: str
    parameters: bytes
    signature: bytes
    behind: str = ""


def looks_like_request(data: bytes) -> bool:
    """Whether DER begins as a request does; certificates and private keys do not."""
    return _BEGINNING.match(data) is not None


def read_parts(data: bytes) -> RequestParts:
    """The parts of the request in ``data``, behind which padding may follow; raises `DerError`.

    Padding is one line end, zeros, or the FF of erased flash.
    """
    start, end = _whole(data)
    info_start, info_end = der.expect(data, start, end, der.SEQUENCE, "request information")
    subject, key, key_end = _information(data, info_start, info_end)
    algorithm_start, algorithm_end = der.expect(
        data, info_end, end, der.SEQUENCE, "signature algorithm"
    )
    oid_start, oid_end = der.expect(
        data, algorithm_start, algorithm_end, der.OBJECT_IDENTIFIER, "signature algorithm"
    )
    bits, bits_end = der.expect(data, algorithm_end, end, der.BIT_STRING, "signature")
    if bits_end != end or bits == bits_end or data[bits] != 0:
        raise der.DerError("the signature is not whole octets up to the end of the request")
    return RequestParts(
        der=data[:end],
        info=data[start:info_end],
        subject=data[subject:key],
        spki=data[key:key_end],
        algorithm=der.object_identifier(data[oid_start:oid_end]),
        parameters=data[oid_end:algorithm_end],
        signature=data[bits + 1 : bits_end],
        behind=_padding(data[end:]),
    )


def _whole(data: bytes) -> tuple[int, int]:
    """Begin and end of what the outermost SEQUENCE holds."""
    length = der.element_length(data)
    if data[:1] == b"\x30" and length is not None and length > len(data):
        raise der.DerError(f"{length - len(data)} of {length} bytes of the request are missing")
    start, end = der.expect(data, 0, len(data), der.SEQUENCE, "certificate request")
    if end > MAX_REQUEST_BYTES:
        raise der.DerError(f"{end} bytes are no request: {MAX_REQUEST_BYTES} are read")
    return start, end


def _padding(rest: bytes) -> str:
    if not rest:
        return ""
    if rest in LINE_ENDS:
        return "a line end was cut"
    for octet in (b"\0", b"\xff"):
        if not rest.strip(octet):
            return f"{len(rest)} bytes {octet.hex().upper()} were cut"
    raise der.DerError(
        f"{len(rest)} bytes follow the request, and they are neither all zero, nor all FF, nor a "
        "line end"
    )


def _information(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Where subject and key begin in the request's information, and where the key ends."""
    version, subject = der.expect(data, start, end, der.INTEGER, "version")
    if data[version:subject] != b"\0":
        raise der.DerError(f"version {data[version:subject].hex()} of a request is not known")
    _, key = der.expect(data, subject, end, der.SEQUENCE, "subject")
    _, key_end = der.expect(data, key, end, der.SEQUENCE, "public key")
    if key_end != end:
        # RFC 2986 §4.1 demands them even if empty; some devices' libraries leave them out.
        tag, _, attributes_end = der.header(data, key_end, end)
        if tag != _ATTRIBUTES or attributes_end != end:
            raise der.DerError(f"something else than attributes follows the key at {key_end}")
    return subject, key, key_end
