"""Devices that begin anew, ask again, or give way to another one."""

from tests.station.simulated import BOOT, Console, csr, good_device
from tests.station.stations import Station
from tng.testing.requests import board_serial


def test_a_reset_in_the_middle_of_the_request_begins_anew(dock):
    def script(console: Console) -> None:
        console.say(BOOT + csr(1)[:300])
        console.say("\r\n" + BOOT + csr(1))
        console.confirm()

    dock.plug_in(script)
    station = Station(dock, 1)
    (result,) = station.run()
    assert result.passed, result.reason
    assert len(station.issuer.asked) == 1


def test_a_reset_after_the_certificate_gets_the_same_certificate_again(dock):
    seen = []

    def script(console: Console) -> None:
        console.say(BOOT + csr(1))
        seen.append(console.certificate())
        console.say(BOOT + csr(1))
        seen.append((None, console.confirm()))

    dock.plug_in(script)
    station = Station(dock, 1)
    (result,) = station.run()
    assert result.passed, result.reason
    assert seen[0][1] == seen[1][1]
    assert result.issued is not None
    assert result.issued.already
    assert len(station.issuer.issued) == 1


def test_a_request_that_is_repeated_impatiently_is_answered_with_one_certificate(dock):
    def script(console: Console) -> None:
        console.say(csr(1) + csr(1))
        console.confirm()

    dock.plug_in(script)
    station = Station(dock, 1)
    (result,) = station.run()
    assert result.passed, result.reason
    assert len(station.issuer.issued) == 1


def test_a_device_that_resets_for_ever_is_given_up(dock):
    def script(console: Console) -> None:
        console.say(csr(1))
        console.certificate()
        for _ in range(11):
            console.say(BOOT + csr(1)[:200] + "\r\n")
        console.say(BOOT)
        good_device(2)(console)

    dock.plug_in(script)
    first, second = Station(dock, 2).run()
    assert "resets again and again" in first.reason
    assert second.passed


def test_a_device_that_asks_for_ever_is_given_up(dock):
    def script(console: Console) -> None:
        for _ in range(11):
            console.say(csr(1))
            console.certificate()
        console.say(csr(1))
        console.hear_until(r"TNG-ERROR the device asks again and again")
        good_device(2)(console)

    dock.plug_in(script)
    first, second = Station(dock, 2).run()
    assert "asks again and again" in first.reason
    assert first.issued is not None
    assert second.passed, second.reason


def test_another_device_before_the_word_fails_the_first(dock):
    def script(console: Console) -> None:
        console.say(csr(1))
        console.certificate()
        good_device(2)(console)

    dock.plug_in(script)
    first, second = Station(dock, 2).run()
    assert "another device came" in first.reason
    assert first.device_id == board_serial(1)
    assert second.passed
