"""Tags and desired properties of the initial device twin: reading and bounding them.

Rules and limits are those of device twins (IoT Hub developer guide, "Understand and use
device twins": tags and properties format, device twin size). Makes no call.
"""

import json
import re
from collections.abc import Mapping

from tng.config.tables import Value
from tng.errors import ConfigurationError

TAGS_BYTES, DESIRED_BYTES = 8 * 1024, 32 * 1024
"""Sizes of the two sections."""

_MAX_TEXT = 256 * 1024
"""Characters of JSON that are looked at: far above what the limits leave."""

_MAX_KEY_BYTES, _MAX_TEXT_BYTES, _MAX_DEPTH = 1024, 4096, 10
_MAX_INTEGER = 4503599627370495
_FORBIDDEN_IN_KEY = re.compile(r"[\x00-\x1f\x7f-\x9f.$ ]")
_NUMBER_BYTES, _BOOLEAN_BYTES = 8, 4


def read_section(values: Mapping[str, Value], key: str, limit: int) -> str | None:
    """The section as canonical JSON text, or ``None`` where the key is absent.

    A table in ``tng.toml``; the text of a JSON object in a variable or a flag. ``limit`` is in
    bytes as IoT Hub counts them. Raises `ConfigurationError`.
    """
    value = values.get(key)
    if value is None:
        return None
    try:
        content = _parsed(value.content)
        size = _size(content, 0)
        if size > limit:
            raise ValueError(f"it has {size:,} bytes, the limit is {limit:,}")
        return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ConfigurationError(
            f"{value.origin}: {key} cannot go into a device twin: {reason}",
            f'Correct {key} there: a JSON object such as {{"line": "7"}}.',
        ) from error


def _parsed(content: object) -> dict[str, object]:
    if isinstance(content, str):
        if len(content) > _MAX_TEXT:
            raise ValueError(f"it has {len(content):,} characters")
        try:
            content = json.loads(content)
        except json.JSONDecodeError as error:
            raise ValueError(f"it is not JSON ({error})") from error
    if isinstance(content, dict):
        return content
    raise ValueError("it is not an object")


def _size(content: object, depth: int) -> int:
    """Bytes as IoT Hub counts them: names and values, not the marks between them."""
    match content:
        case dict():
            _check_depth(depth)
            return sum(_key_size(key) + _size(item, depth + 1) for key, item in content.items())
        case list():
            _check_depth(depth)
            return sum(_size(item, depth + 1) for item in content)
        case _:
            return _scalar_size(content)


def _scalar_size(content: object) -> int:
    match content:
        case None:
            raise ValueError("null removes a property, and nothing is there to be removed")
        case bool():
            return _BOOLEAN_BYTES
        case int() if abs(content) > _MAX_INTEGER:
            raise ValueError(f"the number {str(content)[:32]} is too large")
        case int() | float():
            return _NUMBER_BYTES
        case str():
            return _text_size(content)
        case _:
            raise ValueError(f"{type(content).__name__} is no type of JSON")


def _text_size(text: str) -> int:
    size = len(text.encode())
    if size > _MAX_TEXT_BYTES:
        raise ValueError(f"a text has {size:,} bytes, the limit is {_MAX_TEXT_BYTES:,}")
    return size


def _key_size(key: str) -> int:
    size = len(key.encode())
    if not key or size > _MAX_KEY_BYTES or _FORBIDDEN_IN_KEY.search(key):
        raise ValueError(
            f"the name {key[:64]!r} is not allowed: expected 1 to {_MAX_KEY_BYTES} bytes "
            "without control characters, spaces, '.' and '$'"
        )
    return size


def _check_depth(depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise ValueError(f"it is nested more than {_MAX_DEPTH} deep")
