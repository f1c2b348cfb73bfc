"""JSON octets that are as harmless on a terminal as they are to a program."""

import orjson

from tng.report.text import printable, without_surrogates

Value = dict[str, object] | list[object]


def to_json(value: Value) -> bytes:
    """The value as JSON; control and direction characters in strings are escaped.

    JSON itself demands that only below U+0020. Lone surrogates, which paths may have and
    JSON texts must not (RFC 8259 §8.1), are written as their visible escapes.
    """
    try:
        octets = orjson.dumps(value)
    except orjson.JSONEncodeError:
        octets = orjson.dumps(_encodable(value))
    if octets.isascii() and b"\x7f" not in octets:
        return octets
    return printable(octets.decode()).encode()


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, dict):
        return {key: _encodable(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_encodable(member) for member in value]
    return value
