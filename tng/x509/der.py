"""A small, strict and bounded reader of DER (ITU-T X.690 §10).

It reads tags and definite lengths, nothing else: indefinite lengths, multi-byte
tags, non-minimal lengths and elements that leave their parent are errors. It
never recurses, so nesting costs nothing.
"""

INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
PRINTABLE_STRING = 0x13
TELETEX_STRING = 0x14
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
UNIVERSAL_STRING = 0x1C
BMP_STRING = 0x1E
BOOLEAN = 0x01
SEQUENCE = 0x30
SET = 0x31

MAX_IDENTIFIER_BYTES = 64
"""Three times the longest object identifier in use; reading one takes time by its square."""


class DerError(ValueError):
    """The bytes are not the DER that was expected; the message says where and why."""


def header(data: bytes, offset: int, end: int) -> tuple[int, int, int]:
    """Read the tag and length at ``offset``.

    Returns ``(tag, start, stop)``: ``data[start:stop]`` is the content. Raises
    `DerError` if the element does not end by ``end``.
    """
    start = offset + 2
    if start > end:
        raise DerError(f"element at byte {offset} is cut short")
    tag = data[offset]
    length = data[offset + 1]
    if length >= 0x80:
        start, length = _long_length(data, offset, end)
    if tag & 0x1F == 0x1F:
        raise DerError(f"multi-byte tag at byte {offset}")
    stop = start + length
    if stop > end:
        raise DerError(f"element at byte {offset} needs {stop - end} bytes more than there are")
    return tag, start, stop


def _long_length(data: bytes, offset: int, end: int) -> tuple[int, int]:
    count = data[offset + 1] & 0x7F
    start = offset + 2 + count
    if count == 0 or count > 4:
        raise DerError(f"length of {count} bytes at byte {offset} (1 to 4 are read)")
    if start > end:
        raise DerError(f"element at byte {offset} is cut short")
    length = int.from_bytes(data[offset + 2 : start], "big")
    if length < 0x80 or data[offset + 2] == 0:
        raise DerError(f"length at byte {offset} is not minimal")
    return start, length


def expect(data: bytes, offset: int, end: int, tag: int, what: str) -> tuple[int, int]:
    """Read an element that must have ``tag``; returns ``(start, stop)`` of its content."""
    start = offset + 2
    if start <= end and data[offset] == tag:
        # The form that nearly every element has, spared a call: this runs 50 times a
        # certificate.
        length = data[offset + 1]
        if length < 0x80 and start + length <= end:
            return start, start + length
    found, start, stop = header(data, offset, end)
    if found != tag:
        raise DerError(f"{what}: tag 0x{found:02x} at byte {offset}, expected 0x{tag:02x}")
    return start, stop


def element_length(data: bytes) -> int | None:
    """The whole length of the outermost element, or ``None`` if its header is not there.

    Says how many bytes a certificate needs before all of them have been read.
    """
    if len(data) < 2:
        return None
    length = data[1]
    if length < 0x80:
        return 2 + length
    count = length & 0x7F
    if count == 0 or count > 4 or len(data) < 2 + count:
        return None
    return 2 + count + int.from_bytes(data[2 : 2 + count], "big")


def object_identifier(content: bytes) -> str:
    """Dotted form of an OBJECT IDENTIFIER's content (X.690 §8.19)."""
    if not content or content[-1] & 0x80:
        raise DerError("object identifier is cut short")
    if len(content) > MAX_IDENTIFIER_BYTES:
        raise DerError(f"object identifier of {len(content)} bytes")
    arcs: list[int] = []
    value = 0
    fresh = True
    for byte in content:
        if fresh and byte == 0x80:
            raise DerError("object identifier arc is not minimal")
        value = (value << 7) | (byte & 0x7F)
        fresh = not byte & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def integer(content: bytes) -> int:
    """Value of an INTEGER's content; must be minimal (X.690 §8.3.2)."""
    if not content:
        raise DerError("empty integer")
    if len(content) > 1 and (
        (content[0] == 0 and content[1] < 0x80) or (content[0] == 0xFF and content[1] >= 0x80)
    ):
        raise DerError("integer is not minimal")
    return int.from_bytes(content, "big", signed=True)


def boolean(content: bytes) -> bool:
    """Value of a BOOLEAN's content: DER allows 0x00 and 0xFF alone (X.690 §11.1)."""
    if content == b"\xff":
        return True
    if content == b"\x00":
        return False
    raise DerError("boolean is neither 0x00 nor 0xff")
