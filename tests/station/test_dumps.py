"""SE05x dumps straight from a port, and single requests."""

import json
import threading
import time

import pytest

from tests.commands import run_tng
from tests.station.simulated import BOOT, Bay, Console, UnpluggedError, bay, csr
from tng.apply.stopping import StopSignal
from tng.csr.model import RequestedDevice
from tng.models import Undecodable
from tng.station.errors import PortError
from tng.station.port import PortSettings
from tng.station.requests import read_request_from_port
from tng.testing.certificates import pem
from tng.testing.nxp import NxpVendor
from tng.testing.requests import board_serial
from tng.testing.trust_files import nxp_trust

VENDOR = NxpVendor()


@pytest.fixture
def dock(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with bay(tmp_path) as made:
        yield made


@pytest.fixture
def trust(tmp_path) -> list[str]:
    """The test vendor's roots and intermediates, as options."""
    for name, content in nxp_trust(VENDOR).items():
        (tmp_path / name).write_bytes(content)
    roots, between = tmp_path / "nxp-roots.pem", tmp_path / "nxp-intermediates.pem"
    return ["--trust-anchor", str(roots), "--intermediate", str(between)]


def dump(number: int) -> str:
    chip = VENDOR.chip(number)
    text = f"I (10) se05x: UID: {chip.uid}\ncert object ID 0x{chip.object_id}\n"
    return BOOT + (text + pem(chip.certificate)).replace("\n", "\r\n") + "\r\n"


def printing(*texts: str):
    """A device that prints these again and again, as one does whose button is pressed."""

    def script(console: Console) -> None:
        for text in texts:
            console.say(text)

    return script


def station(dock: Bay, *words: str, expect: int) -> list[dict]:
    done = run_tng(
        "station", "--port", str(dock.path), "--dumps", "--format", "jsonl", *words, expect=expect
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(rows: list[dict]) -> list[tuple[str, str | None]]:
    return [(row["status"], row["device_id"]) for row in rows if row["message_type"] == "device"]


@pytest.mark.slow
@pytest.mark.parametrize("end", ["\r\n", "\r"], ids=repr)
def test_chips_are_verified_as_they_are_dumped(dock, trust, end):
    dock.plug_in(printing(*(dump(number).replace("\r\n", end) for number in (1, 2))))
    rows = station(dock, "--count", "2", "--idle", "60", *trust, expect=0)
    assert told(rows) == [("verified", VENDOR.uid(1)), ("verified", VENDOR.uid(2))]
    assert rows[-1]["message_type"] == "summary"


@pytest.mark.slow
def test_it_ends_when_nothing_comes_any_more(dock, trust):
    broken = "-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n"
    dock.plug_in(printing(dump(1), BOOT + broken, dump(1)))
    rows = station(dock, "--idle", "3", *trust, expect=1)
    assert [status for status, _ in told(rows)] == ["verified", "undecodable", "rejected"]


@pytest.mark.slow
def test_silence_is_an_input_without_devices(dock, trust):
    dock.plug_in(printing("I (1) app: nothing to see\r\n"))
    rows = station(dock, "--idle", "2", *trust, expect=1)
    assert [status for status, _ in told(rows)] == ["undecodable"]


@pytest.mark.slow
def test_a_port_that_says_nothing_at_all_is_no_input(dock, trust):
    dock.plug_in(printing(""))
    done = run_tng("station", "--port", str(dock.path), "--dumps", "--idle", "1", *trust, expect=3)
    assert "nothing came" in done.stderr
    assert "--baud-rate" in done.stderr


def one_request(dock: Bay, script, seconds: float = 60.0):
    dock.plug_in(script)
    return read_request_from_port(PortSettings(str(dock.path)), seconds)


def again_and_again(text: str):
    def script(console: Console) -> None:
        for _ in range(200):
            console.say(text)
            time.sleep(0.2)

    return script


def test_one_request_is_read_from_a_port(dock):
    dock.plug_in(again_and_again(BOOT + csr(1)), unplug=False)
    found: list[object] = []
    try:
        found.append(read_request_from_port(PortSettings(str(dock.path)), 60))
    finally:
        dock.close()
    (device,) = found
    assert isinstance(device, RequestedDevice)
    assert device.record.device_id == board_serial(1)


@pytest.mark.slow
def test_a_garbled_request_alone_is_undecodable(dock):
    def script(console: Console) -> None:
        console.say(csr(1).replace("\r\nMI", "\r\nNI", 1))

    assert isinstance(one_request(dock, script, 2.0), Undecodable)


def test_a_silent_port_is_told(dock):
    with pytest.raises(PortError, match="no certificate request came"):
        one_request(dock, lambda _: None, 0.5)


def test_a_stop_ends_the_waiting(dock):
    stop = StopSignal()
    dock.plug_in(lambda _: None)
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(PortError):
        read_request_from_port(PortSettings(str(dock.path)), 60, stop)


def test_a_port_that_goes_away_is_told(dock):
    def script(console: Console) -> None:
        raise UnpluggedError

    dock.plug_in(script, unplug=True)
    with pytest.raises(PortError, match="went away"):
        read_request_from_port(PortSettings(str(dock.path)), 60)
