"""What a device says last, or does not: confirmations, complaints, silence."""

import time

import pytest

from tests.station.simulated import BOOT, Console, csr, good_device
from tests.station.stations import Station
from tng.csr.issuing import IssuingRefused
from tng.testing.requests import board_serial


@pytest.mark.slow
def test_no_answer_by_the_deadline_fails_and_the_next_device_is_served(dock):
    def silent_then_good(console: Console) -> None:
        console.say(csr(1))
        console.certificate()
        time.sleep(5.0)
        good_device(2)(console)

    dock.plug_in(silent_then_good)
    first, second = Station(dock, 2, answer=3.0).run()
    assert "does not confirm the certificate by the deadline" in first.reason
    assert first.issued is not None
    assert second.passed, second.reason


@pytest.mark.slow
def test_a_late_word_is_not_taken_for_the_next_device(dock):
    def late(console: Console) -> None:
        console.say(csr(1))
        announced, _ = console.certificate()
        time.sleep(5.0)
        console.say(f"TNG-OK {announced}\r\n")
        good_device(2)(console)

    dock.plug_in(late)
    station = Station(dock, 2, answer=3.0)
    first, second = station.run()
    assert not first.passed
    assert second.passed, second.reason
    assert second.device_id == board_serial(2)
    assert any("not being served" in text for text in station.told)


def test_a_wrong_digest_fails(dock):
    def script(console: Console) -> None:
        console.say(csr(1))
        console.certificate()
        console.say(f"TNG-OK {'0' * 64}\r\n")

    dock.plug_in(script)
    (result,) = Station(dock, 1).run()
    assert "confirms another certificate" in result.reason


def test_a_complaint_of_the_device_fails_with_its_words(dock):
    def script(console: Console) -> None:
        console.say(csr(1))
        console.certificate()
        console.say("TNG-FAIL flash is full\r\n")

    dock.plug_in(script)
    (result,) = Station(dock, 1).run()
    assert result.reason == "the device says: flash is full"


def test_a_chatty_device_that_never_confirms_meets_its_deadline(dock):
    def script(console: Console) -> None:
        console.say(csr(1))
        console.certificate()
        while True:
            console.say("I (1) app: still here\r\n")
            time.sleep(0.01)

    dock.plug_in(script)
    (result,) = Station(dock, 1, answer=1.0).run()
    assert "by the deadline" in result.reason


def test_a_complaint_before_any_request_is_a_failure_of_its_own(dock):
    def script(console: Console) -> None:
        console.say("TNG-SERIAL: M5-00012\r\nE (7) app: TNG-FAIL no key in slot 0\r\n")
        good_device(2)(console)

    dock.plug_in(script)
    first, second = Station(dock, 2).run()
    assert (first.number, first.device_id) == (1, "M5-00012")
    assert first.reason == "the device says: no key in slot 0"
    assert first.issued is None
    assert (second.number, second.device_id) == (2, board_serial(2))
    assert second.passed, second.reason


def test_a_device_that_complains_every_few_seconds_fails_once(dock):
    def script(console: Console) -> None:
        console.say("TNG-FAIL no chip\r\n" * 3)
        console.say("TNG-SERIAL: M5-1\r\nTNG-FAIL no key\r\n" * 3)
        console.say(BOOT + "TNG-SERIAL: M5-1\r\nTNG-FAIL no key\r\n")
        console.say(BOOT + "TNG-FAIL no chip either\r\n")
        good_device(2)(console)

    dock.plug_in(script)
    results = Station(dock, 4).run()
    reasons = [result.reason.removeprefix("the device says: ") for result in results]
    assert reasons == ["no chip", "no key", "no chip either", ""]


def test_a_complaint_about_a_refusal_is_no_second_failure(dock):
    def script(console: Console) -> None:
        console.say(csr(1))
        console.hear_until("^TNG-ERROR the hook says no")
        console.say("TNG-FAIL gives up\r\n")
        good_device(2)(console)

    dock.plug_in(script)
    station = Station(dock, 2)
    station.issuer.refusals[board_serial(1)] = IssuingRefused("the hook says no", "ask it")
    first, second = station.run()
    assert first.reason == "the hook says no"
    assert second.passed
    assert any("not being served" in text for text in station.told)


def test_a_complaint_instead_of_a_repeated_request_ends_the_device(dock):
    def script(console: Console) -> None:
        console.say(csr(1)[:200] + "\r\n" + "TNG-FAIL the chip is gone\r\n")
        good_device(2)(console)

    dock.plug_in(script)
    first, second = Station(dock, 2).run()
    assert first.reason == "the device says: the chip is gone"
    assert second.passed
