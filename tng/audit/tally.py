"""Counting what the charts show, while the devices pass by. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from tng.audit.intake import Counted
from tng.audit.models import Tally
from tng.models import AnchorReference, Status

MAX_PARTS = 1_000
"""Part numbers told apart of which nothing genuine came: anybody can make up as many as devices."""

OTHER_PARTS = "other part numbers"
"""What the rest of them is counted as."""

_GENUINE = (Status.VERIFIED, Status.ATTESTED)


@dataclass(slots=True)
class TallyCounter:
    """Counts of a run; `result` freezes them."""

    _devices: Counter[Counted] = field(default_factory=Counter)
    _parts: set[str] = field(default_factory=set)

    def add(self, counted: Counted) -> None:
        """Count one device."""
        if counted not in self._devices:
            counted = self._bounded(counted)
        self._devices[counted] += 1

    def _bounded(self, counted: Counted) -> Counted:
        """The same without its part number, if that is one too many to be believed."""
        part = counted.part_number
        if part is None or part in self._parts:
            return counted
        if counted.status not in _GENUINE and len(self._parts) >= MAX_PARTS:
            return counted._replace(part_number=OTHER_PARTS)
        self._parts.add(part)
        return counted

    @property
    def vouching(self) -> Mapping[AnchorReference, int]:
        """Devices by the anchors and by the signers that vouch for them."""
        found: Counter[AnchorReference] = Counter()
        for counted, devices in self._devices.items():
            for identity, built_in in counted.vouching:
                found[AnchorReference(identity, built_in)] += devices
        return found

    def result(self, chips: int, accepted_chips: int) -> Tally:
        """The counts; ``chips`` are distinct ones, which only the spool knows."""
        statuses: Counter[Status] = Counter()
        parts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        provisioned: Counter[str] = Counter()
        ends: Counter[str] = Counter()
        for counted, devices in self._devices.items():
            status = Status(counted.status)
            statuses[status] += devices
            if counted.part_number is not None:
                parts[counted.part_number][status not in _GENUINE] += devices
            if counted.provisioned is not None:
                provisioned[counted.provisioned] += devices
            if counted.end is not None:
                ends[counted.end] += devices
        return Tally(
            statuses={status: statuses[status] for status in Status},
            chips=chips,
            accepted_chips=accepted_chips,
            parts={part: (good, bad) for part, (good, bad) in sorted(parts.items())},
            provisioned=dict(sorted(provisioned.items())),
            ends=dict(sorted(ends.items())),
        )
