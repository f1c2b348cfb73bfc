"""Policy documents as AWS IoT takes them; what it would refuse becomes remarks.

Source: AWS IoT Core developer guide, "AWS IoT Core policies"; IAM user guide, grammar of the
JSON policy language. Reads on where it can, so that everything is told at once.
"""

import json
import re
from collections.abc import Iterator, Mapping

from tng.findings import finding
from tng.policies.json_places import NotReadableError, Path, PlacedJson, read_json
from tng.policies.model import Condition, Policy, Remark, Statement
from tng.policies.resources import read_resource
from tng.report.text import bounded

VERSION = "2012-10-17"
"""The only one in which variables are variables."""
MAX_CHARACTERS = 2048
"""Of a policy document without white space (Service Quotas, AWS IoT Core)."""

_STATEMENT_MEMBERS = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_ACTION = re.compile(r"\*|[A-Za-z][A-Za-z0-9-]*:[A-Za-z*?]+")
_SHOWN = 80


class PolicyReader:
    """Reads one policy document out of a file; ``remarks`` is what it noticed on the way."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        """``lines`` of the file by path; empty where the document stands in a string."""
        self._lines = lines
        self.remarks: list[Remark] = []

    def policy(self, value: object, path: Path = ()) -> Policy:
        """The policy that ``value``, which stands at ``path``, is."""
        if not isinstance(value, dict):
            self._refuse(path, "", "the policy is no object")
            return Policy("", ())
        version = self._version(value, path)
        for name in value.keys() - {"Version", "Id", "Statement"}:
            self._refuse((*path, name), "", f"a policy has no {shown(name)}")
        given = value.get("Statement")
        place: Path = (*path, "Statement")
        if isinstance(given, dict):
            return Policy(version, (self._statement(1, given, place),))
        if not isinstance(given, list) or not given:
            self._refuse(place, "", "it has no Statement, expected one or a list of them")
            return Policy(version, ())
        return Policy(
            version,
            tuple(
                self._statement(number, item, (*place, number - 1))
                for number, item in enumerate(given, start=1)
            ),
        )

    def _version(self, policy: Mapping[str, object], path: Path) -> str:
        version = policy.get("Version")
        if version != VERSION:
            said = "is missing" if version is None else f"is {shown(version)}"
            found = finding("policy-version", f"Version {said}, expected {VERSION}")
            self.remarks.append(Remark(found, "", self._line((*path, "Version"))))
        return version if isinstance(version, str) else ""

    def _statement(self, number: int, value: object, path: Path) -> Statement:
        where = f"statement {number}"
        if not isinstance(value, dict):
            self._refuse(path, where, "it is no object")
            return Statement(number, "", self._line(path), "", (), (), (), ())
        for name in value.keys() - _STATEMENT_MEMBERS:
            self._refuse((*path, name), where, f"a statement of AWS IoT has no {shown(name)}")
        if value.get("Effect") not in ("Allow", "Deny"):
            said = f"Effect is {shown(value.get('Effect'))}, expected Allow or Deny"
            self._refuse((*path, "Effect"), where, said)
        sid = value.get("Sid", "")
        if not isinstance(sid, str):
            self._refuse((*path, "Sid"), where, "Sid is no text")
        actions = self._texts(value, "Action", where, path)
        resources = self._texts(value, "Resource", where, path)
        self._check_words(where, actions, resources, path)
        return Statement(
            number,
            shown(sid) if isinstance(sid, str) else "",
            self._line(path),
            str(value.get("Effect")),
            actions,
            resources,
            tuple(name for name in ("NotAction", "NotResource") if name in value),
            tuple(self._conditions(value.get("Condition", {}), where, (*path, "Condition"))),
        )

    def _texts(
        self, statement: Mapping[str, object], name: str, where: str, path: Path
    ) -> tuple[str, ...]:
        """The values of ``name``, or of its inversion; empty lists are remarks."""
        inverted = f"Not{name}"
        if name in statement and inverted in statement:
            self._refuse((*path, inverted), where, f"it has both {name} and {inverted}")
        key = name if name in statement else inverted
        texts = tuple(_strings(statement.get(key)) or ())
        if not texts:
            self._refuse((*path, key), where, f"{name} is missing, expected a text or a list")
        return texts if key == name else ()

    def _check_words(
        self, where: str, actions: tuple[str, ...], resources: tuple[str, ...], path: Path
    ) -> None:
        for action in actions:
            if not _ACTION.fullmatch(action):
                said = f"{shown(action)} is no action, expected one like iot:Publish"
                self._refuse((*path, "Action"), where, said)
        for text in resources:
            if read_resource(text) is None:
                said = f"{shown(text)} is no resource, expected an ARN (arn:aws:iot:…) or *"
                self._refuse((*path, "Resource"), where, said)

    def _conditions(self, value: object, where: str, path: Path) -> Iterator[Condition]:
        groups = value.items() if isinstance(value, dict) else ()
        if not isinstance(value, dict):
            self._refuse(path, where, "Condition is no object")
        for operator, keys in groups:
            if not isinstance(keys, dict):
                self._refuse((*path, operator), where, f"{shown(operator)} has no keys")
                continue
            for key, values in keys.items():
                texts = _strings(values, scalars=True)
                if texts is None:
                    said = f"the values of {shown(key)} are neither text, number nor boolean"
                    self._refuse((*path, operator, key), where, said)
                yield Condition(operator, key, tuple(texts or ()))

    def _refuse(self, path: Path, where: str, reason: str) -> None:
        self.remarks.append(Remark(finding("policy-syntax", reason), where, self._line(path)))

    def _line(self, path: Path) -> int | None:
        """Of ``path``, or else of what it would stand in."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path)


def read_document(data: bytes) -> tuple[PlacedJson | None, list[Remark]]:
    """The JSON in ``data``; what is wrong with it as a whole is told by remarks."""
    try:
        placed = read_json(data)
    except NotReadableError as error:
        return None, [Remark(finding("policy-unreadable", str(error)))]
    return placed, [
        Remark(
            finding("policy-syntax", f"{shown(path[-1])} comes twice in one object"),
            line=placed.lines.get(path),
        )
        for path in placed.twice
    ]


def compact(document: object) -> str:
    """The document as AWS is given it: one line."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def characters(text: str) -> int:
    """How long AWS takes a document to be: white space is not counted."""
    return len("".join(text.split()))


def shown(value: object) -> str:
    """A word of the document as messages show it."""
    return bounded(value, _SHOWN)


def _strings(value: object, *, scalars: bool = False) -> list[str] | None:
    """One text or a list of them; ``None`` for anything else. ``scalars`` takes them for text."""
    values = value if isinstance(value, list) else [value]
    kinds = (str, int, float, bool) if scalars else (str,)
    if not all(isinstance(item, kinds) for item in values):
        return None
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
