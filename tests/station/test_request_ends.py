"""Where a request ends, whatever the device's lines end with."""

import pytest

from tests.station.simulated import Console, csr
from tests.station.stations import Station
from tng.decode.text.lines import Line
from tng.station.exchange import DeviceReader


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n", "\n\r"], ids=repr)
def test_a_request_is_heard_whatever_ends_its_lines(dock, end):
    def script(console: Console) -> None:
        console.say(csr(1).replace("\r\n", end))
        console.certificate()
        console.say(f"TNG-FAIL heard{end}")

    dock.plug_in(script)
    (result,) = Station(dock, 1).run()
    assert result.reason == "the device says: heard"


def test_an_empty_line_ends_a_request_whose_end_line_got_lost(dock):
    def script(console: Console) -> None:
        console.say(csr(1).partition("-----END")[0] + "\r\n")
        console.confirm()

    dock.plug_in(script)
    # By the deadline, the device that waits would have given up.
    (result,) = Station(dock, 1, answer=600.0).run()
    assert result.passed, result.reason


def test_the_next_request_ends_one_whose_end_line_got_lost(dock):
    def script(console: Console) -> None:
        console.say(csr(1).partition("-----END")[0] + csr(1))
        console.confirm()

    dock.plug_in(script)
    (result,) = Station(dock, 1, answer=600.0).run()
    assert result.passed, result.reason


def test_what_an_empty_line_leaves_incomplete_is_told_at_once(dock):
    def script(console: Console) -> None:
        console.say(csr(1)[:200] + "\r\n\r\n")
        console.hear_until("^TNG-ERROR request unreadable")
        console.say(csr(1))
        console.confirm()

    dock.plug_in(script)
    (result,) = Station(dock, 1, answer=600.0).run()
    assert result.passed, result.reason


@pytest.mark.parametrize("time_stamp", ["", "[12:00:00.123] "], ids=["bare", "stamped"])
def test_a_request_that_has_only_begun_does_not_pause_at_an_empty_line(time_stamp):
    reader = DeviceReader("port")
    begin, base64, *_ = csr(1).split("\r\n")
    for number, text in enumerate((begin, "", base64), 1):
        list(reader.feed(Line(number, time_stamp + text)))
        assert not reader.is_paused
    list(reader.feed(Line(4, time_stamp)))
    assert reader.is_paused


@pytest.mark.slow
def test_an_empty_line_after_the_begin_line_is_no_reason_to_refuse(dock):
    def script(console: Console) -> None:
        begin, end_of_line, rest = csr(1).partition("\r\n")
        console.say(begin + end_of_line + "\r\n")
        # The station tells of what is incomplete half a second after an empty line.
        assert not console.is_spoken_to(1.5)
        console.say(rest)
        console.confirm()
        assert not any("TNG-ERROR" in line for line in console.lines)

    dock.plug_in(script)
    (result,) = Station(dock, 1, answer=600.0).run()
    assert result.passed, result.reason


def test_an_empty_line_that_another_task_prints_ends_no_request(dock):
    def script(console: Console) -> None:
        first, second = csr(1)[:200], csr(1)[200:]
        console.say(f"{first}\r\n\r\nI (7) wifi: up\r\n\r\n{second}")
        console.confirm()

    dock.plug_in(script)
    (result,) = Station(dock, 1).run()
    assert result.passed, result.reason


@pytest.mark.slow
def test_a_request_without_any_end_is_taken_at_the_deadline(dock):
    def script(console: Console) -> None:
        console.say(csr(1).partition("-----END")[0])
        console.confirm()

    dock.plug_in(script)
    (result,) = Station(dock, 1, answer=4.0).run()
    assert result.passed, result.reason


def test_half_a_request_is_given_up_at_the_deadline(dock):
    def script(console: Console) -> None:
        console.say(csr(1)[:200])
        console.hear_until("never")

    dock.plug_in(script)
    (result,) = Station(dock, 1, answer=1.0).run()
    assert not result.passed
    assert "request" in result.reason
