"""``tng station`` as it is typed, and what it shares with ``tng fleet-provision --station``."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import run_tng
from tests.judging import ROOT
from tests.provisioning.fleet_service import (
    CREATE,
    TEMPLATE,
    FleetAnswers,
    Signer,
    ca_file,
    fleet_server,
    rejecting,
)
from tests.station.simulated import Bay, Console, bay, csr, patient_device
from tng.testing.requests import board_serial


@pytest.fixture
def dock(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with bay(tmp_path) as made:
        yield made


def words(folder: Path, port: int) -> list[str]:
    certificate, key = Signer().claim(folder)
    return [
        "--endpoint", f"127.0.0.1:{port}", "--template", TEMPLATE,
        "--claim-certificate", str(certificate), "--claim-key", str(key),
        "--ca-file", str(ca_file(folder)), "--parameter", "SerialNumber={device_id}",
    ]  # fmt: skip


def devices_in_turn(*numbers: int):
    def script(console: Console) -> None:
        for number in numbers:
            patient_device(number)(console)

    return script


@pytest.mark.parametrize(
    "command", [("station", "--port"), ("fleet-provision", "--station")], ids=lambda c: c[0]
)
def test_devices_at_a_port_are_provisioned(dock: Bay, tmp_path, command):
    answers = FleetAnswers()
    dock.plug_in(devices_in_turn(1, 2))
    with fleet_server(answers) as port:
        done = run_tng(*command, str(dock.path), "--count", "2", *words(tmp_path, port), expect=0)
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["PASS", "PASS"]
    assert board_serial(1) in lines[0]
    assert answers.created[0] in lines[0]
    assert "2 devices: 2 passed, 0 failed" in done.stderr
    assert (tmp_path / "certificates" / f"{board_serial(2)}.pem").exists()


def test_lines_of_json_tell_of_each_device(dock: Bay, tmp_path):
    answers = FleetAnswers(interventions=[rejecting(CREATE, 400, "InvalidCsr", "no", times=1)])

    def script(console: Console) -> None:
        console.say(csr(1))
        console.hear_until("^TNG-ERROR CreateCertificateFromCsr")
        patient_device(2)(console)

    with fleet_server(answers) as port:
        command = words(tmp_path, port)
        dock.plug_in(_impatient(script))
        done = run_tng(
            "station", "--port", str(dock.path), "--count", "2", "--format", "jsonl", *command,
            expect=4,
        )  # fmt: skip
    begin, first, second, summary = map(json.loads, done.stdout.splitlines())
    assert begin["schema"] == "tng.issued-lines/1"
    assert (first["result"], second["result"]) == ("fail", "pass")
    assert first["hint"]
    assert second["thing_name"] == f"board-{board_serial(2)}"
    assert summary["passed"] == 1


def _impatient(script):
    """The script, once the station listens: until then a garbled request is repeated."""

    def waiting(console: Console) -> None:
        while not console.is_spoken_to(1.0):
            console.say(
                "-----BEGIN CERTIFICATE REQUEST-----\r\n-----END CERTIFICATE REQUEST-----\r\n"
            )
        script(console)

    return waiting


def test_a_refusal_of_the_cloud_ends_the_station_with_5(dock: Bay, tmp_path):
    answers = FleetAnswers(interventions=[rejecting(CREATE, 403, "AccessDenied", "")])

    def script(console: Console) -> None:
        while not console.is_spoken_to(1.0):
            console.say(csr(1))
        console.hear_until("^TNG-ERROR")

    dock.plug_in(script)
    with fleet_server(answers) as port:
        done = run_tng("station", "--port", str(dock.path), *words(tmp_path, port), expect=5)
    assert "may not ask for certificates" in done.stdout


def test_a_missing_port_is_told_before_anything_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_tng("station", "--port", "/dev/ttyNone", *words(tmp_path, 1), expect=3)
    assert "there is no serial port /dev/ttyNone" in done.stderr
    assert not (tmp_path / "tng-ledger.db").exists()


def test_what_does_not_belong_together_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "needs --endpoint" in run_tng("station", "--port", "/dev/x", expect=2).stderr
    for more in (
        ["--dumps", "--endpoint", "h"],
        ["--dumps", "--target", "t"],
        ["--target", "t", "--template", "T"],
        ["--target", "t", "--again"],
        ["--dumps", "--again"],
    ):
        done = run_tng("station", "--port", "/dev/x", *more, expect=2)
        assert "certificates come from one place" in done.stderr


@pytest.mark.slow
def test_ctrl_c_ends_between_devices_and_says_how_many(dock: Bay, tmp_path):
    answers = FleetAnswers()
    dock.plug_in(patient_device(1))
    with fleet_server(answers) as port:
        command = ["station", "--port", str(dock.path), *words(tmp_path, port)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(
            [sys.executable, "-m", "tng", *command], env=environment, cwd=tmp_path,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, talk = process.communicate(timeout=100)
    assert "PASS" in first
    assert "1 device: 1 passed, 0 failed" in talk
    assert process.returncode == 0
