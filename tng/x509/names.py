"""Distinguished names, and the string types inside them (RFC 5280 §4.1.2.4)."""

from collections.abc import Iterator
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


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A distinguished name: its exact DER, and its attributes in order as (OID, text).

    ``irregular`` holds the texts of PrintableStrings with characters that the type
    does not allow. Equal to another if their DER is the same.
    """

    der: bytes
    attributes: tuple[tuple[str, str], ...]
    irregular: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Name) and self.der == other.der

    def __hash__(self) -> int:
        # Everything else follows from the DER; hashing all fields would be slow.
        return hash(self.der)

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


EMPTY_NAME = Name(b"\x30\x00", ())
"""A name without attributes, in the only way in which DER writes it."""


@dataclass(frozen=True, slots=True)
class NameBeginning:
    """A name up to the text of its last attribute, of which OID and tag are known.

    ``text`` is the offset of that text in what was read; the name ends where it ends.
    """

    text: int
    oid: str
    tag: int
    attributes: tuple[tuple[str, str], ...]
    irregular: tuple[str, ...]


def read_name(data: bytes, offset: int, end: int) -> tuple[Name, int]:
    """Read the Name that starts at ``offset``; returns it and the offset behind it."""
    start, stop = der.expect(data, offset, end, der.SEQUENCE, "name")
    attributes: list[tuple[str, str]] = []
    irregular: list[str] = []
    for text, text_stop, oid, tag in _walk_attributes(data, start, stop):
        _add(data[text:text_stop], oid, tag, attributes, irregular)
    return Name(data[offset:stop], tuple(attributes), tuple(irregular)), stop


def read_name_beginning(data: bytes, offset: int, end: int) -> tuple[NameBeginning | None, int]:
    """Read the Name that starts at ``offset`` but for its last text; and the offset behind it.

    ``None`` if it has no attribute.
    """
    start, stop = der.expect(data, offset, end, der.SEQUENCE, "name")
    found = list(_walk_attributes(data, start, stop))
    if not found:
        return None, stop
    attributes: list[tuple[str, str]] = []
    irregular: list[str] = []
    for text, text_stop, oid, tag in found[:-1]:
        _add(data[text:text_stop], oid, tag, attributes, irregular)
    text, _, oid, tag = found[-1]
    return NameBeginning(text, oid, tag, tuple(attributes), tuple(irregular)), stop


def read_similar_name(data: bytes, offset: int, beginning: NameBeginning, stop: int) -> Name:
    """Read the Name from ``offset`` to ``stop``, whose beginning, headers and all, is known."""
    text, is_regular = _read_text(data[beginning.text : stop], beginning.tag)
    irregular = beginning.irregular if is_regular else (*beginning.irregular, text)
    return Name(data[offset:stop], (*beginning.attributes, (beginning.oid, text)), irregular)


def read_cached_name(data: bytes) -> Name:
    """`read_name` of a whole element, remembered: devices of a batch share their issuer."""
    return _read_remembered(data) if len(data) <= _REMEMBERED_BYTES else _read_whole(data)


def _read_whole(data: bytes) -> Name:
    name, stop = read_name(data, 0, len(data))
    if stop != len(data):
        raise der.DerError("bytes after the name")
    return name


_read_remembered = lru_cache(maxsize=1024)(_read_whole)


def _walk_attributes(data: bytes, position: int, stop: int) -> Iterator[tuple[int, int, str, int]]:
    """Begin and end of the text of each attribute, its OID and its tag."""
    count = 0
    while position < stop:
        inner, position = der.expect(data, position, stop, der.SET, "relative name")
        while inner < position:
            if count == MAX_ATTRIBUTES:
                raise der.DerError(f"name has more than {MAX_ATTRIBUTES} attributes")
            count += 1
            start, inner = der.expect(data, inner, position, der.SEQUENCE, "name attribute")
            oid_start, oid_stop = der.expect(
                data, start, inner, der.OBJECT_IDENTIFIER, "attribute type"
            )
            tag, text, text_stop = der.header(data, oid_stop, inner)
            if text_stop != inner:
                raise der.DerError(f"bytes after the attribute value at byte {text_stop}")
            yield text, text_stop, _OID_CACHE(data[oid_start:oid_stop]), tag


def _add(
    content: bytes, oid: str, tag: int, attributes: list[tuple[str, str]], irregular: list[str]
) -> None:
    text, is_regular = _read_text(content, tag)
    if not is_regular:
        irregular.append(text)
    attributes.append((oid, text))


def _read_text(content: bytes, tag: int) -> tuple[str, bool]:
    """The text, and whether it has only characters that its type allows."""
    encoding = _ENCODINGS.get(tag)
    if encoding is None:
        raise der.DerError(f"attribute value of tag 0x{tag:02x} is not a string")
    try:
        text = str(content, encoding)
    except UnicodeDecodeError as error:
        raise der.DerError(f"attribute value is not {encoding}") from error
    return text, tag != der.PRINTABLE_STRING or _PRINTABLE.issuperset(content)
