import itertools
import os
import socket

import pytest

from tests.station.simulated import Console, csr, good_device
from tests.station.stations import Station
from tng.apply.stopping import StopSignal
from tng.station.bench import Bench, BenchOptions
from tng.station.errors import PortError
from tng.station.port import PortSettings, SerialPort


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


def test_bytes_without_any_line_end_are_told_once(dock):
    def script(console: Console) -> None:
        for _ in range(100):
            console.say("\x0c".join(["no line ends here"] * 20))
            if console.is_spoken_to(0.05):
                break

    ticks = itertools.count()
    told: list[str] = []
    dock.plug_in(script)
    settings = PortSettings(os.fspath(dock.path))
    with SerialPort(settings, StopSignal(), lambda: next(ticks), tell=told.append) as port:
        for _ in range(6):
            assert port.read_line(4.0) is None
        port.write("heard\n")
    assert len(told) == 1
    assert "none of them has ended a line for 5 s (LF, CR LF or CR)" in told[0]
