"""The statement that is signed (schema ``tng.seal/1``): its values, its bytes, its reading.

``<stem>.seal.json`` beside ``<stem>.json``. The signature is over exactly the bytes of the
file, so that nobody has to agree on a canonical form.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tng.report.text import without_surrogates
from tng.seal.encoding import read_json_object
from tng.seal.errors import MalformedSealError
from tng.seal.public_key import SealKey, read_jwk

SCHEMA = "tng.seal/1"
TOOL = "tng"
MAX_STATEMENT_BYTES = 64 * 1024 * 1024
"""Fifty thousand members of archives (the most of one) take about ten."""

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file that the seal is laid upon: ``name`` without a folder, SHA-256, size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class SealedInput:
    """What the report rests on; ``sha256`` is empty where it could not all be read."""

    role: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What a seal says. ``at`` is the report's time (RFC 3339), ``command`` what made it."""

    version: str
    at: str
    command: str
    report: SealedFile
    outputs: tuple[SealedFile, ...]
    inputs: tuple[SealedInput, ...]
    key: SealKey


def statement_bytes(statement: Statement) -> bytes:
    """The file's bytes; the same statement gives the same."""
    members = {
        "schema": SCHEMA,
        "tool": TOOL,
        "version": statement.version,
        "at": statement.at,
        "command": without_surrogates(statement.command),
        "report": _file_members(statement.report),
        "outputs": [_file_members(item) for item in statement.outputs],
        "inputs": [
            {
                "role": item.role,
                "path": without_surrogates(item.path),
                "sha256": item.sha256 or None,
            }
            for item in statement.inputs
        ],
        "key": {
            "algorithm": statement.key.algorithm,
            "sha256": statement.key.fingerprint,
            "jwk": dict(statement.key.jwk),
        },
    }
    # All but ASCII is escaped: harmless on every terminal, and the same in every editor.
    text = json.dumps(members, indent=2).replace("\x7f", "\\u007f")
    return f"{text}\n".encode("ascii")


def read_statement(octets: bytes) -> Statement:
    """The statement; `MalformedSealError` for anything that `statement_bytes` does not write."""
    members = read_json_object(octets, "the statement")
    if members.get("schema") != SCHEMA:
        raise MalformedSealError(f"its schema is not {SCHEMA}")
    _require(members, _MEMBERS, "the statement")
    if members["tool"] != TOOL:
        raise MalformedSealError(f"it is not by {TOOL}")
    key = _key(_typed(members, "key", dict))
    return Statement(
        version=_typed(members, "version", str),
        at=_typed(members, "at", str),
        command=_typed(members, "command", str),
        report=_file(members["report"]),
        outputs=tuple(map(_file, _typed(members, "outputs", list))),
        inputs=tuple(map(_input, _typed(members, "inputs", list))),
        key=key,
    )


_MEMBERS = (
    "schema",
    "tool",
    "version",
    "at",
    "command",
    "report",
    "outputs",
    "inputs",
    "key",
)


def _file_members(item: SealedFile) -> dict[str, object]:
    return {"name": item.name, "sha256": item.sha256, "size": item.size}


def _file(value: object) -> SealedFile:
    members = _object(value, ("name", "sha256", "size"))
    name, size = _typed(members, "name", str), _typed(members, "size", int)
    if not is_plain_name(name):
        raise MalformedSealError(f"{name!r:.80} is not the plain name of a file")
    if size < 0:
        raise MalformedSealError("a size is negative")
    return SealedFile(name, _digest(members["sha256"]), size)


def _input(value: object) -> SealedInput:
    members = _object(value, ("role", "path", "sha256"))
    digest = "" if members["sha256"] is None else _digest(members["sha256"])
    return SealedInput(_typed(members, "role", str), _typed(members, "path", str), digest)


def _key(members: Mapping[str, object]) -> SealKey:
    _require(members, ("algorithm", "sha256", "jwk"), "the key")
    key = read_jwk(_typed(members, "jwk", dict))
    if (members["algorithm"], members["sha256"]) != (key.algorithm, key.fingerprint):
        raise MalformedSealError("what it says of its key is not what the key is")
    return key


def is_plain_name(name: str) -> bool:
    """Whether ``name`` can only be a file in the folder where one stands."""
    return name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0"}


def _digest(value: object) -> str:
    if not isinstance(value, str) or not _SHA256.match(value):
        raise MalformedSealError(f"{value!r:.80} is not a SHA-256")
    return value


def _object(value: object, names: Sequence[str]) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise MalformedSealError("a file or input is not an object")
    _require(value, names, "a file or input")
    return value


def _require(members: Mapping[str, object], names: Sequence[str], what: str) -> None:
    odd = sorted(members.keys() ^ set(names))
    if odd:
        raise MalformedSealError(f"{what} lacks {odd[0]!r:.40}, or should not have it")


_Kind = TypeVar("_Kind")


def _typed(members: Mapping[str, object], name: str, kind: type[_Kind]) -> _Kind:
    value = members[name]
    if type(value) is not kind:
        raise MalformedSealError(f"its {name} is not of its type")
    return value
