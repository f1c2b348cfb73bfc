"""Watching one target: rounds of looks at the devices that are still open.

A look that fails is made again in the next round; a target that cannot be used ends alone.
All threads are daemons: a call that hangs must not outlive the deadline of the command.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from queue import Full, Queue

from tng.apply.calls import StoppedError
from tng.apply.rate import Clock, Sleep
from tng.apply.session import OpenTarget
from tng.clouds.interface import CloudError, Sighting, TargetUnusableError, WatchableCloud
from tng.errors import TargetError
from tng.ledger import DeviceState, Ledger
from tng.plan.models import FailedTarget
from tng.watch.models import FINAL, Change, DeviceSight, Tally, WatchedDevice, WatchOptions
from tng.watch.roll import Roll

_PUT_SECONDS = 0.5


class TargetWatch:
    """One target; `run` it in a thread of its own, look at it from others."""

    def __init__(
        self,
        target: OpenTarget,
        cloud: WatchableCloud,
        ledger: Ledger,
        options: WatchOptions,
        changes: "Queue[Change]",
        claim: Callable[[str], bool],
        *,
        clock: Clock = time.monotonic,
        now: Clock = time.time,
        sleep: Sleep | None = None,
    ) -> None:
        """``claim`` is asked with the target's key: false if it is watched already.

        ``now`` gives seconds since 1970; ``sleep`` is the target's stop signal unless given.
        """
        self._target = target
        self._cloud = cloud
        self._ledger = ledger
        self._options = options
        self._changes = changes
        self._claim = claim
        self._clock = clock
        self._now = now
        self._sleep = sleep or target.stop.wait
        self._roll: Roll | None = None
        self._stopped: FailedTarget | None = None
        self.duplicate = False
        self.defect: BaseException | None = None
        self.matched: frozenset[str] = frozenset()
        self.opened = threading.Event()

    @property
    def name(self) -> str:
        """The user's name for the target."""
        return self._target.name

    @property
    def failed(self) -> FailedTarget | None:
        """Why the target cannot be watched (any more), if so."""
        return self._stopped

    def run(self) -> None:
        """Open the target and look at its devices until none is open, or until stopped."""
        try:
            roll = self._open()
            self.opened.set()
            if roll is not None:
                self._rounds(roll)
        except TargetError as error:
            self._stopped = FailedTarget(self.name, error.message, error.hint)
        except CloudError as error:
            self._end(error)
        except StoppedError:
            return
        except BaseException as error:  # noqa: BLE001 - raised again by the session, in order
            self.defect = error
        finally:
            self.opened.set()

    def close(self) -> None:
        """End it now: what is in flight is not waited for and brings nothing any more."""
        self._target.stop.set()
        if self._roll is not None:
            self._roll.close()

    def tally(self) -> Tally | None:
        """The tally now; ``None`` until the target is open."""
        roll = self._roll
        if roll is None:
            return None
        counted, longest = roll.count(), roll.longest()
        final = sum(counted.counts[standing] for standing in FINAL)
        return Tally(
            name=self.name,
            description=self._cloud.description,
            total=len(roll),
            counts=counted.counts,
            unseen=counted.unseen,
            failing=counted.failing,
            error=counted.error,
            rate=counted.rate,
            left=counted.left,
            longest=longest,
            waited=0.0 if longest is None else max(0.0, self._now() - longest.registered_at),
            look_seconds=(len(roll) - final) / self._cloud.rates.others,
            stopped="" if self._stopped is None else self._stopped.message,
        )

    def sights(self) -> Iterator[DeviceSight]:
        """Every device and what is known of it, the stragglers first."""
        return iter(()) if self._roll is None else self._roll.sights()

    def _open(self) -> Roll | None:
        self._cloud.preflight(offline=False)
        key = self._cloud.description.key
        self._target.calls.follow(self._cloud, key)
        if not self._claim(key):
            self.duplicate = True
            return None
        known = any(target.key == key for target in self._ledger.targets())
        roll = Roll(self._devices(key) if known else (), self._clock, self._options.interval)
        self._roll = roll
        return roll

    def _devices(self, key: str) -> Iterator[WatchedDevice]:
        wanted = {text.lower() for text in self._options.device_ids}
        for row in self._ledger.devices(key, states=(DeviceState.DONE,)):
            if wanted:
                found = wanted & {row.key.lower(), row.device_id.lower(), row.name.lower()}
                if not found:
                    continue
                self.matched |= found
            yield WatchedDevice(row.device_id, row.name, _seconds(row.updated_at) or self._now())

    def _rounds(self, roll: Roll) -> None:
        while not self._target.stop.is_set():
            started = self._clock()
            positions = roll.open_positions()
            if not positions:
                return
            self._round(roll, positions)
            if self._target.stop.is_set() or self._options.once or not roll.open_positions():
                return
            roll.round_ended()
            wait = started + self._options.interval - self._clock()
            if wait > 0 and self._sleep(wait):
                return

    def _round(self, roll: Roll, positions: Collection[int]) -> None:
        """Look at these devices, several at once; the next one goes to who is free."""
        order, lock = iter(positions), threading.Lock()

        def turn() -> int | None:
            with lock:
                return next(order, None)

        workers = [
            threading.Thread(target=self._work, args=(roll, turn), daemon=True)
            for _ in range(min(self._options.threads, len(positions)))
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self, roll: Roll, turn: Callable[[], int | None]) -> None:
        try:
            while not self._target.stop.is_set():
                position = turn()
                if position is None:
                    return
                self._look(roll, position)
        except StoppedError:
            return
        except TargetUnusableError as error:
            self._end(error)
        except BaseException as error:  # noqa: BLE001 - raised again by the session, in order
            self.defect = error
            self._target.stop.set()

    def _look(self, roll: Roll, position: int) -> None:
        device = roll.device(position)
        try:
            sighting = self._cloud.sight(device.name)
        except TargetUnusableError:
            raise
        except CloudError as error:
            roll.failed(position, str(error))
            return
        before = roll.seen(position, sighting)
        if before is not None:
            self._tell(roll, Change(
                self.name, device, before.standing, sighting, self._after(device, sighting)
            ))  # fmt: skip

    def _tell(self, roll: Roll, change: Change) -> None:
        while not roll.closed:
            try:
                self._changes.put(change, timeout=_PUT_SECONDS)
            except Full:
                continue
            return

    def _after(self, device: WatchedDevice, sighting: Sighting) -> float:
        told = _seconds(sighting.updated_at)
        if told is None or not device.registered_at <= told <= self._now():
            told = self._now()
        return max(0.0, told - device.registered_at)

    def _end(self, error: CloudError) -> None:
        hint = "Check the permissions of the credentials, then run the same command again."
        self._stopped = FailedTarget(self.name, str(error), hint)
        self._target.stop.set()


def _seconds(text: str) -> float | None:
    """Seconds since 1970 of an RFC 3339 time; ``None`` where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None
