"""Orders in JSON: a list of objects, alone or as the member ``lines`` or ``orders``."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from tng.models import Source
from tng.orders.columns import EXPECTED, read_header
from tng.orders.limits import MAX_COLUMNS, MAX_JSON_BRACKETS, MAX_JSON_COMMAS, MAX_ROWS
from tng.orders.problems import OrderFileError, shown
from tng.orders.rows import RawRow

_HINT = 'Write [{"order": "PO-7", "part_number": "…", "quantity": 5000}, …].'
_WRAPPERS = ("lines", "orders")


def read_json(file: str, data: bytes) -> tuple[tuple[str, ...], Iterator[RawRow]]:
    """The members that are not known, and the entries; raises `OrderFileError`."""
    entries = _entries(file, _parsed(file, data))
    ignored: dict[str, None] = {}
    rows = [_row(file, number, entry, ignored) for number, entry in enumerate(entries, 1)]
    return tuple(ignored), iter(rows)


def _parsed(file: str, data: bytes) -> object:
    brackets = data.count(b"[") + data.count(b"{")
    # Counted before, since a parsed value may need thirty times the room of its text.
    if brackets > MAX_JSON_BRACKETS or data.count(b",") > MAX_JSON_COMMAS:
        raise OrderFileError(
            f"{file}: found {brackets} lists and objects and {data.count(b',')} commas, expected "
            f"at most {MAX_JSON_BRACKETS} and {MAX_JSON_COMMAS}",
            "Write serial numbers as ranges, or audit the orders one after another.",
        )
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise OrderFileError(
            f"{file} line {error.lineno}: found no JSON ({error.msg}), expected a list of order "
            "lines",
            _HINT,
        ) from error


def _entries(file: str, value: object) -> list[Any]:
    if isinstance(value, dict):
        wrapped = [value[name] for name in _WRAPPERS if name in value]
        value = wrapped[0] if len(wrapped) == 1 else value
    if not isinstance(value, list):
        raise OrderFileError(f"{file}: found {_kind(value)}, expected a list of objects", _HINT)
    if len(value) > MAX_ROWS:
        raise OrderFileError(f"{file}: found {len(value)} entries, expected at most {MAX_ROWS}")
    return value


def _row(file: str, number: int, entry: object, ignored: dict[str, None]) -> RawRow:
    place = f"entry {number}"
    if not isinstance(entry, dict):
        raise OrderFileError(f"{file} {place}: found {_kind(entry)}, expected an object", _HINT)
    members: Mapping[str, object] = entry
    if len(members) > MAX_COLUMNS:
        raise OrderFileError(
            f"{file} {place}: found {len(members)} members, expected at most {MAX_COLUMNS}", _HINT
        )
    header = read_header(tuple(members))
    if header.doubled:
        raise OrderFileError(
            f"{file} {place}: found {header.doubled[0]}, which mean the same, expected one of them",
            "Take out the member that is not meant.",
        )
    if not header.columns:
        names = ", ".join(map(shown, header.ignored[:10])) or "no members"
        raise OrderFileError(f"{file} {place}: found {names}, expected {EXPECTED}", _HINT)
    ignored.update(dict.fromkeys(header.ignored))
    values = tuple(members.values())
    cells = {column: values[position] for position, column, _ in header.columns}
    return RawRow(Source(file, entry=number), place, cells)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return names.get(type(value), "a number or truth value")
