"""Progress on stderr: bars on a terminal, a plain line now and then elsewhere."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tng.ledger.interface import DeviceState
from tng.report.planned import duration_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from tng.apply.progress import Progress
    from tng.plan.models import TargetDescription

LINE_SECONDS = 5.0
"""Between two lines of one target where there is no terminal."""

_BAD = (DeviceState.FAILED, DeviceState.ATTENTION)


@dataclass(slots=True)
class _Count:
    """What is known of one target."""

    name: str
    total: int
    started: float
    finished: int = 0
    bad: int = 0
    throttled: int = 0
    told: float = 0.0

    def text(self, now: float) -> str:
        """Done and total, rate, how long it still takes, what failed, what was throttled."""
        seconds = now - self.started
        rate = self.finished / seconds if seconds > 0 else 0.0
        parts = [f"{self.finished:,}/{self.total:,}", f"{rate:.1f}/s"]
        if rate > 0 and self.finished < self.total:
            parts.append(f"{self._left(rate)} left")
        if self.bad:
            parts.append(f"{self.bad:,} failed")
        if self.throttled:
            parts.append(f"{self.throttled:,} throttled")
        return ", ".join(parts)

    def _left(self, rate: float) -> str:
        return duration_text(timedelta(seconds=(self.total - self.finished) / rate))


class _Counting(ABC):
    """Counts per target under one lock; the subclasses show them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, _Count] = {}

    def begin(self, target: "TargetDescription", total: int) -> None:
        """A target begins."""
        with self._lock:
            now = self._clock()
            self._counts[target.key] = _Count(target.name, total, now, told=now)
            self._show(target.key, "")

    def finished(self, target: str, state: DeviceState) -> None:
        """One device ended."""
        with self._lock:
            count = self._counts[target]
            count.finished += 1
            count.bad += state in _BAD
            self._show(target, "")

    def throttled(self, target: str, operation: str) -> None:  # noqa: ARG002 - the Protocol's form
        """One call was too fast; before `begin` (while reading) nobody counts."""
        with self._lock:
            if target in self._counts:
                self._counts[target].throttled += 1

    def end(self, target: str, message: str) -> None:
        """A target ended."""
        with self._lock:
            count = self._counts[target]
            ended = "finished" if count.finished == count.total else "stopped"
            self._show(target, message or ended)

    @abstractmethod
    def _show(self, target: str, end: str) -> None:
        """Show the target's count; ``end`` says how it ended, if it did."""


class LineProgress(_Counting):
    """One line a target, at most every few seconds, and one at its end."""

    def __init__(self, console: "Console", clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._console = console

    def _show(self, target: str, end: str) -> None:
        count, now = self._counts[target], self._clock()
        if not count.total or (not end and now - count.told < LINE_SECONDS):
            return
        count.told = now
        tail = f" ({end})" if end else ""
        self._console.print(f"{count.name}: {count.text(now)}{tail}")


class BarProgress(_Counting):
    """A bar a target; use it as a context manager."""

    def __init__(self, console: "Console", clock: Callable[[], float] = time.monotonic) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        super().__init__(clock)
        self._tasks: dict[str, TaskID] = {}
        self._bars: Bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[text]}"),
            console=console,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> "BarProgress":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def _show(self, target: str, end: str) -> None:
        count = self._counts[target]
        if target not in self._tasks:
            self._tasks[target] = self._bars.add_task(count.name, total=count.total, text="")
        tail = f" ({end})" if end else ""
        self._bars.update(
            self._tasks[target], completed=count.finished, text=count.text(self._clock()) + tail
        )


@contextmanager
def shown_progress(console: "Console") -> Iterator["Progress"]:
    """The progress that fits the console, for a ``with`` block."""
    if console.is_terminal and not console.quiet:
        with BarProgress(console) as bars:
            yield bars
    else:
        yield LineProgress(console)
