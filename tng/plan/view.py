"""What a plan looks at: a target's facts, what it holds already, and who compares.

A cloud's adapter is a `DevicePlanner` and more; the planner needs no more than this, so
that planning knows nothing of calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from tng.findings import Finding
from tng.plan.models import DevicePlan, PlannableDevice, TargetDescription


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What the preflight learned: ``facts`` as pairs of label and text, and findings.

    ``capacity`` is how many devices the target holds at most; ``None`` where there is no limit.
    """

    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast a target may be called.

    ``by_operation`` are calls a second of operations with a quota of their own. ``others`` is
    for every other one: each by itself or, with ``shared``, all of them together. ``costs``
    are calls that one step of an operation counts as, where that is not one. ``together`` is how
    many steps of an operation one call takes, where that is more than one; those ``by_call``
    count as one call however many steps are in it.
    """

    by_operation: Mapping[str, float]
    others: float
    shared: bool = False
    costs: Mapping[str, float] = field(default_factory=dict)
    together: Mapping[str, int] = field(default_factory=dict)
    by_call: frozenset[str] = frozenset()

    def bucket(self, operation: str) -> tuple[str, float]:
        """The name of the bucket that ``operation`` draws from, and its calls a second."""
        if operation in self.by_operation:
            return operation, self.by_operation[operation]
        return ("" if self.shared else operation), self.others

    def batch(self, operation: str) -> int:
        """How many steps of ``operation`` one call takes."""
        return self.together.get(operation, 1)

    def cost(self, operation: str, steps: int = 1) -> float:
        """The calls that one call with so many ``steps`` of ``operation`` counts as."""
        return 1.0 if operation in self.by_call else steps * self.costs.get(operation, 1.0)

    def divided(self, parts: int) -> "Rates":
        """The rates of one of so many processes that share them."""
        table = {operation: rate / parts for operation, rate in self.by_operation.items()}
        return replace(self, by_operation=table, others=self.others / parts)

    def duration(self, calls: Mapping[str, int]) -> timedelta:
        """How long so many calls of one step each take: as long as the slowest bucket."""
        return self.time({name: count * self.cost(name) for name, count in calls.items()})

    def time(self, costs: Mapping[str, float]) -> timedelta:
        """How long calls take that count as so many of each operation."""
        seconds: dict[str, float] = {}
        for operation, cost in costs.items():
            name, rate = self.bucket(operation)
            seconds[name] = seconds.get(name, 0.0) + cost / rate
        return timedelta(seconds=max(seconds.values(), default=0.0))


RemoteState = Mapping[str, object]
"""What a target holds of one device; its form is the adapter's own."""


@dataclass(frozen=True, slots=True)
class RemoteView:
    """The target's state of all devices asked for, by `DevicePlan.key`; absent = not there.

    ``held`` is how many devices of anybody's the target holds, where that was learned, and
    ``beside`` how many of those are to be registered by other processes (shards).
    """

    states: Mapping[str, RemoteState]
    held: int | None = None
    beside: int = 0


class DevicePlanner(Protocol):
    """The pure half of an adapter: what a target wants of a device."""

    @property
    def description(self) -> TargetDescription:
        """Which target this is; known once its preflight has run (or from configuration)."""

    @property
    def rates(self) -> Rates:
        """How fast it may be called."""

    def plan_device(self, device: PlannableDevice, view: RemoteView) -> DevicePlan:
        """Pure: compare what is wanted with what is there."""
