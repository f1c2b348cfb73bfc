"""What `tng plan`, `register`, `status` and `deregister` say and write, as real processes."""

import fcntl
import json
import os
import pty
import shlex
import termios
from pathlib import Path

import jsonschema
import pytest

from tests.cli.workshop import BOTH, MOTO_IS_SLOW, ROOT, VENDOR, keys, make_workshop
from tng.sandbox.faults import Fault, ServerError
from tng.testing.manifest import make_entry, write_manifest

pytestmark = MOTO_IS_SLOW

SCHEMAS = ROOT / "docs" / "schemas"


@pytest.fixture
def workshop(cloud, cloud_files, tmp_path):
    return make_workshop(tmp_path, cloud)


@pytest.fixture
def front(workshop):
    return workshop.cloud.front


def validate(text, schema):
    document = json.loads(text)
    jsonschema.validate(document, json.loads((SCHEMAS / schema).read_text()))
    return document


def test_what_is_not_genuine_is_never_registered_and_fails_the_run(workshop):
    with (workshop.folder / "mixed.json").open("wb") as stream:
        forged = make_entry(VENDOR, VENDOR.device(9))
        forged["signature"] = make_entry(VENDOR, VENDOR.device(8))["signature"]
        good = [make_entry(VENDOR, VENDOR.device(n)) for n in range(3)]
        write_manifest(stream, [*good, forged, good[0]])
    out, err = workshop.register("mixed.json", "--target", "sandbox-eu", expect=1)
    assert "3  done" in out
    assert "2 rejected" in err
    assert "manifest-signature-invalid" in err
    assert set(workshop.certificates(workshop.cloud.eu)) == keys(3)


def test_a_saved_plan_is_applied_and_registers_nothing_else(workshop):
    manifest = workshop.manifest(2)
    workshop.tng("plan", manifest, *workshop.trust, *BOTH, "-o", "plan.json")
    validate((workshop.folder / "plan.json").read_text(), "tng.plan.1.json")
    workshop.manifest(4)
    _, err = workshop.tng("register", "--plan", "plan.json", "--yes")
    assert "has changed since the plan was made" in err
    assert "2 devices are not in the plan" in err
    workshop.assert_registered(workshop.cloud.eu, 2)
    workshop.assert_registered(workshop.cloud.us, 2)


def test_what_is_there_but_different_is_left_alone_and_said(workshop):
    manifest, eu = workshop.manifest(3), workshop.cloud.eu
    client = workshop.cloud.client("iot", eu)
    workshop.register(manifest, "--target", "sandbox-eu")
    odd = sorted(keys(3))[0]
    client.update_certificate(certificateId=odd, newStatus="INACTIVE")
    out, err = workshop.register(manifest, "--target", "sandbox-eu", expect=4)
    assert "1  attention" in out
    assert "running this again alone does not change it" in err
    assert "INACTIVE, expected ACTIVE" in out
    assert workshop.certificates(eu)[odd] == "INACTIVE"
    status = workshop.status()["sandbox-eu"]
    assert status["counts"]["attention"] == 1
    assert status["next"] == []
    workshop.register(manifest, "--target", "sandbox-eu", "--update")
    workshop.assert_registered(eu, 3)


def test_offline_needs_no_call_for_a_plan_and_registers_all_the_same(workshop):
    manifest, log = workshop.manifest(2), workshop.cloud.front.log
    out, _ = workshop.tng("plan", manifest, *workshop.trust, "--target", "sandbox-eu", "--offline")
    assert "remote-state-not-read" in out
    assert len(log) == 0
    workshop.register(manifest, "--target", "sandbox-eu", "--offline")
    workshop.assert_registered(workshop.cloud.eu, 2)
    log.clear()
    workshop.register(manifest, "--target", "sandbox-eu", "--offline")
    assert log.writes() == ()


def test_offline_does_not_register_in_another_account_than_expected(workshop):
    arguments = (workshop.manifest(2), "--target", "sandbox-eu", "--account", "9" * 12, "--offline")
    out, _ = workshop.register(*arguments, expect=5)
    assert f"are of account {workshop.cloud.eu.account}, expected 999999999999" in out
    assert workshop.cloud.front.log.writes() == ()


def test_yes_keeps_warnings_and_the_endpoint_in_the_log(workshop):
    document = {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [document]})
    (workshop.folder / "wide.json").write_text(policy)
    wide = ("--policy", "wide-in-log", "--create-policy", "wide.json")
    _, err = workshop.register(workshop.manifest(1), "--target", "sandbox-eu", *wide)
    assert "wildcard-policy" in err
    assert f"1 to register, account {workshop.cloud.eu.account}" in err
    assert ", endpoint " in err


def test_one_failing_target_does_not_stop_the_other(workshop, front):
    manifest = workshop.manifest(3)
    cloud = workshop.cloud
    configuration = Path(workshop.folder / "configuration" / "tng.toml")
    text = configuration.read_text().replace(f'"{cloud.us.account}"', '"999999999999"')
    configuration.write_text(text)
    out, _ = workshop.register(manifest, *BOTH, expect=4)
    assert "target sandbox-us cannot be used" in out
    assert "999999999999" in out
    workshop.assert_registered(cloud.eu, 3)
    assert workshop.certificates(cloud.us) == {}
    _, err = workshop.tng("status")
    assert "the latest command ended partial; to go on: tng register" in err
    workshop.register(manifest, "--target", "sandbox-us", expect=5)


@pytest.mark.slow
def test_failed_devices_are_in_the_status_with_the_command_to_run(workshop, front):
    manifest = workshop.manifest(3)
    front.inject(Fault(ServerError(), "AttachPolicy", count=None))
    out, err = workshop.register(manifest, "--target", "sandbox-eu", expect=4)
    assert "failed" in out
    (command,) = workshop.status()["sandbox-eu"]["next"]
    assert f"to go on where this stopped: {command}" in err
    front_log = workshop.cloud.front.log.registrations()
    assert set(front_log.values()) == {1}
    words = shlex.split(command)
    assert words[:2] == ["tng", "register"]


def test_output_forms_are_what_their_schemas_say(workshop):
    manifest = workshop.manifest(2)
    arguments = (manifest, "--target", "sandbox-eu")
    dry, _ = workshop.tng("register", *arguments, *workshop.trust, "--dry-run", "--format", "json")
    assert validate(dry, "tng.plan.1.json")["targets"][0]["calls"]["CreateThing"] == 2

    out, _ = workshop.register(*arguments, "--format", "json")
    document = validate(out, "tng.registration.1.json")
    (target,) = document["targets"]
    assert target["counts"]["done"] == 2
    assert {device["certificate_sha256"] for device in target["devices"]} == keys(2)
    assert {device["unverified"] for device in target["devices"]} == {False}
    assert "endpoint" in {fact["label"] for fact in target["facts"]}

    lines, _ = workshop.tng("status", "--format", "jsonl")
    schema = json.loads((SCHEMAS / "tng.registration-lines.1.json").read_text())
    kinds = []
    for line in lines.splitlines():
        jsonschema.validate(json.loads(line), schema)
        kinds.append(json.loads(line)["message_type"])
    assert kinds == ["begin", "device", "device", "summary"]

    table, _ = workshop.tng("status", "--format", "csv")
    assert len(table.splitlines()) == 3
    removal, _ = workshop.tng(
        "deregister", "--target", "sandbox-eu", "--dry-run", "--format", "json"
    )
    assert len(validate(removal, "tng.removal.1.json")["devices"]) == 2


def test_what_was_let_through_unverified_is_spelled_out_in_the_report(workshop):
    manifest = workshop.manifest(2)
    arguments = ("register", manifest, "--target", "sandbox-eu", "--allow-unverified", "--yes")
    out, _ = workshop.tng(*arguments, "--format", "json", expect=1)
    (target,) = validate(out, "tng.registration.1.json")["targets"]
    assert {device["unverified"] for device in target["devices"]} == {True}
    out, _ = workshop.tng(*arguments, expect=1)
    assert "2  of them UNVERIFIED, let through by --allow-unverified" in out
    assert "endpoint: " in out


def test_one_device_alone_can_be_deregistered(workshop):
    workshop.register(workshop.manifest(3), "--target", "sandbox-eu")
    chip = VENDOR.device(1).unique_id
    workshop.tng("deregister", "--target", "sandbox-eu", "--device", chip, "--yes")
    assert chip not in workshop.things(workshop.cloud.eu)
    assert len(workshop.certificates(workshop.cloud.eu)) == 2


def test_nobody_is_asked_without_a_terminal(workshop):
    manifest = workshop.manifest(2)
    _, err = workshop.tng("register", manifest, *workshop.trust, *BOTH, expect=2)
    assert f"2 in account {workshop.cloud.eu.account}, eu-central-1" in err
    assert "--yes" in err
    assert workshop.cloud.front.log.writes() == ()
    assert not (workshop.folder / "tng-ledger.db").exists()


@pytest.mark.parametrize(
    ("answer", "code", "count"),
    [(b"y\n", 0, 2), (b"n\n", 3, 0), (b"\x03", 130, 0), (b"\x04", 130, 0)],
    ids=["yes", "no", "ctrl-c", "ctrl-d"],
)
def test_at_a_terminal_the_user_is_asked(workshop, answer, code, count):
    manifest, eu = workshop.manifest(2), workshop.cloud.eu
    leader, follower = pty.openpty()
    arguments = ("register", manifest, *workshop.trust, "--target", "sandbox-eu")
    try:
        # A session of its own whose terminal is stdin, so that Ctrl-C reaches it.
        with workshop.start(
            *arguments,
            stdin=follower,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        ) as process:
            asked = read_until(process.stderr, "[y/N]")
            os.write(leader, answer)
            process.communicate(timeout=60)
    finally:
        os.close(leader)
        os.close(follower)
    assert f"register 2 in account {eu.account}, eu-central-1" in asked
    assert "2  to register" in asked
    assert process.returncode == code
    assert len(workshop.certificates(eu)) == count


def read_until(stream, text):
    """What a process says, up to ``text``."""
    said = ""
    while text not in said:
        character = stream.read(1)
        assert character, said
        said += character
    return said
