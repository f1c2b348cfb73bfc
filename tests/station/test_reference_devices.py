"""The devices of examples/station-device/ at a real station."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.judging import ROOT
from tests.station.issuers import SigningIssuer
from tests.station.simulated import Console, bay
from tng.apply.stopping import StopSignal
from tng.provisioning.result import DeviceResult
from tng.station.bench import Bench, BenchOptions
from tng.station.port import PortSettings, SerialPort
from tng.testing.requests import board_request, board_serial, request_pem

EXAMPLE = ROOT / "examples" / "station-device"
COMPILER = shutil.which("cc") or shutil.which("gcc")


def served(folder: Path, *command: str | Path) -> tuple[DeviceResult, int]:
    """What becomes of the program at a station's port, and its exit code."""
    codes: list[int] = []

    def script(console: Console) -> None:
        port = console.descriptor
        done = subprocess.run([*map(str, command)], stdin=port, stdout=port, timeout=100)
        codes.append(done.returncode)

    stop = StopSignal()
    with bay(folder) as dock:
        thread = dock.plug_in(script)
        with SerialPort(PortSettings(str(dock.path)), stop) as port:
            bench = Bench(port, SigningIssuer(), BenchOptions(60, 1), stop, tell=lambda _: None)
            (result,) = bench.results()
            thread.join(100)
    return result, codes[0]


def test_the_device_in_python_gets_and_keeps_its_certificate(tmp_path):
    result, code = served(
        tmp_path, sys.executable, EXAMPLE / "device.py", "--folder", tmp_path, "--serial", "0123ab"
    )
    assert result.passed, result.reason
    assert (result.device_id, code) == ("0123ab", 0)
    assert result.issued is not None
    assert (tmp_path / "device.pem").read_text() == result.issued.pem


def test_the_device_in_python_tells_that_it_has_no_key(tmp_path):
    (tmp_path / "device.key").write_text("no key")
    result, code = served(
        tmp_path, sys.executable, EXAMPLE / "device.py", "--folder", tmp_path, "--serial", "M5-7"
    )
    assert (result.device_id, code) == ("M5-7", 1)
    assert result.reason == "the device says: the key cannot be read"


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    """The device in C, built for this machine."""
    if COMPILER is None:
        pytest.skip("there is no C compiler")
    built = tmp_path_factory.mktemp("device") / "device"
    subprocess.run(
        [str(COMPILER), "-std=gnu99", "-Wall", "-Wextra", "-Werror", "-I", str(EXAMPLE),
         "-o", str(built), str(Path(__file__).with_name("host_device.c")),
         str(EXAMPLE / "tng_station.c")],
        check=True,
    )  # fmt: skip
    return built


def test_the_device_in_c_tells_that_it_cannot_make_a_request(program, tmp_path):
    result, code = served(tmp_path, program, tmp_path / "absent.csr", tmp_path / "kept.pem")
    assert (result.device_id, code) == (board_serial(1), 1)
    assert result.reason == "the device says: the request cannot be made"


def test_the_device_in_c_gets_and_keeps_its_certificate(program, tmp_path):
    request = tmp_path / "board.csr"
    request.write_text(request_pem(board_request(1)))
    result, code = served(tmp_path, program, request, tmp_path / "kept.pem")
    assert result.passed, result.reason
    assert (result.device_id, code) == (board_serial(1), 0)
    assert result.issued is not None
    assert (tmp_path / "kept.pem").read_text() == result.issued.pem
