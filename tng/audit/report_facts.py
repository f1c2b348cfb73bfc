"""What a report says beside its devices, as far as two are compared. Pure, strict about types."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from tng.audit.fact_changes import VERDICT, Fact, Key, Topics, with_keys
from tng.audit.models import Decision, InputRole

Members = Mapping[str, object]

_TRUST_ROLES = frozenset(
    {InputRole.TRUST_ANCHOR.value, InputRole.MANIFEST_SIGNER.value, InputRole.INTERMEDIATE.value}
)
"""Their files are compared by what they add to trust, wherever they lie."""
_COUNTS = ("quantity", "delivered", "over", "not_genuine", "missing_count")


def read_facts(members: Members) -> Topics:
    """Topic → key → what the report's members say of it.

    Raises `TypeError`, `ValueError` or `KeyError` for what is no report.
    """
    run, summary = _object(members["run"]), _object(members["summary"])
    topics: dict[str, Iterable[tuple[Key, Fact]] | None] = {
        VERDICT: _verdict(members.get("verdict")),
        "outcome": (
            _named(_text(status), str(_count(count)))
            for status, count in _object(summary["outcomes"]).items()
        ),
        "order line": _order_lines(members.get("reconciliation")),
        "target": _targets(members.get("targets")),
        "input": _inputs(members["inputs"]),
        # Which anchors vouched is unknown of a report of tng verify, not that there were none.
        "anchor": _anchors(members["anchors"]) if "anchors" in members else None,
        "added trust": _added_trust(run.get("added_trust")),
        "strictness": [_named("strict", "yes" if _is(run["strict"], bool) else "no")],
        "tool": [_named("version", read_version(members))],
    }
    return {topic: with_keys(facts) for topic, facts in topics.items() if facts is not None}


def read_version(members: Members) -> str:
    """Which `tng` made the report; raises as `read_facts` does."""
    return _text(_object(members["run"])["version"])


def read_time(members: Members) -> str:
    """The report's time (RFC 3339); raises as `read_facts` does."""
    return _text(_object(members["run"])["at"])


def _named(name: str, value: str) -> tuple[Key, Fact]:
    """A fact that has one value and is told by its name."""
    return (name,), Fact(name, value, {"": value})


def _verdict(member: object) -> Iterator[tuple[Key, Fact]]:
    if member is not None:
        yield _named("decision", Decision(_text(_object(member)["decision"])).value)


def _order_lines(member: object) -> Iterator[tuple[Key, Fact]]:
    """Two lines may order the same; they are told apart by their order."""
    if member is None:
        return
    for line in map(_object, _list(_object(member)["lines"])):
        group = line.get("group_id")
        ordered = _text(line["order"]), _text(line["part_number"])
        known_group = None if group is None else _text(group)
        parts = {
            count.removesuffix("_count").replace("_", " "): str(_count(line[count]))
            for count in _COUNTS
        }
        name = " ".join(filter(None, (*ordered, known_group)))
        yield (*ordered, known_group), Fact(name, _in_words(parts), parts)


def _targets(member: object) -> Iterator[tuple[Key, Fact]]:
    for target in map(_object, _list(member or [])):
        name = _text(target["name"])
        place = f"{_text(target['cloud'])} {_text(target['place'])}"
        parts = {
            standing: str(_count(count)) for standing, count in _object(target["counts"]).items()
        }
        if _is(target.get("listed", True), bool):
            parts["in no source"] = str(_count(target["unknown_count"]))
        if target.get("problem") is not None:
            parts["not read"] = _text(target["problem"])
        words = _in_words(parts)
        yield (name,), Fact(name, f"{place}: {words}" if words else place, {"": place, **parts})


def _in_words(parts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value != "0")


def _inputs(member: object) -> Iterator[tuple[Key, Fact]]:
    for item in map(_object, _list(member)):
        role, digest, path = _text(item.get("role", "source")), item["sha256"], _text(item["path"])
        known = "not all of it could be read" if digest is None else f"sha256 {_text(digest)}"
        if role not in _TRUST_ROLES:
            yield (role, path), Fact(f"{role} {path}", known, {"": known})


def _anchors(member: object) -> Iterator[tuple[Key, Fact]]:
    for item in map(_object, _list(member or [])):
        digest, role, identity = item.get("sha256"), _text(item["role"]), _text(item["id"])
        origin = "built in" if _is(item["built_in"], bool) else "added"
        known = origin if digest is None else f"{origin}, sha256 {_text(digest)}"
        yield (role, identity), Fact(f"{role} {identity}", known, {"": known})


def _added_trust(member: object) -> Iterator[tuple[Key, Fact]]:
    """Told by the id, which is made of the content: the same in another file is the same."""
    for item in map(_object, _list(member or [])):
        role, identity = _text(item["role"]), _text(item["id"])
        yield (role, identity), Fact(f"{role} {identity}", _text(item["source"]))


_KINDS = {
    str: "a text",
    int: "a whole number",
    bool: "yes or no",
    dict: "an object",
    list: "a list",
}
_Kind = TypeVar("_Kind")


def _is(value: object, kind: type[_Kind]) -> _Kind:
    if type(value) is not kind:
        raise TypeError(f"{str(value)[:40]!r} is not {_KINDS[kind]}")
    return value


def _text(value: object) -> str:
    return _is(value, str)


def _count(value: object) -> int:
    return _is(value, int)


def _object(value: object) -> Members:
    return _is(value, dict)


def _list(value: object) -> Sequence[object]:
    return _is(value, list)
