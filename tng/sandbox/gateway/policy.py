"""What the policies of a certificate allow a connection to do.

The rules are those of "AWS IoT Core policies": nothing is allowed that no statement allows, and
a statement that denies wins. Policy variables are filled in from the connection, in policies of
version 2012-10-17 alone; a resource with a variable that has no value means nothing. What is not
known here lets no statement allow, and every statement deny: operators of conditions, conditions
on variables without a value, ``NotAction`` and ``NotResource``. Policies of thing groups are not
looked at.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tng.sandbox.gateway import globbing
from tng.sandbox.gateway.globbing import Token

_VARIABLE = re.compile(r"\$\{([^{}]{1,128})\}")
_VERSION = "2012-10-17"
"""Of policies in which variables are variables; in all others they are texts."""
_ESCAPED = {"*": "*", "?": "?", "$": "$"}
"""``${*}`` is the character itself, as in IAM."""


class Action(StrEnum):
    """What a connection may want to do."""

    CONNECT = "iot:Connect"
    PUBLISH = "iot:Publish"
    RETAIN = "iot:RetainPublish"
    SUBSCRIBE = "iot:Subscribe"
    RECEIVE = "iot:Receive"


@dataclass(frozen=True, slots=True)
class _Statement:
    denies: bool
    has_variables: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, object]


class Policies:
    """The policies of one connection.

    ``documents`` are JSON texts; one that cannot be read allows nothing. ``variables`` are the
    values of policy variables by name (``iot:ClientId`` …).
    """

    def __init__(self, documents: Iterable[str], variables: Mapping[str, str]) -> None:
        self._statements = [statement for text in documents for statement in _read(text)]
        self._variables = {name.lower(): value for name, value in variables.items()}

    def allow(self, action: Action, resource: str) -> bool:
        """Whether the connection may do that with a resource (an ARN)."""
        met = [statement for statement in self._statements if self._meets(statement, action)]
        named = [statement for statement in met if self._names(statement, resource)]
        return bool(named) and not any(statement.denies for statement in named)

    def _meets(self, statement: _Statement, action: Action) -> bool:
        wanted = action.value.lower()
        if not any(
            globbing.matches(globbing.pattern(text.lower()), wanted) for text in statement.actions
        ):
            return False
        return all(
            self._holds(statement, operator, keys)
            for operator, keys in statement.conditions.items()
        )

    def _names(self, statement: _Statement, resource: str) -> bool:
        compiled = (self._compile(statement, text) for text in statement.resources)
        return any(tokens is not None and globbing.matches(tokens, resource) for tokens in compiled)

    def _holds(self, statement: _Statement, operator: str, keys: object) -> bool:
        compare = _OPERATORS.get(operator)
        if compare is None or not isinstance(keys, dict):
            return statement.denies
        for key, wanted in keys.items():
            values = self._values(statement, wanted)
            got = self._variables.get(str(key).lower())
            if not (statement.denies if values is None else compare(got, values)):
                return False
        return True

    def _values(self, statement: _Statement, wanted: object) -> list[list[Token]] | None:
        """``None`` where one has no value: nothing is other than what is not known."""
        values: list[list[Token]] = []
        for text in _texts(wanted):
            tokens = self._compile(statement, text)
            if tokens is None:
                return None
            values.append(tokens)
        return values

    def _compile(self, statement: _Statement, text: str) -> list[Token] | None:
        """Tokens with the variables filled in; ``None`` where one has no value."""
        if not statement.has_variables:
            return globbing.pattern(text)
        tokens: list[Token] = []
        at = 0
        for found in _VARIABLE.finditer(text):
            value = _ESCAPED.get(found[1]) or self._variables.get(found[1].lower())
            if value is None:
                return None
            tokens += globbing.pattern(text[at : found.start()])
            tokens += globbing.literal(value)
            at = found.end()
        return tokens + globbing.pattern(text[at:])


def _equals(got: str | None, wanted: Sequence[Sequence[Token]]) -> bool:
    return got is not None and any(_plain(tokens) == got for tokens in wanted)


def _is_bool(got: str | None, wanted: Sequence[Sequence[Token]]) -> bool:
    return got is not None and any(_plain(tokens).lower() == got.lower() for tokens in wanted)


def _is_like(got: str | None, wanted: Sequence[Sequence[Token]]) -> bool:
    return got is not None and any(globbing.matches(tokens, got) for tokens in wanted)


_OPERATORS = {
    "Bool": _is_bool,
    "StringEquals": _equals,
    "StringNotEquals": lambda got, wanted: not _equals(got, wanted),
    "StringLike": _is_like,
    "StringNotLike": lambda got, wanted: not _is_like(got, wanted),
    "ForAnyValue:StringEquals": _equals,
    "ForAnyValue:StringLike": _is_like,
}
"""Every key here has one value, so ``ForAnyValue`` is the operator itself."""


def _plain(tokens: Sequence[Token]) -> str:
    written = {globbing.Wild.ANY: "*", globbing.Wild.ONE: "?"}
    return "".join(token if isinstance(token, str) else written[token] for token in tokens)


def _read(text: str) -> list[_Statement]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(document, dict):
        return []
    has_variables = document.get("Version") == _VERSION
    found = document.get("Statement")
    statements = found if isinstance(found, list) else [found]
    return [
        _statement(content, has_variables=has_variables)
        for content in statements
        if isinstance(content, dict)
    ]


def _statement(content: Mapping[str, object], *, has_variables: bool) -> _Statement:
    conditions = content.get("Condition", {})
    denies = content.get("Effect") != "Allow"
    all_but = "*" if denies else None
    return _Statement(
        denies=denies,
        has_variables=has_variables,
        actions=_texts(all_but if "NotAction" in content else content.get("Action")),
        resources=_texts(all_but if "NotResource" in content else content.get("Resource")),
        # What is no object is no operator that is known.
        conditions=conditions if isinstance(conditions, dict) else {"": {}},
    )


def _texts(content: object) -> tuple[str, ...]:
    items = content if isinstance(content, list) else [content]
    return tuple(item for item in items if isinstance(item, str))
