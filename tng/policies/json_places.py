"""Reading small JSON documents of strangers, with the line of everything in them.

Refuses what JSON readers disagree on only by telling of it: a member that comes twice is in
``twice``, and the last one counts, as with AWS.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import NoReturn

Path = tuple[str | int, ...]

MAX_BYTES = 64 * 1024
"""AWS takes 2,048 characters of a policy and 10,240 of a template, not counting white space."""
MAX_DEPTH = 24
"""No policy or template needs half of it."""

_SPACE = re.compile(r"[ \t\r\n]*")


class NotReadableError(ValueError):
    """The bytes are no JSON document of a usable size; the text says why."""


@dataclass(frozen=True, slots=True)
class PlacedJson:
    """``value`` as `json` reads it; ``lines`` from 1, by path; ``twice`` are repeated members."""

    value: object
    lines: Mapping[Path, int]
    twice: tuple[Path, ...]


def read_json(data: bytes) -> PlacedJson:
    """Read one JSON document (RFC 8259); raises `NotReadableError`."""
    if len(data) > MAX_BYTES:
        raise NotReadableError(f"it is longer than {MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadableError(f"it is not UTF-8 from byte {error.start} on") from error
    walk = _Walk(text)
    try:
        value = walk.document()
    except JSONDecodeError as error:
        reason = f"it is not JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        raise NotReadableError(reason) from error
    except ValueError as error:
        # Numbers of thousands of digits, which Python does not convert.
        raise NotReadableError(f"it is not JSON that can be used: {error}") from error
    return PlacedJson(value, walk.lines, tuple(walk.twice))


class _Walk:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = JSONDecoder(parse_constant=_refuse_constant)
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.lines: dict[Path, int] = {}
        self.twice: list[Path] = []

    def document(self) -> object:
        """The one value that is the document."""
        value, at = self._value(self._skip(0), ())
        if self._skip(at) != len(self._text):
            raise JSONDecodeError("there is something behind the document", self._text, at)
        return value

    def _value(self, at: int, path: Path) -> tuple[object, int]:
        if len(path) > MAX_DEPTH:
            raise NotReadableError(f"it is nested more than {MAX_DEPTH} deep")
        self.lines[path] = bisect_right(self._starts, at)
        match self._text[at : at + 1]:
            case "{":
                return self._object(at + 1, path)
            case "[":
                return self._array(at + 1, path)
            case _:
                return self._scalar(at)

    def _object(self, at: int, path: Path) -> tuple[dict[str, object], int]:
        members: dict[str, object] = {}
        at = self._skip(at)
        if self._text[at : at + 1] == "}":
            return members, at + 1
        while True:
            name, at = self._scalar(at)
            if not isinstance(name, str):
                raise JSONDecodeError("expected a member's name", self._text, at)
            at = self._skip(self._expect(":", self._skip(at)))
            if name in members:
                self.twice.append((*path, name))
            members[name], at = self._value(at, (*path, name))
            at = self._skip(at)
            if self._text[at : at + 1] == "}":
                return members, at + 1
            at = self._skip(self._expect(",", at))

    def _array(self, at: int, path: Path) -> tuple[list[object], int]:
        items: list[object] = []
        at = self._skip(at)
        if self._text[at : at + 1] == "]":
            return items, at + 1
        while True:
            item, at = self._value(at, (*path, len(items)))
            items.append(item)
            at = self._skip(at)
            if self._text[at : at + 1] == "]":
                return items, at + 1
            at = self._skip(self._expect(",", at))

    def _scalar(self, at: int) -> tuple[object, int]:
        if self._text[at : at + 1] in ("", "{", "["):
            raise JSONDecodeError("a value is missing", self._text, at)
        value: object
        value, end = self._decoder.raw_decode(self._text, at)
        return value, end

    def _expect(self, character: str, at: int) -> int:
        if self._text[at : at + 1] != character:
            raise JSONDecodeError(f"expected {character}", self._text, at)
        return at + 1

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a value")
