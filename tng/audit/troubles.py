"""Grouping findings by their check: what is wrong, how often, and where for example. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tng.audit.models import Affected, GeneralFinding, Trouble
from tng.findings import CHECKS, Finding
from tng.models import Outcome, Undecodable

MAX_EXAMPLES = 20
"""Examples of one trouble; reports that list all devices have the rest."""


@dataclass(slots=True)
class _Group:
    count: int = 0
    devices: int = 0
    examples: list[Affected] = field(default_factory=list)


class TroubleCounter:
    """Collects findings; `result` gives them grouped, the heaviest first."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}

    def add(self, outcome: Outcome) -> None:
        """Count the findings of one outcome."""
        if outcome.findings:
            self._count(outcome.findings, lambda: _place(outcome))

    def add_to_device(self, item: Finding, place: Callable[[], tuple[str, str]]) -> None:
        """Count a finding that a device got later; ``place`` gives its name and source."""
        self._count((item,), place)

    def add_general(self, items: Iterable[GeneralFinding]) -> None:
        """Count findings that are about no device."""
        for item in items:
            group = self._groups.setdefault(item.finding.code, _Group())
            group.count += 1
            if len(group.examples) < MAX_EXAMPLES:
                name = f"{item.subject.kind} {item.subject.name}"
                group.examples.append(Affected(name, "", item.finding.message))

    def _count(self, findings: Iterable[Finding], place: Callable[[], tuple[str, str]]) -> None:
        seen: set[str] = set()
        for item in findings:
            group = self._groups.setdefault(item.code, _Group())
            group.count += 1
            group.devices += item.code not in seen
            seen.add(item.code)
            if len(group.examples) < MAX_EXAMPLES:
                group.examples.append(Affected(*place(), item.message))

    def result(self) -> tuple[Trouble, ...]:
        """Errors before warnings before notices, each in the order of the table of checks."""
        troubles = [
            Trouble(CHECKS[code], group.count, group.devices, tuple(group.examples))
            for code, group in self._groups.items()
        ]
        order = {code: position for position, code in enumerate(CHECKS)}
        return tuple(
            sorted(troubles, key=lambda item: (-item.check.severity.rank, order[item.check.code]))
        )


def _place(outcome: Outcome) -> tuple[str, str]:
    if isinstance(outcome, Undecodable):
        return str(outcome.source), str(outcome.source)
    return outcome.record.device_id, str(outcome.record.source)
