from dataclasses import replace

from tests.provisioning.fleet_service import board
from tests.station.simulated import BOOT, Console, csr, good_device, noisy
from tests.station.stations import Station
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.testing.requests import board_serial, forged_request, request_pem


def test_a_device_gets_its_certificate_and_passes(dock):
    station = Station(dock, 1)
    dock.plug_in(good_device(1))
    (result,) = station.run()
    assert result.passed, result.reason
    assert result.number == 1
    assert result.device_id == board_serial(1)
    assert result.issued is station.issuer.issued[result.key]


def test_devices_follow_one_another_at_one_port(dock):
    def three(console: Console) -> None:
        for number in (1, 2, 3):
            good_device(number)(console)

    dock.plug_in(three)
    station = Station(dock, 3)
    results = station.run()
    assert [result.device_id for result in results] == [board_serial(n) for n in (1, 2, 3)]
    assert all(result.passed for result in results)


def test_noise_inside_of_the_request_does_not_matter(dock):
    def script(console: Console) -> None:
        console.say("\x00\xff\x1b[31mgarbage\udcff\udc80\r\n" + noisy(csr(1)))
        console.confirm()

    dock.plug_in(script)
    (result,) = Station(dock, 1).run()
    assert result.passed, result.reason


def test_a_forged_request_is_refused_and_the_device_told(dock):
    heard = []

    def script(console: Console) -> None:
        console.say(request_pem(forged_request(4)).replace("\n", "\r\n") + "\r\n")
        heard.append(console.hear_until("^TNG-"))

    thread = dock.plug_in(script)
    station = Station(dock, 1)
    (result,) = station.run()
    thread.join(60)
    assert "csr-signature-invalid" in result.reason
    assert heard[0].startswith("TNG-ERROR csr-signature-invalid")
    assert not station.issuer.asked


def test_a_garbled_request_is_told_and_may_be_made_again(dock):
    def script(console: Console) -> None:
        console.say(csr(1).replace("\r\nMI", "\r\nNI", 1))
        console.hear_until("^TNG-ERROR request unreadable")
        console.say(csr(1))
        console.confirm()

    dock.plug_in(script)
    (result,) = Station(dock, 1).run()
    assert result.passed, result.reason


def test_a_refusal_of_the_issuer_is_told_to_the_device_and_the_next_one_is_served(dock):
    def script(console: Console) -> None:
        console.say(csr(1))
        console.hear_until("^TNG-ERROR the hook says no")
        good_device(2)(console)

    dock.plug_in(script)
    station = Station(dock, 2)
    station.issuer.refusals[board_serial(1)] = IssuingRefused("the hook says no", "ask it")
    first, second = station.run()
    assert (first.reason, first.hint) == ("the hook says no", "ask it")
    assert second.passed


def test_a_refusal_that_all_would_get_ends_the_bench(dock):
    def script(console: Console) -> None:
        console.say(csr(1))
        console.hear_until("^TNG-ERROR")

    dock.plug_in(script)
    station = Station(dock, 0)
    station.issuer.refusals[board_serial(1)] = IssuingRefused("claim gone", "renew it", fatal=True)
    results = station.run()
    assert len(results) == 1
    assert station.fatal is not None


def test_a_flood_is_bounded_and_survived(dock):
    def script(console: Console) -> None:
        console.say("x" * 200_000 + "\r\n")
        for _ in range(500):
            console.say("-----BEGIN CERTIFICATE REQUEST-----\r\n" + "A" * 64 + "\r\n")
        console.say(BOOT)
        good_device(1)(console)

    dock.plug_in(script)
    result = Station(dock, 1).run()[-1]
    assert result.passed, result.reason


def test_a_stop_lets_the_device_at_hand_finish(dock):
    station = Station(dock, 0)
    station.issuer.before = lambda _: station.stop.set()
    dock.plug_in(good_device(1))
    (result,) = station.run()
    assert result.passed


def test_only_the_certificate_is_written_to_the_port(dock):
    consoles = []

    def script(console: Console) -> None:
        consoles.append(console)
        console.say(csr(1))
        console.confirm()

    thread = dock.plug_in(script)
    station = Station(dock, 1)
    (result,) = station.run()
    thread.join(60)
    assert result.issued is not None
    sha = consoles[0].lines[0].split()[1]
    assert "\n".join(consoles[0].lines) == f"TNG-CERTIFICATE {sha}\n{result.issued.pem.rstrip()}\n"


def test_a_certificate_that_cannot_be_read_never_reaches_the_device(dock):
    heard = []

    def script(console: Console) -> None:
        console.say(csr(1))
        heard.append(console.is_spoken_to(2.0))

    thread = dock.plug_in(script)
    station = Station(dock, 1)
    key = board(1).request.key
    station.issuer.issued[key] = IssuedCertificate("\x1b[2Jno certificate", "0" * 64)
    (result,) = station.run()
    thread.join(60)
    assert "cannot be read" in result.reason
    assert heard


def test_what_stands_beside_a_certificate_never_reaches_the_device(dock):
    consoles = []

    def script(console: Console) -> None:
        consoles.append(console)
        console.say(csr(1))
        console.confirm()

    thread = dock.plug_in(script)
    station = Station(dock, 1)
    made = station.issuer.issue(board(1))
    assert isinstance(made, IssuedCertificate)
    station.issuer.issued[board(1).request.key] = replace(made, pem=f"secret\n{made.pem}secret\n")
    (result,) = station.run()
    thread.join(60)
    assert result.passed, result.reason
    assert "secret" not in "".join(consoles[0].lines)
