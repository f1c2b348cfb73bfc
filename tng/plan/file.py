"""Writing and strictly reading ``plan.json``."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson

from tng.errors import InputError, OutputError
from tng.plan.saved import SCHEMA, PlanDocument

MAX_FILE_BYTES = 1024 * 1024 * 1024
"""A plan has about 400 bytes a device and target: two million devices."""

_HINTS = cache(get_type_hints)


def plan_text(document: PlanDocument) -> bytes:
    """The document as JSON with a line end; validates against ``tng.plan.1.json``."""
    # orjson writes the dataclasses within as they are: copies would be as large as the plan.
    content: dict[str, object] = {"schema": SCHEMA}
    content |= {item.name: getattr(document, item.name) for item in fields(document)}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_plan(document: PlanDocument, file: Path) -> None:
    """Write the document to ``file``; raises `OutputError`."""
    try:
        file.write_bytes(plan_text(document))
    except OSError as error:
        raise OutputError(
            f"{file} cannot be written: {error.strerror}", "Choose another place for the plan."
        ) from error


def read_plan(file: Path) -> PlanDocument:
    """Read a document; raises `InputError` for anything that `write_plan` does not write."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", "Check the path.") from error
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"{file} is larger than {MAX_FILE_BYTES} bytes", "It is not a plan.")
    try:
        return _parse(data)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{file} is not a plan: {error}", "Make it again with `tng plan … -o plan.json`."
        ) from error


def _parse(data: bytes) -> PlanDocument:
    content = orjson.loads(data)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ValueError(f"expected an object whose schema is {SCHEMA!r}")
    document = _read(PlanDocument, {k: v for k, v in content.items() if k != "schema"}, "plan")
    if not isinstance(document, PlanDocument):
        raise TypeError("a dataclass is read as itself")
    return document


def _read(kind: Any, value: object, place: str) -> object:  # noqa: ANN401 - a type, or a form of typing
    """``value`` as ``kind``: exactly its members and their types, or an error."""
    if is_dataclass(kind):
        return _read_members(kind, value, place)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _read_items(arguments, value, place)
    if origin is Mapping:
        return _read_mapping(arguments[1], value, place)
    if origin in (Union, types.UnionType):
        return None if value is None else _read(arguments[0], value, place)
    if kind is object:
        return value
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{place} is not of type {kind.__name__}")
    return value


def _read_members(kind: Any, value: object, place: str) -> object:  # noqa: ANN401 - a dataclass
    if not isinstance(value, dict):
        raise TypeError(f"{place} is not an object")
    # Members that older versions did not write are those that may be absent.
    names = [item.name for item in fields(kind) if item.name in value or item.default is not None]
    if value.keys() != set(names):
        odd = sorted(value.keys() ^ set(names))[0]
        raise ValueError(f"{place} has no {odd!r}, or should not have it")
    hints = _HINTS(kind)
    return kind(**{name: _read(hints[name], value[name], f"{place}.{name}") for name in names})


def _read_items(kinds: tuple[Any, ...], value: object, place: str) -> object:
    if not isinstance(value, list):
        raise TypeError(f"{place} is not an array")
    if kinds[-1] is Ellipsis:
        return tuple(_read(kinds[0], item, f"{place}[{i}]") for i, item in enumerate(value))
    if len(value) != len(kinds):
        raise ValueError(f"{place} has {len(value)} items, expected {len(kinds)}")
    return tuple(_read(kind, item, place) for kind, item in zip(kinds, value, strict=True))


def _read_mapping(kind: Any, value: object, place: str) -> object:  # noqa: ANN401 - a type
    if not isinstance(value, dict):
        raise TypeError(f"{place} is not an object")
    return {name: _read(kind, item, f"{place}.{name}") for name, item in value.items()}
