"""``tng fleet-provision`` as it is typed."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.commands import run_tng
from tests.judging import ROOT
from tests.postgres import cluster
from tests.provisioning.fleet_service import (
    REGISTER,
    TEMPLATE,
    FleetAnswers,
    Signer,
    ca_file,
    fleet_server,
    losing_replies,
    rejecting,
)
from tng.testing.requests import board_request, board_serial, forged_request, request_pem


def conforms(document: object, name: str) -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / name).read_text("utf-8"))
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requests").mkdir()
    for number in (1, 2, 3):
        file = tmp_path / "requests" / f"board-{number}.csr"
        file.write_text(request_pem(board_request(number)))
    return tmp_path


def words(folder: Path, port: int, *more: str) -> list[str]:
    certificate, key = Signer().claim(folder)
    return [
        "fleet-provision", "--endpoint", f"127.0.0.1:{port}", "--template", TEMPLATE,
        "--claim-certificate", str(certificate), "--claim-key", str(key),
        "--ca-file", str(ca_file(folder)), "--parameter", "SerialNumber={device_id}",
        "--parameter", "Key={key_sha256}", "--parameter", "Line=7", *more,
    ]  # fmt: skip


def test_a_folder_of_requests_is_provisioned_and_the_same_command_changes_nothing(folder):
    answers = FleetAnswers()
    with fleet_server(answers) as port:
        command = words(folder, port, "requests", "--format", "json")
        first = json.loads(run_tng(*command, expect=0).stdout)
        second = json.loads(run_tng(*command, expect=0).stdout)
    conforms(first, "tng.issued.1.json")
    conforms(second, "tng.issued.1.json")
    for file in (folder / "certificates").glob("*.json"):
        conforms(json.loads(file.read_text()), "tng.provisioned.1.json")
    assert [device["result"] for device in first["devices"]] == ["pass"] * 3
    assert first["devices"][0]["thing_name"] == f"board-{board_serial(1)}"
    assert first["devices"][0]["device_configuration"] == {"Fallback": "https://example.com"}
    assert answers.parameters[0] == {
        "SerialNumber": board_serial(1),
        "Key": first["devices"][0]["public_key_sha256"],
        "Line": "7",
    }
    assert len(answers.created) == 3
    assert second["summary"] == {"passed": 3, "failed": 0, "already": 3}
    assert [d["certificate_id"] for d in second["devices"]] == answers.created
    names = sorted(path.name for path in (folder / "certificates").iterdir())
    assert names == sorted(
        f"{board_serial(n)}.{ending}" for n in (1, 2, 3) for ending in ("json", "pem")
    )


def test_status_knows_what_was_provisioned(folder):
    with fleet_server(FleetAnswers()) as port:
        run_tng(*words(folder, port, "requests"), expect=0)
    shown = run_tng("status", expect=0).stdout
    assert f"target {TEMPLATE}: aws-fleet" in shown
    assert "3" in shown


@pytest.mark.slow
def test_the_command_takes_the_database_and_status_shows_it(folder):
    answers, database = FleetAnswers(), cluster().create()
    with fleet_server(answers) as port:
        command = words(folder, port, "requests", "--ledger", database, "--format", "json")
        first = json.loads(run_tng(*command, expect=0).stdout)
        second = json.loads(run_tng(*command, expect=0).stdout)
    conforms(first, "tng.issued.1.json")
    assert second["summary"] == {"passed": 3, "failed": 0, "already": 3}
    assert len(answers.created) == 3
    assert not (folder / "tng-ledger.db").exists()
    shown = json.loads(run_tng("status", "--ledger", database, "--format", "json").stdout)
    assert shown["targets"][0]["counts"]["done"] == 3


def test_bad_requests_and_refused_devices_leave_the_others_alone(folder):
    (folder / "requests" / "a-forged.csr").write_text(request_pem(forged_request(4)))
    (folder / "requests" / "b-empty.csr").write_text("")
    answers = FleetAnswers(
        interventions=[rejecting(REGISTER, 400, "InvalidParameters", "SerialNumber", times=1)]
    )
    with fleet_server(answers) as port:
        done = run_tng(*words(folder, port, "requests", "--format", "jsonl"), expect=4)
    *lines, summary = map(json.loads, done.stdout.splitlines())
    for line in (*lines, summary):
        conforms(line, "tng.issued-lines.1.json")
    assert summary == {"message_type": "summary", "passed": 2, "failed": 3, "already": 0}
    reasons = [line["reason"] for line in lines if line["message_type"] == "device"]
    assert "csr-signature-invalid" in reasons[0]
    assert "input-empty" in reasons[1]
    assert "parameters are not" in reasons[2]
    assert "hint: " in done.stderr
    assert "secret-token" not in done.output


def test_requests_that_are_bad_in_themselves_are_findings_and_nothing_that_is_left(folder):
    (folder / "requests" / "forged.csr").write_text(request_pem(forged_request(4)))
    with fleet_server(FleetAnswers()) as port:
        dry = run_tng(*words(folder, port, "requests", "--dry-run"), expect=1)
        done = run_tng(*words(folder, port, "requests"), expect=1)
    assert dry.stdout.count("refused ") == 1
    assert "3 passed, 1 failed" in done.stderr
    assert "csr-signature-invalid" in done.stdout


def test_what_all_devices_would_meet_ends_the_run_with_5(folder):
    answers = FleetAnswers(
        interventions=[rejecting(REGISTER, 400, "InvalidTemplate", "Template does not exist.")]
    )
    with fleet_server(answers) as port:
        done = run_tng(*words(folder, port, "requests"), expect=5)
    assert done.stdout.count("FAIL") == 1
    assert "no provisioning template of that name" in done.stdout
    assert "the same command goes on" in done.stderr


def test_a_ca_file_that_cannot_be_used_leaves_nothing_begun(folder):
    with fleet_server(FleetAnswers()) as port:
        command = words(folder, port, "requests/board-1.csr")
        run_tng(*command, "--ca-file", "missing.pem", expect=3)
        assert "earlier attempt" not in run_tng(*command, expect=0).stderr


def test_a_dry_run_asks_nobody_and_writes_nothing(folder):
    before = sorted(folder.iterdir())
    command = words(folder, 1, "requests", "--dry-run")
    done = run_tng(*command, expect=0)
    assert done.stdout.count("new ") == 3
    assert f"SerialNumber={board_serial(1)}" in done.stdout
    left = {path.name for path in folder.iterdir()} - {path.name for path in before}
    assert left <= {"claim.pem", "claim.key", "ca.pem"}


def test_a_dry_run_knows_what_is_done(folder):
    with fleet_server(FleetAnswers()) as port:
        run_tng(*words(folder, port, "requests/board-1.csr"), expect=0)
        done = run_tng(*words(folder, port, "requests", "--dry-run", "--format", "jsonl"))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        conforms(line, "tng.issued-lines.1.json")
    states = [line["state"] for line in lines]
    assert states == ["done", "new", "new"]


def test_a_doubt_is_settled_by_keeping_or_by_asking_again(folder):
    answers = FleetAnswers()
    answers.interventions.append(losing_replies(answers, REGISTER, times=1))
    with fleet_server(answers) as port:
        command = words(folder, port, "requests/board-1.csr", "--format", "jsonl")
        run_tng(*command, expect=4)
        (live,) = answers.created
        dry = {
            more: json.loads(run_tng(*command, "--dry-run", *more).stdout)["state"]
            for more in ((), ("--again",), ("--keep", live))
        }
        foreign = run_tng(*command, "--keep", "0" * 64, expect=2)
        for _ in range(2):
            run_tng(*command, "--keep", live, expect=0)
    assert list(dry.values()) == ["attention", "new", "done"]
    assert f"no device that was named has {'0' * 64} in doubt" in " ".join(foreign.stderr.split())
    assert answers.created == [live]


def test_status_tells_which_certificate_may_be_active_besides(folder):
    answers = FleetAnswers()
    answers.interventions.append(losing_replies(answers, REGISTER, times=1))
    with fleet_server(answers) as port:
        command = words(folder, port, "requests/board-1.csr")
        run_tng(*command, expect=4)
        run_tng(*command, "--again", expect=0)
    shown = run_tng("status", expect=0).stdout
    assert f"done: {board_serial(1)}: may be active besides: {answers.created[0]}" in shown


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (["--template", "a/b"], "no name of a provisioning template"),
        (["--parameter", "SerialNumber"], "is no NAME=TEMPLATE"),
        (["--parameter", "X={secret}"], "nothing that is known of a device"),
        (["--parameter", "Line=8"], "given twice"),
        (["--claim-token", "x"], "--claim-token needs --claim-pkcs11"),
        (["--station", "/dev/null"], "requests come from one place"),
        (["--keep", "../x"], "is no id of a certificate"),
        (["--endpoint", "a:b:c"], "is no HOST or HOST:PORT"),
        (["--endpoint", "https://a"], "expected the name of a host"),
        (["--port", "443"], "--endpoint says port 1, and --port says 443"),
    ],
)
def test_words_that_do_not_fit_are_refused(folder, change, expected):
    done = run_tng(*words(folder, 1, "requests", *change), expect=2)
    assert expected in done.stderr.replace("\n", " ")


def test_no_source_and_no_claim_are_told(folder):
    assert "no request was named" in run_tng("fleet-provision", expect=2).stderr
    without = ["fleet-provision", "requests", "--endpoint", "h", "--template", "T"]
    assert "needs --claim-certificate" in run_tng(*without, expect=2).stderr
    assert "needs --endpoint" in run_tng(*without[:2], expect=2).stderr
