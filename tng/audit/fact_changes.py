"""What changed between two reports beside their devices. Pure; knows nothing of files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tng.audit.models import Decision
from tng.findings import Finding, finding

VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class Fact:
    """One order line, target, input …; ``name`` and ``text`` are what people read.

    ``parts`` are what two reports are compared by; the part ``""`` is the thing itself.
    ``text`` stands for all of it where only one of the reports has it.
    """

    name: str
    text: str
    parts: Mapping[str, str] = field(default_factory=dict)


Key = tuple[str | int | None, ...]
"""What tells a fact of its topic from all others; names may be alike, keys are not."""
Topics = Mapping[str, Mapping[Key, Fact]]
"""Topic → key → fact; a topic that a report has no word about is left out."""


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


def with_keys(facts: Iterable[tuple[Key, Fact]]) -> dict[Key, Fact]:
    """The facts by their keys; one whose key came before is told apart by its turn."""
    found: dict[Key, Fact] = {}
    turns: dict[Key, int] = {}
    for key, fact in facts:
        turn = turns[key] = turns.get(key, 0) + 1
        name = fact.name if turn == 1 else f"{fact.name} ({turn})"
        found[*key, turn] = Fact(name, fact.text, fact.parts)
    return found


def compare_facts(old: Topics, new: Topics) -> tuple[FactChange, ...]:
    """Every change; topics in the order of a report, within them as the later report has them.

    A topic that only one of the reports speaks of is not compared.
    """
    return tuple(_changes(old, new))


def _changes(old: Topics, new: Topics) -> Iterator[FactChange]:
    for topic, facts in new.items():
        if topic not in old:
            continue
        for key in dict.fromkeys([*facts, *old[topic]]):
            yield from _compared(topic, old[topic].get(key), facts.get(key))


def _compared(topic: str, old: Fact | None, new: Fact | None) -> Iterator[FactChange]:
    if old is None and new is not None:
        yield FactChange(topic, new.name, None, new.text)
    elif new is None and old is not None:
        yield FactChange(topic, old.name, old.text, None)
    elif old is not None and new is not None:
        for part in dict.fromkeys([*new.parts, *old.parts]):
            before, now = old.parts.get(part), new.parts.get(part)
            if before != now:
                name = f"{new.name}: {part}" if part else new.name
                weight = _weigh(before, now) if topic == VERDICT else None
                yield FactChange(topic, name, before, now, weight)


def _weigh(old: str | None, new: str | None) -> Finding | None:
    """The finding of a changed verdict; a report of ``tng verify`` has none to compare."""
    if old is None or new is None:
        return None
    rank, message = _RANKS[Decision(new)], f"{old} before, {new} now"
    if rank < _RANKS[Decision(old)]:
        return finding("verdict-better", message)
    code = "verdict-remarks" if Decision(new) is Decision.ACCEPT_WITH_REMARKS else "verdict-worse"
    return finding(code, message)
