"""How a watch is shown on stderr: bars on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from tng.report.planned import duration_text
from tng.report.text import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from tng.watch import Tally

LINE_SECONDS = 30.0
"""Between two lines of one target where there is no terminal."""
LONG_SECONDS = 10.0
"""A look at all devices that takes longer than this is announced."""


class WatchProgress(Protocol):
    """Shown the tallies again and again."""

    def show(self, tallies: "Sequence[Tally]", *, last: bool = False) -> None:
        """The tallies now; ``last`` is true at the end."""


class WatchLines:
    """One line a target when it begins, every half minute, and at the end."""

    def __init__(self, console: "Console", clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._told: dict[str, float] = {}

    def show(self, tallies: "Sequence[Tally]", *, last: bool = False) -> None:
        """Print what is due."""
        from tng.report.watching import tally_text

        now = self._clock()
        for tally in tallies:
            key = tally.description.key
            if key not in self._told:
                self._told[key] = now
                self._console.print(begin_text(tally))
            if last or now - self._told[key] >= LINE_SECONDS:
                self._told[key] = now
                self._console.print(f"{printable(tally.name)}: {tally_text(tally)}")


class WatchBars:
    """A bar a target: how many have their place; use it as a context manager."""

    def __init__(self, console: "Console") -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._console = console
        self._tasks: dict[str, TaskID] = {}
        # What is shown has names of the cloud's: never markup.
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[text]}", markup=False),
            console=console,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> "WatchBars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, tallies: "Sequence[Tally]", *, last: bool = False) -> None:  # noqa: ARG002 - the Protocol's form
        """Bring the bars up to date."""
        from tng.report.watching import tally_text

        for tally in tallies:
            key = tally.description.key
            if key not in self._tasks:
                self._console.print(begin_text(tally))
                self._tasks[key] = self._bars.add_task(printable(tally.name), text="")
            self._bars.update(
                self._tasks[key],
                total=tally.total,
                completed=tally.assigned,
                text=tally_text(tally),
            )


def begin_text(tally: "Tally") -> str:
    """What is watched, and how long one look at all takes where that is long."""
    text = f"{printable(tally.name)}: watching {tally.total:,} devices"
    if tally.look_seconds < LONG_SECONDS:
        return text
    takes = duration_text(timedelta(seconds=tally.look_seconds))
    return f"{text}; one look at all of them takes about {takes} at this target's rate"


@contextmanager
def shown_watch(console: "Console") -> "Iterator[WatchProgress]":
    """The progress that fits the console, for a ``with`` block."""
    if console.is_terminal and not console.quiet:
        with WatchBars(console) as bars:
            yield bars
    else:
        yield WatchLines(console)
