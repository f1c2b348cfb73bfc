"""What a device is called: TNG-SERIAL beside the signed request."""

from tests.provisioning.fleet_service import board
from tests.station.simulated import BOOT, Console, csr, csr_of, good_device
from tests.station.stations import Station
from tng.csr.issuing import IssuingRefused
from tng.testing.requests import board_serial

SERIAL = "0123456789abcdef01"
OTHER = "0123456789abcdef02"


def test_the_serial_number_that_a_device_tells_is_its_id(dock):
    def script(console: Console) -> None:
        console.say("I (5) app: TNG-SERIAL: 0123AABBCC\r\n" + csr_of("board", 1))
        console.confirm()

    dock.plug_in(script)
    (result,) = Station(dock, 1).run()
    assert result.device_id == "0123aabbcc"


def test_a_told_serial_number_stays_with_the_key_that_asks_again(dock):
    def script(console: Console) -> None:
        console.say(f"TNG-SERIAL: {SERIAL}\r\n" + csr_of("board", 1))
        console.certificate()
        console.say(csr_of("board", 1))
        console.confirm()
        # After its result too, and it is not another device's that asks in between.
        console.say(csr_of("tray", 2))
        console.confirm()
        console.say(csr_of("board", 1))
        console.confirm()

    dock.plug_in(script)
    station = Station(dock, 3)
    results = station.run()
    assert [result.device_id for result in results] == [SERIAL, "tray", SERIAL]
    assert all(result.passed for result in results)
    assert station.issuer.asked == [SERIAL, SERIAL, "tray", SERIAL]


def test_a_key_keeps_its_first_name_through_a_reset_and_a_person_is_told(dock):
    def script(console: Console) -> None:
        console.say(f"TNG-SERIAL: {SERIAL}\r\n" + csr_of("board", 1))
        console.confirm()
        console.say(BOOT + csr_of("board", 1))
        console.confirm()

    dock.plug_in(script)
    station = Station(dock, 2)
    results = station.run()
    assert [result.device_id for result in results] == [SERIAL, SERIAL]
    assert any(f"has the key that is known as {SERIAL}" in text for text in station.told)


def test_a_key_that_was_refused_may_tell_its_name_afterwards(dock):
    def script(console: Console) -> None:
        console.say(csr_of("board", 1))
        console.hear_until("^TNG-ERROR no such thing")
        console.say(f"TNG-SERIAL: {SERIAL}\r\n" + csr_of("board", 1))
        console.confirm()

    dock.plug_in(script)
    station = Station(dock, 2)
    station.issuer.refusals["board"] = IssuingRefused("no such thing", "make it")
    _, second = station.run()
    assert (second.device_id, second.passed) == (SERIAL, True)


def test_a_told_serial_number_of_another_chip_than_the_signed_one_is_refused(dock):
    def script(console: Console) -> None:
        console.say(f"TNG-SERIAL: {OTHER}\r\n" + csr_of(f"sn{SERIAL}", 1))
        console.hear_until(f"^TNG-ERROR csr-serial-contradicted.*{OTHER}.*{SERIAL}")
        good_device(2)(console)

    dock.plug_in(script)
    station = Station(dock, 2)
    first, second = station.run()
    assert OTHER in first.reason
    assert SERIAL in first.reason
    assert first.device_id == SERIAL
    assert second.passed
    assert station.issuer.asked == [board_serial(2)]


def test_a_told_name_does_not_stand_before_the_signed_serial_number(dock):
    def script(console: Console) -> None:
        console.say("TNG-SERIAL: M5-00012\r\n" + csr(1))
        console.confirm()

    dock.plug_in(script)
    station = Station(dock, 1)
    (result,) = station.run()
    assert (result.device_id, result.passed) == (board_serial(1), True)
    assert any("M5-00012" in text and board_serial(1) in text for text in station.told)


def test_a_name_that_is_no_hex_is_an_id(dock):
    def script(console: Console) -> None:
        console.say("TNG-SERIAL: M5-00012\r\n" + csr_of("board", 1))
        console.confirm()

    dock.plug_in(script)
    (result,) = Station(dock, 1).run()
    assert (result.device_id, result.passed) == ("M5-00012", True)


def test_a_serial_number_that_cannot_be_taken_is_told_with_what_was_expected(dock):
    def script(console: Console) -> None:
        console.say("TNG-SERIAL: ../../M5\r\n" + csr_of("board", 1))
        console.hear_until("^TNG-ERROR csr-serial-unusable.*'../../M5', expected letters, digits")
        console.say("TNG-SERIAL: M5\r\n" + csr_of("board", 1))
        console.confirm()

    dock.plug_in(script)
    first, second = Station(dock, 2).run()
    assert "'../../M5', expected letters, digits" in first.reason
    assert first.hint
    assert (second.device_id, second.passed) == ("M5", True)


def test_the_serial_number_of_a_device_that_failed_is_not_the_next_ones(dock):
    def script(console: Console) -> None:
        console.say(csr(1))
        console.certificate()
        console.say("TNG-SERIAL: 04AABB\r\nTNG-FAIL flash\r\n" + csr(2))
        console.confirm()

    dock.plug_in(script)
    first, second = Station(dock, 2).run()
    assert not first.passed
    assert second.device_id == board(2).record.device_id
