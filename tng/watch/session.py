"""Watching several targets side by side, until all is seen, the time is over or one stops it."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, Queue

from tng.apply.rate import Clock, Sleep
from tng.apply.session import OpenTarget
from tng.apply.stopping import StopSignal
from tng.clouds.interface import WatchableCloud
from tng.errors import TngError
from tng.exit_codes import ExitCode
from tng.ledger import Ledger
from tng.plan.models import FailedTarget
from tng.watch.models import Change, DeviceSight, Tally, WatchOptions
from tng.watch.target import TargetWatch

TICK_SECONDS = 0.25
"""How often whoever consumes the batches gets one, at least."""
_WAITING_CHANGES = 1000
"""Changes that wait to be consumed; then the looking waits too."""


class NothingToWatchError(TngError):
    """The ledger knows no registered device of those that were asked for."""


@dataclass(frozen=True, slots=True)
class WatchEnd:
    """How a watch ended. ``failed`` targets could not be watched, or not to the end."""

    tallies: tuple[Tally, ...]
    failed: tuple[FailedTarget, ...]
    interrupted: bool
    timed_out: bool

    @property
    def exit_code(self) -> ExitCode:
        """Done only if every device has its place."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        nothing = all(tally.unseen == tally.total for tally in self.tallies)
        if self.failed and nothing and not self.timed_out:
            return ExitCode.REFUSED
        everywhere = all(tally.assigned == tally.total for tally in self.tallies)
        return ExitCode.DONE if everywhere and not self.failed else ExitCode.PARTIAL


class Watch:
    """A watch over targets that are `WatchableCloud`; consume `batches` once, then ask `end`."""

    def __init__(
        self,
        targets: Sequence[tuple[OpenTarget, WatchableCloud]],
        ledger: Ledger,
        options: WatchOptions,
        *,
        stop: StopSignal,
        clock: Clock = time.monotonic,
        now: Clock = time.time,
        sleep: Sleep | None = None,
    ) -> None:
        """``stop`` is the signal whose children the targets have; setting it interrupts.

        The time of ``options.timeout`` begins here. ``now`` gives seconds since 1970.
        """
        self._changes: Queue[Change] = Queue(_WAITING_CHANGES)
        self._claimed: set[str] = set()
        self._lock = threading.Lock()
        self._options = options
        self._stop = stop
        self._clock = clock
        self._deadline = None if options.timeout is None else clock() + options.timeout
        self._timed_out = False
        self._watches = tuple(
            TargetWatch(
                target, cloud, ledger, options, self._changes, self._claim,
                clock=clock, now=now, sleep=sleep,
            )
            for target, cloud in targets
        )  # fmt: skip

    def batches(self) -> Iterator[tuple[Change, ...]]:
        """Watch; gives the changes as they are seen, and now and then none at all.

        Ends when no device is open, after one round with ``once``, when the time is over
        (at once, whatever is in flight), or in order when ``stop`` is set. Raises
        `NothingToWatchError` if that is so, and what is not an error of a cloud.
        """
        threads = [threading.Thread(target=item.run, daemon=True) for item in self._watches]
        for thread in threads:
            thread.start()
        checked = False
        try:
            while not self._over():
                alive = any(thread.is_alive() for thread in threads)
                if not checked and all(watch.opened.is_set() for watch in self._watches):
                    checked = True
                    self._raise_defect()
                    self._refuse_nothing()
                yield self._take(wait=alive)
                self._raise_defect()
                if not alive and self._changes.empty():
                    return
        finally:
            for watch in self._watches:
                watch.close()
        yield self._take(wait=False)

    def tallies(self) -> tuple[Tally, ...]:
        """The tally of every target that is open, now."""
        return tuple(t for t in (watch.tally() for watch in self._watches) if t is not None)

    def devices(self) -> Iterator[tuple[Tally, Iterator[DeviceSight]]]:
        """Every open target with its devices, the stragglers first."""
        for watch in self._watches:
            tally = watch.tally()
            if tally is not None:
                yield tally, watch.sights()

    def end(self) -> WatchEnd:
        """How it ended; after `batches`."""
        interrupted = self._stop.is_set()
        why = "interrupted" if interrupted else "the time was over"
        failed = [watch.failed for watch in self._watches if watch.failed is not None]
        failed += [
            FailedTarget(watch.name, f"{why} before it answered", "Run the same command again.")
            for watch in self._watches
            if watch.failed is None and watch.tally() is None and not watch.duplicate
        ]
        return WatchEnd(self.tallies(), tuple(failed), interrupted, self._timed_out)

    def _over(self) -> bool:
        self._timed_out = self._deadline is not None and self._clock() >= self._deadline
        return self._timed_out

    def _take(self, *, wait: bool) -> tuple[Change, ...]:
        changes: list[Change] = []
        try:
            if wait:
                changes.append(self._changes.get(timeout=self._patience()))
            while len(changes) < _WAITING_CHANGES:
                changes.append(self._changes.get_nowait())
        except Empty:
            pass
        return tuple(changes)

    def _patience(self) -> float:
        if self._deadline is None:
            return TICK_SECONDS
        return max(0.001, min(TICK_SECONDS, self._deadline - self._clock()))

    def _claim(self, key: str) -> bool:
        with self._lock:
            if key in self._claimed:
                return False
            self._claimed.add(key)
            return True

    def _raise_defect(self) -> None:
        for watch in self._watches:
            if watch.defect is not None:
                raise watch.defect

    def _refuse_nothing(self) -> None:
        """Raise `NothingToWatchError`; not where a target that failed may have had it."""
        if any(watch.failed for watch in self._watches) or self._stop.is_set():
            return
        found = frozenset[str]().union(*(watch.matched for watch in self._watches))
        names = ", ".join(watch.name for watch in self._watches)
        for wanted in self._options.device_ids:
            if wanted.lower() not in found:
                raise NothingToWatchError(
                    f"the ledger knows no registered device {wanted!r} on {names}",
                    "`tng status --format csv` lists the devices that it knows.",
                )
        if not any(tally.total for tally in self.tallies()):
            raise NothingToWatchError(
                f"the ledger knows no registered device on {names}",
                "Register devices first; `tng status` shows what was registered where.",
            )
