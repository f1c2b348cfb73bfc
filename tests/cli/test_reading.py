"""What is said of reading that takes long: in advance, and now and then."""

import io
from datetime import timedelta

from rich.console import Console

from tests.apply.fake_time import FakeTime
from tng.cli.reading import ReadingTalk
from tng.plan.reading import Forecast

LONG = Forecast(100_000, timedelta(hours=5.6), timedelta(hours=2.8), 2500.0)


def talk():
    stream, fake = io.StringIO(), FakeTime()
    return ReadingTalk(Console(file=stream, width=300), fake.clock), stream, fake


def test_how_long_it_takes_is_said_in_advance():
    said, stream, _ = talk()
    said.begins("eu", LONG)
    assert stream.getvalue() == (
        "eu: looking for 100,000 devices takes at most 5.6 h, and up to 2.8 h for what belongs to "
        "them; a list gives 2,500 a second, a million in 7 min …\n"
    )


def test_what_is_over_at_once_is_not_spoken_of():
    said, stream, fake = talk()
    said.begins("eu", Forecast(10, timedelta(seconds=2), timedelta(), 2500.0))
    for _ in range(20):
        fake.now += 0.1
        said.called("eu", "ListCertificates")
    assert stream.getvalue() == ""


def test_how_far_it_is_is_said_now_and_then_for_each_target():
    said, stream, fake = talk()
    for target in ("eu", "us\x1b[31m"):
        said.begins(target, Forecast(10, timedelta(), timedelta(), 2500.0))
    for _ in range(120):
        fake.now += 0.1
        said.called("eu", "ListCertificates")
    said.called("us\x1b[31m", "ListThings")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("eu: ListCertificates answered 50 times until now")
    assert "\x1b" not in stream.getvalue()
