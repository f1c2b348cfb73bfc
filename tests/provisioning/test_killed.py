"""Processes that are killed while they provision, and what the next one makes of it."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.commands import run_tng
from tests.judging import ROOT
from tests.provisioning.fleet_service import (
    REGISTER,
    TEMPLATE,
    FleetAnswers,
    Signer,
    ca_file,
    fleet_server,
    losing_replies,
)
from tng.ledger import SqliteLedger
from tng.testing.requests import board_request, board_serial, request_pem


def requests(folder: Path, count: int) -> None:
    (folder / "requests").mkdir()
    for number in range(1, count + 1):
        file = folder / "requests" / f"board-{number:03}.csr"
        file.write_text(request_pem(board_request(number)))


def words(folder: Path, port: int, *more: str) -> list[str]:
    certificate, key = Signer().claim(folder)
    return [
        "fleet-provision", "requests", "--endpoint", f"127.0.0.1:{port}", "--template", TEMPLATE,
        "--claim-certificate", str(certificate), "--claim-key", str(key),
        "--ca-file", str(ca_file(folder)), "--parameter", "SerialNumber={device_id}", *more,
    ]  # fmt: skip


def started(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tng", *command], cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def attention(command: tuple[str, ...]) -> dict[str, str]:
    """The devices that need attention, with the reasons, as the ledger tells."""
    shown = json.loads(run_tng(*command).stdout)
    (target,) = shown["targets"]
    return {
        device["device_id"]: device["reason"]
        for device in target["devices"]
        if device["state"] == "attention"
    }


STATUS = ("status", "--format", "json")


@pytest.mark.slow
def test_a_run_that_is_killed_while_it_registers_leaves_that_device_to_a_person(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    requests(tmp_path, 3)
    answers, stuck, free = FleetAnswers(), threading.Event(), threading.Event()

    def stall(topic: str, payload: bytes):
        if topic == REGISTER and len(answers.active) == 1 and not free.is_set():
            answers.usual(topic, payload)
            stuck.set()
            return []
        return None

    answers.interventions.append(stall)
    with fleet_server(answers) as port:
        command = words(tmp_path, port)
        with started(tmp_path, command) as process:
            assert stuck.wait(100)
            process.send_signal(signal.SIGKILL)
        free.set()
        orphan = answers.created[1]
        shown = json.loads(run_tng(*command, "--format", "json", expect=4).stdout)
        assert shown["summary"] == {"passed": 2, "failed": 1, "already": 1}
        left = shown["devices"][1]
        assert (left["attention"], left["may_be_active"]) == (True, [orphan])
        told = attention(STATUS)
        assert list(told) == [board_serial(2)]
        assert orphan in told[board_serial(2)]
        assert len(answers.created) == 3
        again = json.loads(run_tng(*command, "--again", "--format", "json", expect=0).stdout)
    assert [device["may_be_active"] for device in again["devices"]] == [[], [orphan], []]
    assert len(answers.created) == 4
    assert attention(STATUS) == {}


@pytest.mark.slow
def test_kills_at_any_moment_give_no_device_a_second_active_certificate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    requests(tmp_path, 60)
    answers, moments = FleetAnswers(), random.Random(7)  # noqa: S311 - repeatable on purpose
    answered = threading.Event()
    answers.interventions.append(lambda *_: answered.set())
    with fleet_server(answers) as port:
        command = words(tmp_path, port)
        for _ in range(14):
            answered.clear()
            with started(tmp_path, command) as process:
                # From the first answer on: what comes before makes nothing.
                answered.wait(60)
                try:
                    process.wait(moments.uniform(0.0, 0.5))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
        last = run_tng(*command, "--format", "json")
        shown = json.loads(last.stdout)
        assert answers.several() == {}
        told = attention(STATUS)
        having = {d["public_key_sha256"]: d["certificate_id"] for d in shown["devices"]}
        reasons = " ".join(told.values())
        for identity in answers.active:
            assert having[answers.keys[identity]] == identity or identity in reasons
        failed = [device for device in shown["devices"] if device["result"] == "fail"]
        assert {device["device_id"] for device in failed} == set(told)
        assert last.exit_code == (4 if told else 0)
        again = json.loads(run_tng(*command, "--again", "--format", "json", expect=0).stdout)
    listed = {identity for device in again["devices"] for identity in device["may_be_active"]}
    second = {identity for ids in answers.several().values() for identity in ids}
    assert second <= listed | {device["certificate_id"] for device in again["devices"]}
    assert again["summary"]["passed"] == 60


def test_a_lost_reply_ends_with_4_and_is_in_the_ledger(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    requests(tmp_path, 2)
    answers = FleetAnswers()
    answers.interventions.append(losing_replies(answers, REGISTER, times=1))
    with fleet_server(answers) as port:
        command = words(tmp_path, port)
        first = run_tng(*command, expect=4)
        second = run_tng(*command, expect=4)
        dry = run_tng(*command, "--dry-run", expect=1)
    orphan = answers.created[0]
    for done in (first, second):
        assert f"certificate {orphan} may be active" in done.stdout
        assert "AWS deletes" not in done.output
    assert "1 had their certificate before" in second.stderr
    assert [line.split()[0] for line in dry.stdout.splitlines()] == ["attention", "done"]
    told = attention(STATUS)
    assert list(told) == [board_serial(1)]
    assert answers.several() == {}


def test_an_endpoint_in_capitals_and_with_a_dot_is_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    requests(tmp_path, 1)
    answers = FleetAnswers()
    with fleet_server(answers) as port:
        for endpoint in ("localhost", "LOCALHOST", "Localhost."):
            run_tng(*words(tmp_path, port), "--endpoint", f"{endpoint}:{port}", expect=0)
    assert len(answers.created) == 1
    shown = json.loads(run_tng(*STATUS, expect=0).stdout)
    assert len(shown["targets"]) == 1


@pytest.mark.slow
def test_a_bench_that_is_interrupted_before_its_count_is_recorded_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    terminal, line = os.openpty()
    with fleet_server(FleetAnswers()) as port:
        command = [word for word in words(tmp_path, port) if word != "requests"]
        command += ["--station", os.ttyname(line), "--count", "2"]
        with subprocess.Popen(
            [sys.executable, "-m", "tng", *command], cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stderr is not None
            assert "waiting for devices" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            process.stderr.read()
    os.close(terminal)
    os.close(line)
    assert process.returncode == 130
    with SqliteLedger(tmp_path / "tng-ledger.db") as ledger:
        last = ledger.last_run()
    assert last is not None
    assert last.result == "interrupted"
