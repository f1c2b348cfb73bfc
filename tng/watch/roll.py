"""The devices of one target and what was last seen of each: memory, no calls.

A device takes a few hundred octets, so that a million fit; what the cloud says is cut to
fixed lengths. Safe to be used by several threads at once.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from sys import intern

from tng.clouds.interface import Sighting, Standing
from tng.watch.models import COMING, FINAL, DeviceSight, WatchedDevice
from tng.watch.pace import Pace

MAX_TEXT = 256
"""Characters kept of a text of the cloud; host names and ids are shorter (RFC 1035: 253)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The numbers of a roll at one moment; see `Tally`."""

    counts: Mapping[Standing, int]
    unseen: int
    failing: int
    error: str
    rate: float
    left: float | None


class Roll:
    """Devices in the order in which they were registered, known by their position."""

    def __init__(
        self, devices: Iterable[WatchedDevice], clock: Callable[[], float], interval: float
    ) -> None:
        """``interval`` are the seconds between rounds, at least; ``clock`` is monotonic."""
        self._devices = sorted(devices, key=lambda device: device.registered_at)
        self._sightings: list[Sighting | None] = [None] * len(self._devices)
        self._errors: dict[int, str] = {}
        self._counts = dict.fromkeys(Standing, 0)
        self._unseen = len(self._devices)
        self._clock = clock
        self._pace = Pace(interval)
        self._first_open = 0
        self._closed = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._devices)

    def device(self, position: int) -> WatchedDevice:
        """The device at that position."""
        return self._devices[position]

    def open_positions(self) -> list[int]:
        """Those to be looked at, those registered first before the others.

        The order is the same every time, so that no device waits longer than a round.
        """
        with self._lock:
            return [
                position
                for position, sighting in enumerate(self._sightings)
                if sighting is None or sighting.standing not in FINAL
            ]

    def seen(self, position: int, sighting: Sighting) -> Sighting | None:
        """Note a sighting; gives the one before it if the standing is another, else ``None``.

        The first sighting of a device is no change.
        """
        sighting = _bounded(sighting)
        with self._lock:
            if self._closed:
                return None
            before = self._sightings[position]
            self._sightings[position] = sighting
            self._errors.pop(position, None)
            self._counts[sighting.standing] += 1
            if before is None:
                self._unseen -= 1
                return None
            self._counts[before.standing] -= 1
            if before.standing is sighting.standing:
                return None
            if sighting.standing is Standing.ASSIGNED:
                self._pace.note(self._clock())
            return before

    def failed(self, position: int, error: str) -> None:
        """Note that a look failed, and why."""
        with self._lock:
            if not self._closed:
                self._errors[position] = error[:MAX_TEXT]

    def round_ended(self) -> None:
        """Every open device was looked at; from now on changes are seen when they happen."""
        with self._lock:
            if not self._unseen:
                self._pace.begin(self._clock())

    def close(self) -> None:
        """Take nothing more: what a late call brings is not seen any more."""
        with self._lock:
            self._closed = True

    @property
    def closed(self) -> bool:
        """Whether nothing more is taken."""
        return self._closed

    def count(self) -> Counted:
        """The numbers now."""
        with self._lock:
            now = self._clock()
            coming = sum(self._counts[standing] for standing in COMING)
            return Counted(
                counts=dict(self._counts),
                unseen=self._unseen,
                failing=len(self._errors),
                error=next(reversed(self._errors.values()), ""),
                rate=self._pace.rate(now),
                left=None if self._unseen else self._pace.left(coming, now),
            )

    def longest(self) -> WatchedDevice | None:
        """The open device that was registered first."""
        with self._lock:
            while self._first_open < len(self._devices):
                sighting = self._sightings[self._first_open]
                if sighting is None or sighting.standing not in FINAL:
                    return self._devices[self._first_open]
                self._first_open += 1
            return None

    def sights(self) -> Iterator[DeviceSight]:
        """Every device: the stragglers first, each half in the order of registration."""
        for assigned in (False, True):
            for position, device in enumerate(self._devices):
                sighting = self._sightings[position]
                is_assigned = sighting is not None and sighting.standing is Standing.ASSIGNED
                if is_assigned is assigned:
                    yield DeviceSight(device, sighting, self._errors.get(position, ""))


def _bounded(sighting: Sighting) -> Sighting:
    """The sighting with its texts cut; places are few and kept once."""
    return Sighting(
        sighting.standing,
        intern(sighting.place[:MAX_TEXT]),
        sighting.device_id[:MAX_TEXT],
        sighting.updated_at[:MAX_TEXT],
        sighting.message[:MAX_TEXT],
    )
