"""Serial numbers in a cell: one, several, and ranges, in the notations that people use.

A range is kept as its ends and never expanded.
"""

import re
from collections.abc import Iterator

from tng.orders.cells import text_of
from tng.orders.limits import MAX_RANGE, MAX_SERIAL_DIGITS
from tng.orders.model import SerialRange
from tng.orders.problems import CellError, shown

_PLAIN = re.compile(rf"[0-9a-f]{{2,{MAX_SERIAL_DIGITS}}}")
_PREFIX = re.compile(r"(?<![0-9a-z])(?:sn|0x)[:\s]*(?=[0-9a-f])")
_UNTIL = re.compile(r"\s*(?:\.{2,3}|[-\u2013\u2026])\s*")
_SEPARATORS = re.compile(r"[,;\r\n]+")
_GROUPED = re.compile(r"(?:[0-9a-f]{2}(?: +[0-9a-f]{2})+|[0-9a-f]{4}(?: +[0-9a-f]{4})+)")
"""One serial number written in bytes or in words of two bytes, as dumps do."""

_EXPECTED = "serial numbers in hex, or first..last"
_TEXT_HINT = "Format the column of serial numbers as text, or the spreadsheet rounds them."


def serials_of(value: object) -> tuple[SerialRange, ...]:
    """The serial numbers of a cell, in its order.

    ``value`` is text; in JSON also a list of texts and ``{"first": …, "last": …}``, or one such
    object. Several are separated by commas, semicolons or white space. ``sn`` or ``0x`` before a
    number, colons within it, and spaces between its bytes or words are taken away.
    Raises `CellError`.
    """
    if isinstance(value, list):
        return tuple(item for element in value for item in _element(element))
    return tuple(_element(value))


def _element(value: object) -> Iterator[SerialRange]:
    if isinstance(value, dict):
        if set(value) != {"first", "last"}:
            raise CellError(shown(value), 'an object of "first" and "last"')
        yield _between(_one(value["first"]), _one(value["last"]))
    elif isinstance(value, str):
        yield from _parse(text_of(value))
    else:
        raise CellError(shown(value), _EXPECTED, _TEXT_HINT)


def _parse(text: str) -> Iterator[SerialRange]:
    lowered = text.lower()
    if _PLAIN.fullmatch(lowered):
        yield SerialRange(lowered, lowered)
        return
    cleaned = _PREFIX.sub("", lowered).replace(":", "")
    for item in _SEPARATORS.split(_UNTIL.sub("..", cleaned)):
        yield from _item(item.strip())


def _item(item: str) -> Iterator[SerialRange]:
    ends = item.split("..")
    if len(ends) == 2 and all(map(_GROUPED.fullmatch, ends)):
        yield _between(*map(_joined, ends))
        return
    words = [_joined(item)] if _GROUPED.fullmatch(item) else item.split()
    for word in words:
        first, until, last = word.partition("..")
        checked = _checked(first)
        yield _between(checked, _checked(last)) if until else SerialRange(checked, checked)


def _joined(text: str) -> str:
    return "".join(text.split())


def _one(value: object) -> str:
    found = tuple(_element(value)) if isinstance(value, str) else ()
    if len(found) != 1 or found[0].first != found[0].last:
        raise CellError(shown(value), "one serial number in hex", _TEXT_HINT)
    return found[0].first


def _checked(text: str) -> str:
    if not _PLAIN.fullmatch(text):
        raise CellError(shown(text), _EXPECTED, _TEXT_HINT)
    return text


def _between(first: str, last: str) -> SerialRange:
    found = f"{shown(first)} to {shown(last)}"
    if len(first) != len(last):
        raise CellError(found, "a range whose ends have equally many digits")
    if first > last:
        raise CellError(found, "a range that begins with the smaller number")
    found_range = SerialRange(first, last)
    if found_range.size > MAX_RANGE:
        raise CellError(found, f"a range of at most {MAX_RANGE} numbers")
    return found_range
