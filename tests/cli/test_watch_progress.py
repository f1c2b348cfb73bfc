"""A watch on stderr: lines and bars, inert whatever the names are; which targets are watched."""

import io

import pytest
from rich.console import Console

from tests.apply.memory_cloud import MemoryCloud
from tests.watch.watchable_cloud import open_target
from tng.apply.session import OpenTarget
from tng.apply.stopping import StopSignal
from tng.cli.watch_progress import LINE_SECONDS, WatchBars, WatchLines, shown_watch
from tng.cli.watching import watchable
from tng.clouds.interface import Sighting, Standing
from tng.errors import UsageError
from tng.plan.models import TargetDescription
from tng.report.watching import change_text, tally_text
from tng.watch import Change, Tally, WatchedDevice

PLANT = TargetDescription("plant", "azure", "dps.example", "")
DEVICE = WatchedDevice("0123", "sn0123", 0.0)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def console(*, terminal=False):
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=200, highlight=False,
        markup=False, emoji=False,
    )  # fmt: skip


def tally(**changed):
    members = {
        "name": "plant", "description": PLANT, "total": 10,
        "counts": {Standing.UNASSIGNED: 6, Standing.ASSIGNED: 3, Standing.FAILED: 1},
        "unseen": 0, "failing": 0, "error": "", "rate": 0.2, "left": 30.0,
        "longest": DEVICE, "waited": 720.0, "look_seconds": 0.5,
    }  # fmt: skip
    return Tally(**{**members, **changed})


def test_a_tally_says_how_far_how_fast_how_long_and_who_has_waited_longest():
    assert tally_text(tally()) == (
        "3/10 assigned, 6 unassigned, 1 failed, 12.0/min, 30 s left, longest: 0123 (sn0123), 12 min"
    )


def test_an_estimate_that_cannot_be_made_is_not_made():
    text = tally_text(tally(rate=0.0, left=None, unseen=4))
    assert "left" not in text
    assert "/min" not in text
    assert "4 not seen yet" in text


def test_looks_that_fail_are_said_with_a_reason():
    text = tally_text(tally(failing=2, error="TransientError: no route"))
    assert "2 could not be looked at (TransientError: no route)" in text


@pytest.mark.parametrize(("rate", "shown"), [(2.5, "2.5/s"), (0.5, "30.0/min"), (0.01, "36.0/h")])
def test_rates_are_said_in_the_unit_that_fits(rate, shown):
    assert shown in tally_text(tally(rate=rate))


def test_lines_come_at_the_beginning_now_and_then_and_at_the_end():
    to, clock = console(), Clock()
    lines = WatchLines(to, clock)
    for _ in range(600):
        lines.show([tally()])
        clock.now += 0.25
    lines.show([tally()], last=True)
    shown = to.file.getvalue().splitlines()
    assert shown[0] == "plant: watching 10 devices"
    assert all(line.startswith("plant: 3/10 assigned, ") for line in shown[1:])
    assert len(shown) == 1 + int(149 / LINE_SECONDS) + 1


def test_a_look_that_takes_long_is_announced():
    to = console()
    WatchLines(to, Clock()).show([tally(total=100_000, look_seconds=6667.0)])
    assert "watching 100,000 devices; one look at all of them takes about 1.9 h" in (
        to.file.getvalue()
    )


def test_bars_show_the_tally():
    to = console(terminal=True)
    with WatchBars(to) as bars:
        bars.show([tally()])
        bars.show([tally(counts={Standing.ASSIGNED: 10}, longest=None, left=None)], last=True)
    assert "10/10 assigned" in to.file.getvalue()


def test_a_file_gets_lines_and_a_terminal_bars():
    with shown_watch(console()) as progress:
        assert isinstance(progress, WatchLines)
    with shown_watch(console(terminal=True)) as progress:
        assert isinstance(progress, WatchBars)


@pytest.mark.parametrize("terminal", [False, True])
def test_names_are_neither_markup_nor_control_characters(terminal):
    hostile = "[link=http://x]me[/link][/]\x1b]0;owned\x07\n\u202e"
    shown = tally(
        name=hostile, longest=WatchedDevice(hostile, hostile + "2", 0.0), failing=1, error=hostile
    )
    to = console(terminal=terminal)
    with shown_watch(to) as progress:
        progress.show([shown])
        sighting = Sighting(Standing.FAILED, hostile, hostile, hostile, hostile)
        change = Change(hostile, DEVICE, Standing.UNASSIGNED, sighting, 5.0)
        to.print(change_text(change))
        progress.show([shown], last=True)
    text = to.file.getvalue()
    assert "[link=http://x]me[/link][/]\\u001b]0;owned\\u0007\\u000a\\u202e" in text
    for active in ("\x1b]", "\x07", "\u202e"):
        assert active not in text


def test_a_change_says_where_and_after_how_long():
    sighting = Sighting(Standing.ASSIGNED, "hub.azure-devices.net", "SN0123", "", "")
    change = Change("plant", DEVICE, Standing.UNASSIGNED, sighting, 34.0)
    assert change_text(change) == (
        "plant: 0123 (sn0123): unassigned → assigned to hub.azure-devices.net, "
        "34 s after it was registered"
    )


def silent_target(stop):
    cloud = MemoryCloud("us")
    return OpenTarget("us", cloud, None, stop.child())


def test_a_named_target_that_cannot_be_watched_is_an_error():
    stop = StopSignal()
    target, _ = open_target(stop)
    with pytest.raises(UsageError, match="us cannot be watched: memory does not tell"):
        watchable([target, silent_target(stop)], named=True)


def test_others_that_cannot_be_watched_are_left_out_and_named(capsys):
    stop = StopSignal()
    target, cloud = open_target(stop)
    assert watchable([target, silent_target(stop)], named=False) == ((target, cloud),)
    assert "not watched: us (memory does not tell" in capsys.readouterr().err


def test_none_that_can_be_watched_is_an_error():
    with pytest.raises(UsageError):
        watchable([silent_target(StopSignal())], named=False)
