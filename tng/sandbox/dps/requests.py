"""Requests as the stand-in reads them: path, query, headers, and strict, bounded JSON."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from tng.sandbox.dps.answers import bad_request
from tng.sandbox.wire import Message

MAXIMUM_BODY = 1024 * 1024
"""Far above a bulk operation of 10 enrollments with certificates and twins."""
_MAXIMUM_DEPTH = 64
_MAXIMUM_FIELDS = 16


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``path`` holds the decoded segments, ``headers`` have lower-case names."""

    method: str
    target: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def host(self) -> str:
        """The ``Host`` header in lower case; empty without one."""
        return self.headers.get("host", "").lower()

    @property
    def keeps_alive(self) -> bool:
        """Whether the caller wants to send more on this connection."""
        return self.headers.get("connection", "").lower() != "close"


def read_request(message: Message) -> Request:
    """The request that a message is."""
    method, _, rest = message.start.partition(" ")
    target = rest.partition(" ")[0]
    path, _, query = target.partition("?")
    return Request(
        method=method,
        target=target,
        path=tuple(unquote(segment) for segment in path.strip("/").split("/")),
        query=_read_query(query),
        headers=message.lower_headers(),
        body=message.body,
    )


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object that a body is.

    Refuses (400) what is too large or too deep, names a member twice, is no object, or is no
    JSON (RFC 8259: no NaN, no Infinity, UTF-8).
    """
    if len(body) > MAXIMUM_BODY:
        raise bad_request(f"The body is larger than {MAXIMUM_BODY} bytes")
    try:
        content = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise bad_request("The body is not valid JSON") from error
    if not isinstance(content, dict):
        raise bad_request("The body is not a JSON object")
    if _depth(content) > _MAXIMUM_DEPTH:
        raise bad_request("The body is nested too deeply")
    return content


def _read_query(query: str) -> dict[str, str]:
    try:
        fields = parse_qs(query, keep_blank_values=True, max_num_fields=_MAXIMUM_FIELDS)
    except ValueError:
        return {}
    return {name.lower(): values[-1] for name, values in fields.items()}


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _depth(content: object) -> int:
    depth, level = 0, [content]
    while level:
        depth += 1
        level = [member for container in level for member in _members(container)]
    return depth


def _members(container: object) -> list[object]:
    if isinstance(container, dict):
        return list(container.values())
    return list(container) if isinstance(container, list) else []
