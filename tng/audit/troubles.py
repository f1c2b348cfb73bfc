"""Grouping findings by their check: what is wrong, how often, and where for example. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tng.audit.intake import Place, Told
from tng.audit.models import Affected, GeneralFinding, Trouble
from tng.findings import CHECKS, Finding

MAX_EXAMPLES = 20
"""Examples of one trouble; reports that list all devices have the rest."""


@dataclass(slots=True)
class _Group:
    count: int = 0
    devices: int = 0
    examples: list[Affected] = field(default_factory=list)
    told_later: bytearray = field(default_factory=bytearray)
    """A bit for each device, by its number, that got the finding after it was judged."""

    def is_new(self, number: int) -> bool:
        """Whether the device is told of for the first time; from now on it is not."""
        at, bit = number >> 3, 1 << (number & 7)
        self.told_later.extend(bytes(max(0, at + 1 - len(self.told_later))))
        fresh = not self.told_later[at] & bit
        self.told_later[at] |= bit
        return fresh


class TroubleCounter:
    """Collects findings; `result` gives them grouped, the heaviest first."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}

    def add(self, findings: Iterable[Told], place: Place) -> None:
        """Count all findings of one device, which come with it."""
        seen: set[str] = set()
        for code, message in findings:
            group = self._groups.setdefault(code, _Group())
            group.count += 1
            group.devices += code not in seen
            seen.add(code)
            if len(group.examples) < MAX_EXAMPLES:
                group.examples.append(Affected(*place, message))

    def add_to_device(self, number: int, item: Finding, place: Callable[[], Place]) -> None:
        """Count a finding that the device of this number got later, one a target it may be.

        ``place`` gives its name and source.
        """
        group = self._groups.setdefault(item.code, _Group())
        group.count += 1
        group.devices += group.is_new(number)
        if len(group.examples) < MAX_EXAMPLES:
            group.examples.append(Affected(*place(), item.message))

    def add_general(self, items: Iterable[GeneralFinding]) -> None:
        """Count findings that are about no device."""
        for item in items:
            group = self._groups.setdefault(item.finding.code, _Group())
            group.count += 1
            if len(group.examples) < MAX_EXAMPLES:
                name = f"{item.subject.kind} {item.subject.name}"
                group.examples.append(Affected(name, "", item.finding.message))

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
