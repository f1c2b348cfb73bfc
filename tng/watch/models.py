"""The frozen values of watching: a device, what was seen of it, and the tally of a target."""

from collections.abc import Mapping
from dataclasses import dataclass

from tng.clouds.interface import Sighting, Standing
from tng.plan.models import TargetDescription

FINAL = frozenset({Standing.ASSIGNED, Standing.GONE})
"""What does not change any more by the device's own doing: it is not looked at again."""

COMING = frozenset({Standing.UNASSIGNED, Standing.ASSIGNING})
"""What is on its way: an estimate of the rest is about these. A device that failed or is
disabled may still come, but not without somebody doing something."""


DEFAULT_INTERVAL = 5.0
"""Seconds between the beginnings of two rounds, at least."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How it is watched: ``interval`` seconds between rounds, ``threads`` a target.

    With ``once`` there is one round. ``timeout`` are the seconds after which the whole watch
    ends, whatever the clouds do. ``device_ids`` are chips' ids, certificate fingerprints or
    names; none means every device.
    """

    interval: float = DEFAULT_INTERVAL
    threads: int = 16
    once: bool = False
    timeout: float | None = None
    device_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchedDevice:
    """A device that the ledger says is registered; ``name`` is what the cloud calls it.

    ``registered_at`` is when the ledger noted that, in seconds since 1970 UTC.
    """

    device_id: str
    name: str
    registered_at: float


@dataclass(frozen=True, slots=True)
class DeviceSight:
    """What is known of a device: the latest sighting, ``None`` if it was never seen.

    ``error`` is why the latest look failed, if it did; the sighting is then an older one.
    """

    device: WatchedDevice
    sighting: Sighting | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A device's standing is another than when it was last seen.

    ``target`` is the user's name for it. ``after`` are the seconds since the device was
    registered: until the moment that the cloud tells, or else until it was seen.
    """

    target: str
    device: WatchedDevice
    before: Standing
    sighting: Sighting
    after: float


@dataclass(frozen=True, slots=True)
class Tally:
    """Where the devices of one target stand now.

    ``counts`` are devices by standing, ``unseen`` those never seen yet, ``failing`` those
    whose latest look failed, of which ``error`` is one reason. ``rate`` is assignments a second
    as seen lately; ``left`` the seconds that those on their way (`COMING`) take at it, ``None``
    where that cannot be said. ``longest`` is the open device that was registered first and
    ``waited`` how many seconds ago. ``look_seconds`` is how long one look at all that are open
    takes at the target's rate. ``stopped`` says why the target was ended early, if it was.
    """

    name: str
    description: TargetDescription
    total: int
    counts: Mapping[Standing, int]
    unseen: int
    failing: int
    error: str
    rate: float
    left: float | None
    longest: WatchedDevice | None
    waited: float
    look_seconds: float
    stopped: str = ""

    @property
    def assigned(self) -> int:
        """The devices that have their place."""
        return self.counts.get(Standing.ASSIGNED, 0)

    @property
    def open(self) -> int:
        """The devices that are still looked at."""
        return self.total - sum(self.counts.get(standing, 0) for standing in FINAL)
