"""The rate of assignments over a sliding window."""

import pytest

from tng.watch.pace import Pace


def test_nothing_is_a_rate_before_every_device_was_seen():
    pace = Pace(5)
    pace.note(10.0)
    assert pace.rate(20.0) == 0


def test_rate_is_over_what_has_passed_and_then_over_the_window():
    pace = Pace(5)
    pace.begin(0.0)
    for second in range(50):
        pace.note(second + 0.5)
    assert pace.rate(50.0) == pytest.approx(1.0)
    assert pace.rate(100.0) == pytest.approx(0.5)
    assert pace.rate(325.0) == pytest.approx(25 / 300, abs=0.005)
    assert pace.rate(400.0) == 0


def test_too_short_a_time_gives_no_rate():
    pace = Pace(5)
    pace.begin(0.0)
    pace.note(0.1)
    assert pace.rate(0.2) == 0


def test_a_million_notes_take_no_more_memory_than_the_window_has_seconds():
    pace = Pace(5)
    pace.begin(0.0)
    for number in range(100_000):
        pace.note(number / 100)
    assert len(pace._seconds) <= 302
    assert pace.rate(1000.0) == pytest.approx(100, rel=0.02)


def test_there_is_no_estimate_once_the_usual_gap_is_long_over():
    pace = Pace(5)
    pace.begin(0.0)
    for second in range(0, 100, 10):
        pace.note(float(second))
    assert pace.left(5, 100.0) == pytest.approx(50)
    assert pace.left(5, 125.0) == pytest.approx(62.5)
    assert pace.left(5, 160.0) is None


def test_rounds_far_apart_are_no_silence():
    pace = Pace(600)
    pace.begin(0.0)
    for _ in range(100):
        pace.note(600.0)
    assert pace.left(50, 1100.0) is not None
    assert pace.left(50, 2500.0) is None
