import os
import socket
import time
from dataclasses import replace

import pytest

from tests.provisioning.fleet_service import board
from tests.station.issuers import SigningIssuer
from tests.station.simulated import BOOT, Bay, Console, bay, csr, good_device, noisy
from tng.apply.stopping import StopSignal
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.provisioning.result import DeviceResult
from tng.station.bench import Bench, BenchOptions
from tng.station.errors import PortError
from tng.station.port import PortSettings, SerialPort
from tng.testing.requests import board_serial, forged_request, request_pem


@pytest.fixture
def dock(tmp_path):
    with bay(tmp_path) as made:
        yield made


class Station:
    def __init__(self, dock: Bay, count: int, answer: float = 60.0) -> None:
        self.issuer = SigningIssuer()
        self.told: list[str] = []
        self.stop = StopSignal()
        self.fatal: IssuingRefused | None = None
        self._dock = dock
        self._options = BenchOptions(answer, count)

    def run(self) -> list[DeviceResult]:
        settings = PortSettings(str(self._dock.path))
        with SerialPort(settings, self.stop) as port:
            bench = Bench(port, self.issuer, self._options, self.stop, tell=self.told.append)
            results = list(bench.results())
            self.fatal = bench.fatal
        return results


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


def test_the_serial_number_that_a_device_tells_is_its_id(dock):
    def script(console: Console) -> None:
        console.say("I (5) app: TNG-SERIAL: 0123AABBCC\r\n" + csr(1))
        console.confirm()

    dock.plug_in(script)
    (result,) = Station(dock, 1).run()
    assert result.device_id == "0123aabbcc"


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


@pytest.mark.slow
def test_a_request_without_its_end_line_is_taken_at_the_deadline(dock):
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


def test_an_unplugged_device_fails_and_the_next_one_is_served_when_the_port_is_back(dock):
    def leaves(console: Console) -> None:
        console.say(csr(1))
        console.certificate()

    first_thread = dock.plug_in(leaves, unplug=True)
    station = Station(dock, 2)

    def plug_next(text: str) -> None:
        station.told.append(text)
        if "went away" in text:
            first_thread.join(60)
            dock.plug_in(good_device(2))

    with SerialPort(PortSettings(str(dock.path)), station.stop) as port:
        bench = Bench(port, station.issuer, BenchOptions(60, 2), station.stop, tell=plug_next)
        first, second = bench.results()
    assert "unplugged" in first.reason
    assert second.passed, second.reason


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


def test_ports_that_cannot_be_used_are_told(tmp_path):
    def opened(name: str) -> str:
        with pytest.raises(PortError) as caught, SerialPort(PortSettings(name), StopSignal()):
            pass
        assert caught.value.hint
        return caught.value.message

    assert "there is no serial port" in opened(str(tmp_path / "absent"))
    (tmp_path / "file").write_text("no port")
    assert "file is a file, expected a serial port" in opened(str(tmp_path / "file"))
    assert "is a folder, expected a serial port" in opened(str(tmp_path))
    assert "a device without a line, expected a serial port" in opened("/dev/null")
    assert "is no port over the network" in opened("socket://nobody")
    assert "the name of its host is not known" in opened("socket://nobody.invalid:1")
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = f"socket://127.0.0.1:{free.getsockname()[1]}"
    assert f"{closed} refuses connections" in opened(closed)
    assert "is no serial port" in opened("spy:///dev/null?file=x")


def test_a_port_that_is_open_elsewhere_is_told(dock):
    dock.plug_in(lambda console: None)
    settings = PortSettings(os.fspath(dock.path))
    with (
        SerialPort(settings, StopSignal()),
        pytest.raises(PortError, match="used by another program"),
        SerialPort(settings, StopSignal()),
    ):
        pass


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
