"""What a plan looks at: a target's facts, what it holds already, and who compares.

A cloud's adapter is a `DevicePlanner` and more; the planner needs no more than this, so
that planning knows nothing of calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tng.findings import Finding
from tng.plan.models import DevicePlan, PlannableDevice, TargetDescription


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What the preflight learned: ``facts`` as pairs of label and text, and findings."""

    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


RemoteState = Mapping[str, object]
"""What a target holds of one device; its form is the adapter's own."""


@dataclass(frozen=True, slots=True)
class RemoteView:
    """The target's state of all devices asked for, by `DevicePlan.key`; absent = not there."""

    states: Mapping[str, RemoteState]


class DevicePlanner(Protocol):
    """The pure half of an adapter: what a target wants of a device."""

    @property
    def description(self) -> TargetDescription:
        """Which target this is; known once its preflight has run (or from configuration)."""

    @property
    def rates(self) -> Mapping[str, float]:
        """Calls a second by operation, and under ``"*"`` for all others."""

    def plan_device(self, device: PlannableDevice, view: RemoteView) -> DevicePlan:
        """Pure: compare what is wanted with what is there."""
