"""What changed between two reports beside their devices. Pure, and strict about types."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tng.audit.models import Decision
from tng.findings import Finding, finding

Members = Mapping[str, object]
Topics = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class FactChange:
    """``topic`` is "input", "verdict" …; ``old`` or ``new`` is ``None`` where it was not there.

    ``finding`` weighs it where it weighs anything by itself.
    """

    topic: str
    name: str
    old: str | None
    new: str | None
    finding: Finding | None = None


_RANKS = {
    Decision.ACCEPT: 0,
    Decision.ACCEPT_WITH_REMARKS: 1,
    Decision.NOTHING: 2,
    Decision.DO_NOT_ACCEPT: 3,
}


def compare_facts(old: Topics, new: Topics) -> tuple[FactChange, ...]:
    """Every change; topics in the order of a report, within them as the later report has them."""
    return tuple(_changes(old, new))


def read_facts(members: Members) -> dict[str, dict[str, str]]:
    """Topic → name → what the report's members say of it, in words.

    Raises `TypeError`, `ValueError` or `KeyError` for what is no report.
    """
    run, summary = _object(members["run"]), _object(members["summary"])
    return {
        "verdict": _verdict(members.get("verdict")),
        "outcome": {
            _text(status): str(_count(count))
            for status, count in _object(summary["outcomes"]).items()
        },
        "order line": _order_lines(members.get("reconciliation")),
        "target": dict(_targets(members.get("targets"))),
        "input": _inputs(members["inputs"]),
        "anchor": _anchors(members.get("anchors")),
        "added trust": _added_trust(run.get("added_trust")),
        "strictness": {"strict": "yes" if _is(run["strict"], bool) else "no"},
        "tool": {"version": read_version(members)},
    }


def read_version(members: Members) -> str:
    """Which `tng` made the report; raises as `read_facts` does."""
    return _text(_object(members["run"])["version"])


def read_time(members: Members) -> str:
    """The report's time (RFC 3339); raises as `read_facts` does."""
    return _text(_object(members["run"])["at"])


def _changes(before: Topics, now: Topics) -> Iterator[FactChange]:
    for topic in now:
        names = dict.fromkeys([*now[topic], *before[topic]])
        for name in names:
            first, second = before[topic].get(name), now[topic].get(name)
            if first != second:
                weight = _weigh(first, second) if topic == "verdict" else None
                yield FactChange(topic, name, first, second, weight)


def _weigh(old: str | None, new: str | None) -> Finding | None:
    """The finding of a changed verdict; a report of ``tng verify`` has none to compare."""
    if old is None or new is None:
        return None
    rank, message = _RANKS[Decision(new)], f"{old} before, {new} now"
    if rank < _RANKS[Decision(old)]:
        return finding("verdict-better", message)
    code = "verdict-remarks" if Decision(new) is Decision.ACCEPT_WITH_REMARKS else "verdict-worse"
    return finding(code, message)


def _verdict(member: object) -> dict[str, str]:
    if member is None:
        return {}
    return {"decision": Decision(_text(_object(member)["decision"])).value}


def _order_lines(member: object) -> dict[str, str]:
    if member is None:
        return {}
    seen: Counter[str] = Counter()
    lines: dict[str, str] = {}
    for line in map(_object, _list(_object(member)["lines"])):
        group = line.get("group_id")
        name = f"{_text(line['order'])} {_text(line['part_number'])}"
        name += f" {_text(group)}" if group is not None else ""
        seen[name] += 1
        # Two lines may order the same; they are told apart by their order.
        unique = name if seen[name] == 1 else f"{name} ({seen[name]})"
        for count in ("quantity", "delivered", "over", "not_genuine", "missing_count"):
            words = count.removesuffix("_count").replace("_", " ")
            lines[f"{unique}: {words}"] = str(_count(line[count]))
    return lines


def _targets(member: object) -> Iterator[tuple[str, str]]:
    for target in map(_object, _list(member or [])):
        name = _text(target["name"])
        yield name, f"{_text(target['cloud'])} {_text(target['place'])}"
        for standing, count in _object(target["counts"]).items():
            yield f"{name}: {standing}", str(_count(count))
        if _is(target.get("listed", True), bool):
            yield f"{name}: in no source", str(_count(target["unknown_count"]))
        if target.get("problem") is not None:
            yield f"{name}: not read", _text(target["problem"])


def _inputs(member: object) -> dict[str, str]:
    inputs: dict[str, str] = {}
    for item in map(_object, _list(member)):
        role, digest = item.get("role", "source"), item["sha256"]
        known = "not all of it could be read" if digest is None else f"sha256 {_text(digest)}"
        inputs[f"{_text(role)} {_text(item['path'])}"] = known
    return inputs


def _anchors(member: object) -> dict[str, str]:
    anchors: dict[str, str] = {}
    for item in map(_object, _list(member or [])):
        digest = item.get("sha256")
        origin = "built in" if _is(item["built_in"], bool) else "added"
        known = origin if digest is None else f"{origin}, sha256 {_text(digest)}"
        anchors[f"{_text(item['role'])} {_text(item['id'])}"] = known
    return anchors


def _added_trust(member: object) -> dict[str, str]:
    return {
        f"{_text(item['role'])} {_text(item['id'])}": _text(item["source"])
        for item in map(_object, _list(member or []))
    }


_Kind = TypeVar("_Kind")


def _is(value: object, kind: type[_Kind]) -> _Kind:
    if type(value) is not kind:
        raise TypeError(f"{str(value)[:40]!r} is no {kind.__name__}")
    return value


def _text(value: object) -> str:
    return _is(value, str)


def _count(value: object) -> int:
    return _is(value, int)


def _object(value: object) -> Members:
    return _is(value, dict)


def _list(value: object) -> Sequence[object]:
    return _is(value, list)
