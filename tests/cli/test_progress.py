"""Progress as lines and as bars."""

import io

from rich.console import Console

from tng.cli.progress import LINE_SECONDS, BarProgress, LineProgress, shown_progress
from tng.ledger import DeviceState
from tng.plan.models import TargetDescription

EU = TargetDescription("eu", "aws", "111111111111", "eu-central-1")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def console(*, terminal=False):
    return Console(file=io.StringIO(), force_terminal=terminal, width=120, highlight=False)


def work(progress, clock, devices=100, seconds=0.125):
    progress.begin(EU, devices)
    for number in range(devices):
        clock.now += seconds
        progress.finished(EU.key, DeviceState.FAILED if number == 3 else DeviceState.DONE)
    progress.throttled(EU.key, "CreateThing")
    progress.end(EU.key, "")


def test_lines_come_at_most_every_few_seconds_and_say_everything():
    to, clock = console(), Clock()
    work(LineProgress(to, clock), clock)
    lines = to.file.getvalue().splitlines()
    assert len(lines) <= 100 * 0.125 / LINE_SECONDS + 1
    assert lines[0].startswith("eu: 40/100, 8.0/s, 8 s left, 1 failed")
    assert lines[-1] == "eu: 100/100, 8.0/s, 1 failed, 1 throttled (finished)"


def test_why_a_target_was_ended_is_said():
    to, clock = console(), Clock()
    progress = LineProgress(to, clock)
    progress.begin(EU, 5)
    progress.end(EU.key, "ExpiredToken: the credentials have expired")
    assert "0/5" in to.file.getvalue()
    assert "(ExpiredToken: the credentials have expired)" in to.file.getvalue()


def test_a_throttle_while_targets_are_still_read_is_no_error():
    to = console()
    LineProgress(to).throttled("aws:unknown", "ListCertificates")
    assert to.file.getvalue() == ""


def test_bars_show_counts_and_trouble():
    to, clock = console(terminal=True), Clock()
    with BarProgress(to, clock) as progress:
        work(progress, clock)
    assert "100/100" in to.file.getvalue()
    assert "1 failed" in to.file.getvalue()


def test_a_file_gets_lines_and_a_terminal_bars():
    with shown_progress(console()) as progress:
        assert isinstance(progress, LineProgress)
    with shown_progress(console(terminal=True)) as progress:
        assert isinstance(progress, BarProgress)
