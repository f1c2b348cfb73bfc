"""Reading one target for an audit: what it holds of some certificates, and what else. Read-only.

How a device stands is judged in `placing`. Each target is read by a thread of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from tng.apply.session import OpenTarget
from tng.audit.extras import Extras
from tng.clouds.interface import HeldDevice, ListingCloud
from tng.errors import TargetError
from tng.plan.models import PlannableDevice, device_key
from tng.plan.planner import InspectedTarget
from tng.plan.view import RemoteView, TargetFacts
from tng.registration import check_target


class LookProgress(Protocol):
    """Is told how reading goes on, by the threads of all targets. Targets are named as by users."""

    def reading(self, target: str, at_least: timedelta) -> None:
        """Reading ``target`` begins; the devices take that long if all are there, beside a list."""

    def listing(self, target: str, a_second: float) -> None:
        """All that ``target`` holds is read from now on, at most so many devices ``a_second``."""

    def listed(self, target: str, devices: int) -> None:
        """So many devices of ``target`` were read until now."""


class NoLookProgress:
    """Tells nobody."""

    def reading(self, target: str, at_least: timedelta) -> None:
        """Nothing."""

    def listing(self, target: str, a_second: float) -> None:
        """Nothing."""

    def listed(self, target: str, devices: int) -> None:
        """Nothing."""


_TELL_EVERY = 1000
_MAX_NAMES = 10
"""Names of one certificate that are kept, where it should have one."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """What is asked about.

    ``devices`` are those to be planned, ``planned`` their SHA-256. ``others`` are the
    certificates that must not be registered: SHA-256 to common name, none of them in ``planned``.
    """

    devices: Sequence[PlannableDevice]
    planned: frozenset[str]
    others: Mapping[str, str]

    def __contains__(self, key: object) -> bool:
        return key in self.planned or key in self.others

    def __iter__(self) -> Iterator[str]:
        yield from (device_key(device) for device in self.devices)
        yield from self.others


@dataclass(frozen=True, slots=True)
class SeenTarget:
    """A target that was read.

    ``names`` are what the planned certificates are called there, as far as the whole list was
    read; ``intruders`` is what was found of the others.
    """

    inspected: InspectedTarget
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    intruders: Mapping[str, HeldDevice] = field(default_factory=dict)


def look_at(
    target: OpenTarget,
    certificates: Certificates,
    extras: Extras | None,
    progress: LookProgress,
) -> SeenTarget:
    """Read ``target``; what is in no source goes to ``extras``.

    Without ``extras`` only what is asked about is read. Raises `TargetError` and `CloudError`
    siblings.
    """
    cloud = target.cloud
    if not isinstance(cloud, ListingCloud):
        raise TargetError(
            f"{target.name} cannot be audited: cloud {cloud.description.cloud} does not tell "
            "what it holds",
            "Leave the target out.",
        )
    # Where the devices are, and not whether more of them would fit, is the question.
    facts = replace(check_target(target), capacity=None)
    progress.reading(target.name, cloud.inspection_time(len(certificates.devices)))
    if extras is None:
        view = cloud.inspect(certificates.devices)
        intruders = cloud.holds(certificates.others) if certificates.others else {}
        return SeenTarget(_inspected(target, facts, view), intruders=intruders)
    progress.listing(target.name, cloud.held_a_second)
    reading = _Reading(target.name, certificates, extras, progress)
    view = cloud.inspect_held(certificates.devices, reading.watched(cloud.held()))
    return SeenTarget(_inspected(target, facts, view), reading.names, reading.intruders)


def _inspected(target: OpenTarget, facts: TargetFacts, view: RemoteView) -> InspectedTarget:
    return InspectedTarget(target.name, target.cloud, facts, view)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Sorts what comes by: planned, not genuine, or in no source."""

    target: str
    certificates: Certificates
    extras: Extras
    progress: LookProgress
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    intruders: dict[str, HeldDevice] = field(default_factory=dict)

    def watched(self, held: Iterator[HeldDevice]) -> Iterator[HeldDevice]:
        """What ``held`` gives, sorted on its way."""
        count = 0
        for count, item in enumerate(held, 1):
            if count % _TELL_EVERY == 0:
                self.progress.listed(self.target, count)
            self._sort(item)
            yield item
        self.progress.listed(self.target, count)

    def _sort(self, item: HeldDevice) -> None:
        is_known = False
        for key in item.keys:
            if key in self.certificates.planned:
                is_known = True
                self._name(key, item.name)
            elif key in self.certificates.others:
                is_known = True
                self.intruders.setdefault(key, replace(item, state={}))
        if not is_known:
            self.extras.add(item)

    def _name(self, key: str, name: str) -> None:
        known = self.names.get(key, ())
        if name and name not in known and len(known) < _MAX_NAMES:
            self.names[key] = (*known, name)
