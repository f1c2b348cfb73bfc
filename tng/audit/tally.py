"""Counting what the charts show, while the devices pass by. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from tng.audit.intake import Counted
from tng.audit.models import Tally
from tng.models import AnchorReference, Status

_GENUINE = (Status.VERIFIED, Status.ATTESTED)


@dataclass(slots=True)
class TallyCounter:
    """Counts of a run; `result` freezes them."""

    _devices: Counter[Counted] = field(default_factory=Counter)

    def add(self, counted: Counted) -> None:
        """Count one device."""
        self._devices[counted] += 1

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
