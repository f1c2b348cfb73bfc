"""The certificate extensions that verification and reports rely on (RFC 5280 §4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from tng.x509 import der
from tng.x509.names import Name, read_name

_BASIC_CONSTRAINTS = bytes.fromhex("551d13")
_KEY_USAGE = bytes.fromhex("551d0f")
_SUBJECT_KEY_IDENTIFIER = bytes.fromhex("551d0e")
_AUTHORITY_KEY_IDENTIFIER = bytes.fromhex("551d23")
_SUBJECT_ALTERNATIVE_NAME = bytes.fromhex("551d11")
_EXTENDED_KEY_USAGE = bytes.fromhex("551d25")
_BOOLEAN_TAG = bytes((der.BOOLEAN,))
_KNOWN = {
    _BASIC_CONSTRAINTS,
    _KEY_USAGE,
    _SUBJECT_KEY_IDENTIFIER,
    _AUTHORITY_KEY_IDENTIFIER,
    _SUBJECT_ALTERNATIVE_NAME,
    _EXTENDED_KEY_USAGE,
}

MAX_EXTENSIONS = 64
"""More than any certificate has; a bound against certificates made to be slow."""

_REMEMBERED = 256
"""Forms of extensions that are remembered."""

_REMEMBERED_BYTES = 2048
"""Ten times what genuine ones have; longer ones are not worth the memory."""

_KEY_IDENTIFIER_START = bytes.fromhex("0603551d0e04160414")
"""A subject key identifier of 20 octets, as nearly all are, up to its first octet."""

_KEY_IDENTIFIER_BYTES = 20

_USAGE_NAMES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the extensions of one certificate say.

    ``key_usage`` is ``None`` where the extension is absent. ``directory_names`` are
    those of the subject alternative name. ``critical_unknown`` lists the dotted OIDs of
    critical extensions that are not understood: such a certificate must not be relied on
    (RFC 5280 §4.2).
    """

    is_ca: bool = False
    path_length: int | None = None
    key_usage: frozenset[str] | None = None
    subject_key_identifier: bytes | None = None
    authority_key_identifier: bytes | None = None
    directory_names: tuple[Name, ...] = ()
    critical_unknown: tuple[str, ...] = ()


NO_EXTENSIONS = Extensions()


def read_extensions(data: bytes, offset: int, end: int) -> Extensions:
    """Read the SEQUENCE OF Extension at ``offset``, which must end at ``end``.

    Raises `DerError` for a malformed or repeated extension.
    """
    # The devices of a batch differ in their key identifier alone: what is read with zeros
    # in its place is remembered. That holds only if the place found really is its value.
    place = data.find(_KEY_IDENTIFIER_START, offset, end) + len(_KEY_IDENTIFIER_START)
    behind = place + _KEY_IDENTIFIER_BYTES
    is_long = end - offset > _REMEMBERED_BYTES
    if is_long or place < len(_KEY_IDENTIFIER_START) or behind > end:
        return _read_block(data[offset:end])[0]
    block = data[offset:place] + bytes(_KEY_IDENTIFIER_BYTES) + data[behind:end]
    try:
        same, found_place = _read_remembered(block)
    except der.DerError:
        # Either what was read is malformed, or the zeros took the place of something else.
        return _read_block(data[offset:end])[0]
    if found_place != place - offset:
        return _read_block(data[offset:end])[0]
    return Extensions(
        same.is_ca,
        same.path_length,
        same.key_usage,
        data[place:behind],
        same.authority_key_identifier,
        same.directory_names,
        same.critical_unknown,
    )


def _read_block(block: bytes) -> tuple[Extensions, int]:
    """Read the whole element; also gives the offset of the key identifier's octets (0: none)."""
    start, stop = der.expect(block, 0, len(block), der.SEQUENCE, "extensions")
    if stop != len(block):
        raise der.DerError("bytes after the extensions")
    values, critical_unknown = _split(block, start, stop)
    is_ca, path_length = _basic_constraints(_value(block, values, _BASIC_CONSTRAINTS))
    identifier = _value(block, values, _SUBJECT_KEY_IDENTIFIER)
    extensions = Extensions(
        is_ca,
        path_length,
        _key_usage(_value(block, values, _KEY_USAGE)),
        _octet_string(identifier),
        _authority_key(_value(block, values, _AUTHORITY_KEY_IDENTIFIER)),
        _directory_names(_value(block, values, _SUBJECT_ALTERNATIVE_NAME)),
        critical_unknown,
    )
    is_short = identifier is not None and len(identifier) == _KEY_IDENTIFIER_BYTES + 2
    return extensions, values[_SUBJECT_KEY_IDENTIFIER][0] + 2 if is_short else 0


_read_remembered = lru_cache(maxsize=_REMEMBERED)(_read_block)


def _value(block: bytes, values: Mapping[bytes, tuple[int, int]], oid: bytes) -> bytes | None:
    place = values.get(oid)
    return block[place[0] : place[1]] if place else None


def _split(
    data: bytes, position: int, stop: int
) -> tuple[dict[bytes, tuple[int, int]], tuple[str, ...]]:
    """Where each extension's value lies, by OID; and the critical ones that are unknown."""
    values: dict[bytes, tuple[int, int]] = {}
    unknown: list[str] = []
    while position < stop:
        if len(values) == MAX_EXTENSIONS:
            raise der.DerError(f"more than {MAX_EXTENSIONS} extensions")
        inner, position = der.expect(data, position, stop, der.SEQUENCE, "extension")
        start, offset = der.expect(data, inner, position, der.OBJECT_IDENTIFIER, "extension")
        oid = data[start:offset]
        critical = False
        if data[offset : offset + 1] == _BOOLEAN_TAG:
            start, offset = der.expect(data, offset, position, der.BOOLEAN, "critical")
            critical = der.boolean(data[start:offset])
        start, offset = der.expect(data, offset, position, der.OCTET_STRING, "extension value")
        if offset != position:
            raise der.DerError(f"bytes after the extension at byte {inner}")
        if oid in values:
            raise der.DerError(f"extension {der.object_identifier(oid)} appears twice")
        values[oid] = (start, offset)
        if critical and oid not in _KNOWN:
            unknown.append(der.object_identifier(oid))
    return values, tuple(unknown)


def _basic_constraints(value: bytes | None) -> tuple[bool, int | None]:
    if value is None:
        return False, None
    start, stop = der.expect(value, 0, len(value), der.SEQUENCE, "basic constraints")
    if stop != len(value):
        raise der.DerError("bytes after the basic constraints")
    is_ca, path_length = False, None
    if start < stop and value[start] == der.BOOLEAN:
        flag_start, start = der.expect(value, start, stop, der.BOOLEAN, "CA flag")
        is_ca = der.boolean(value[flag_start:start])
    if start < stop:
        number_start, start = der.expect(value, start, stop, der.INTEGER, "path length")
        path_length = der.integer(value[number_start:start])
        if path_length < 0:
            raise der.DerError("the path length is negative")
    if start != stop:
        raise der.DerError("unknown members in the basic constraints")
    return is_ca, path_length


def _key_usage(value: bytes | None) -> frozenset[str] | None:
    if value is None:
        return None
    start, stop = der.expect(value, 0, len(value), der.BIT_STRING, "key usage")
    if stop != len(value) or stop - start < 1 or value[start] > 7:
        raise der.DerError("the key usage is not a bit string")
    bits = value[start + 1 : stop]
    return frozenset(
        name
        for index, name in enumerate(_USAGE_NAMES)
        if index // 8 < len(bits) and bits[index // 8] & (0x80 >> index % 8)
    )


def _octet_string(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    start, stop = der.expect(value, 0, len(value), der.OCTET_STRING, "key identifier")
    if stop != len(value):
        raise der.DerError("bytes after the key identifier")
    return value[start:stop]


def _authority_key(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    start, stop = der.expect(value, 0, len(value), der.SEQUENCE, "authority key identifier")
    if stop != len(value):
        raise der.DerError("bytes after the authority key identifier")
    if start < stop and value[start] == 0x80:
        _, key_start, key_stop = der.header(value, start, stop)
        return value[key_start:key_stop]
    return None


def _directory_names(value: bytes | None) -> tuple[Name, ...]:
    if value is None:
        return ()
    position, stop = der.expect(value, 0, len(value), der.SEQUENCE, "alternative names")
    if stop != len(value):
        raise der.DerError("bytes after the alternative names")
    names: list[Name] = []
    while position < stop:
        tag, start, position = der.header(value, position, stop)
        if tag == 0xA4:
            name, behind = read_name(value, start, position)
            if behind != position:
                raise der.DerError("bytes after the directory name")
            names.append(name)
    return tuple(names)
