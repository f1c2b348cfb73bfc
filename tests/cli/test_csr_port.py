"""``tng csr --port``: the request of a device at a pseudo-terminal, judged and written."""

import time
from pathlib import Path

import pytest

from tests.commands import run_tng
from tests.station.simulated import BOOT, Console, bay, csr
from tng.testing.requests import forged_request, request_pem


@pytest.fixture
def dock(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with bay(tmp_path) as made:
        yield made


def again_and_again(text: str):
    def script(console: Console) -> None:
        for _ in range(200):
            console.say(text)
            time.sleep(0.2)

    return script


def test_the_request_of_a_device_becomes_a_file(dock):
    dock.plug_in(again_and_again(BOOT + csr(1)))
    done = run_tng("csr", "--port", str(dock.path), "-o", "board.csr", expect=0)
    assert "sn01230000b0a4d00101" in done.stderr
    assert Path("board.csr").read_text() == csr(1).replace("\r", "").strip() + "\n"


def test_a_forged_request_is_told_and_not_written(dock):
    forged = request_pem(forged_request(4)).replace("\n", "\r\n") + "\r\n"
    dock.plug_in(again_and_again(BOOT + forged))
    done = run_tng("csr", "--port", str(dock.path), "-o", "board.csr", expect=1)
    assert "csr-signature-invalid" in done.stdout
    assert not Path("board.csr").exists()


def test_a_port_that_is_not_there_and_words_that_do_not_fit_are_refused(tmp_path):
    done = run_tng("csr", "--port", str(tmp_path / "ttyNone"), expect=3)
    assert "ttyNone" in done.stderr
    run_tng("csr", "--port", "/dev/null", "requests/", expect=2)
    run_tng("csr", "--port", "/dev/null", "--format", "json", expect=2)
