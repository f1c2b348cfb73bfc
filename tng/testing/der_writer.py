"""Writing DER, without opinions: what the test vendor's certificates are made of.

Libraries refuse to write what genuine certificates contain (an underscore in a
PrintableString, NULL parameters of ECDSA, GeneralizedTime before 2050), so the few
forms that are needed are written here (ITU-T X.690). Nothing is checked: a caller who
asks for something illegal gets it.
"""

from datetime import datetime
from functools import lru_cache

TRUE = b"\x01\x01\xff"
NULL = b"\x05\x00"

_SHORT_LENGTH = 0x80
_LAST_UTC_YEAR = 2049


def element(tag: int, *contents: bytes) -> bytes:
    """One element: the tag octet, the length of the contents, the contents."""
    content = b"".join(contents)
    length = len(content)
    if length < _SHORT_LENGTH:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT_LENGTH | len(octets))) + octets + content


def sequence(*contents: bytes) -> bytes:
    """SEQUENCE of the elements."""
    return element(0x30, *contents)


def set_of(*contents: bytes) -> bytes:
    """SET of the elements, in the order given."""
    return element(0x31, *contents)


def explicit(number: int, *contents: bytes) -> bytes:
    """Constructed context-specific element ``[number]``."""
    return element(0xA0 | number, *contents)


def integer(value: int) -> bytes:
    """INTEGER that is not negative, in the fewest octets."""
    return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octet_string(content: bytes) -> bytes:
    """OCTET STRING."""
    return element(0x04, content)


def bit_string(content: bytes, unused: int = 0) -> bytes:
    """BIT STRING of whole octets, of which the last ``unused`` bits do not count."""
    return element(0x03, bytes((unused,)), content)


@lru_cache(maxsize=64)
def object_identifier(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form, for example ``"2.5.4.3"``."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return element(0x06, *(_base128(arc) for arc in (40 * first + second, *rest)))


def utf8_string(text: str) -> bytes:
    """UTF8String."""
    return element(0x0C, text.encode())


def printable_string(text: str) -> bytes:
    """PrintableString; characters that the type forbids are written all the same."""
    return element(0x13, text.encode("latin-1"))


def utc_time(moment: datetime) -> bytes:
    """UTCTime of a moment in UTC, to the second."""
    return element(0x17, f"{moment:%y%m%d%H%M%SZ}".encode())


def generalized_time(moment: datetime) -> bytes:
    """GeneralizedTime of a moment in UTC, to the second, whatever the year."""
    return element(0x18, f"{moment:%Y%m%d%H%M%SZ}".encode())


def certificate_time(moment: datetime) -> bytes:
    """UTCTime up to 2049 and GeneralizedTime from 2050 (RFC 5280 §4.1.2.5)."""
    return utc_time(moment) if moment.year <= _LAST_UTC_YEAR else generalized_time(moment)


def _base128(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(0x80 | value & 0x7F)
    return bytes(reversed(octets))
