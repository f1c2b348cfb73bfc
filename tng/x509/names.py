"""Distinguished names, and the string types inside them (RFC 5280 §4.1.2.4)."""

from dataclasses import dataclass
from functools import lru_cache

from tng.x509 import der

COMMON_NAME = "2.5.4.3"
SERIAL_NUMBER = "2.5.4.5"
COUNTRY = "2.5.4.6"
ORGANIZATION = "2.5.4.10"
ORGANIZATIONAL_UNIT = "2.5.4.11"

ATTRIBUTE_LABELS = {
    COMMON_NAME: "CN",
    SERIAL_NUMBER: "serialNumber",
    COUNTRY: "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    ORGANIZATION: "O",
    ORGANIZATIONAL_UNIT: "OU",
}

MAX_ATTRIBUTES = 64
"""More than any name has; a bound against names made to be slow."""

_REMEMBERED_BYTES = 1024
"""Six times the longest genuine name; longer ones are not worth the memory."""

_PRINTABLE = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?"
)

_ENCODINGS = {
    der.UTF8_STRING: "utf-8",
    der.PRINTABLE_STRING: "latin-1",
    der.TELETEX_STRING: "latin-1",
    der.IA5_STRING: "ascii",
    der.UNIVERSAL_STRING: "utf-32-be",
    der.BMP_STRING: "utf-16-be",
}

_OID_CACHE = lru_cache(maxsize=256)(der.object_identifier)


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name: its exact DER, and its attributes in order as (OID, text).

    ``irregular`` holds the texts of PrintableStrings with characters that the type
    does not allow.
    """

    der: bytes
    attributes: tuple[tuple[str, str], ...]
    irregular: tuple[str, ...] = ()

    def get(self, oid: str) -> str | None:
        """Text of the last attribute of that type, the most specific one."""
        for found, text in reversed(self.attributes):
            if found == oid:
                return text
        return None

    @property
    def common_name(self) -> str | None:
        """Text of the CN attribute."""
        return self.get(COMMON_NAME)

    def __str__(self) -> str:
        labelled = ((ATTRIBUTE_LABELS.get(oid, oid), text) for oid, text in self.attributes)
        return ", ".join(f"{label}={text}" for label, text in labelled)


def read_name(data: bytes, offset: int, end: int) -> tuple[Name, int]:
    """Read the Name that starts at ``offset``; returns it and the offset behind it."""
    start, stop = der.expect(data, offset, end, der.SEQUENCE, "name")
    attributes: list[tuple[str, str]] = []
    irregular: list[str] = []
    position = start
    while position < stop:
        inner, position = der.expect(data, position, stop, der.SET, "relative name")
        while inner < position:
            if len(attributes) == MAX_ATTRIBUTES:
                raise der.DerError(f"name has more than {MAX_ATTRIBUTES} attributes")
            inner = _read_attribute(data, inner, position, attributes, irregular)
    return Name(data[offset:stop], tuple(attributes), tuple(irregular)), stop


def read_cached_name(data: bytes) -> Name:
    """`read_name` of a whole element, remembered: devices of a batch share their issuer."""
    return _read_remembered(data) if len(data) <= _REMEMBERED_BYTES else _read_whole(data)


def _read_whole(data: bytes) -> Name:
    name, stop = read_name(data, 0, len(data))
    if stop != len(data):
        raise der.DerError("bytes after the name")
    return name


_read_remembered = lru_cache(maxsize=1024)(_read_whole)


def _read_attribute(
    data: bytes, offset: int, end: int, attributes: list[tuple[str, str]], irregular: list[str]
) -> int:
    start, stop = der.expect(data, offset, end, der.SEQUENCE, "name attribute")
    oid_start, oid_stop = der.expect(data, start, stop, der.OBJECT_IDENTIFIER, "attribute type")
    tag, text_start, text_stop = der.header(data, oid_stop, stop)
    if text_stop != stop:
        raise der.DerError(f"bytes after the attribute value at byte {text_stop}")
    encoding = _ENCODINGS.get(tag)
    if encoding is None:
        raise der.DerError(f"attribute value of tag 0x{tag:02x} is not a string")
    content = data[text_start:text_stop]
    try:
        text = str(content, encoding)
    except UnicodeDecodeError as error:
        raise der.DerError(f"attribute value is not {encoding}") from error
    if tag == der.PRINTABLE_STRING and not _PRINTABLE.issuperset(content):
        irregular.append(text)
    attributes.append((_OID_CACHE(data[oid_start:oid_stop]), text))
    return stop
