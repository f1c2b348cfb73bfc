"""What `tng plan`, `register`, `status` and `deregister` say and write, in every cloud."""

import fcntl
import json
import os
import pty
import shlex
import termios

import jsonschema
import pytest

from tests.cli.workshop import ROOT
from tests.cloud_cases.interface import VENDOR, keys
from tng.sandbox.faults import Fault, ServerError
from tng.testing.manifest import make_entry, write_manifest

SCHEMAS = ROOT / "docs" / "schemas"


def validate(text, schema):
    document = json.loads(text)
    jsonschema.validate(document, json.loads((SCHEMAS / schema).read_text()))
    return document


def test_what_is_not_genuine_is_never_registered_and_fails_the_run(workshop, case):
    with (workshop.folder / "mixed.json").open("wb") as stream:
        forged = make_entry(VENDOR, VENDOR.device(9))
        forged["signature"] = make_entry(VENDOR, VENDOR.device(8))["signature"]
        good = [make_entry(VENDOR, VENDOR.device(n)) for n in range(3)]
        write_manifest(stream, [*good, forged, good[0]])
    out, err = workshop.register("mixed.json", *case.one, expect=1)
    assert "3  done" in out
    assert "2 rejected" in err
    assert "manifest-signature-invalid" in err
    assert set(case.registered(case.first)) == keys(3)


def test_a_saved_plan_is_applied_and_registers_nothing_else(workshop, case):
    manifest = workshop.manifest(2)
    workshop.tng("plan", manifest, *workshop.trust, *case.both, "-o", "plan.json")
    validate((workshop.folder / "plan.json").read_text(), "tng.plan.1.json")
    assert case.log.writes() == ()
    workshop.manifest(4)
    _, err = workshop.tng("register", "--plan", "plan.json", "--yes")
    assert "has changed since the plan was made" in err
    assert "2 devices are not in the plan" in err
    for target in case.targets:
        case.assert_registered(target, 2)


def test_what_is_there_but_different_is_left_alone_and_said(workshop, case):
    manifest = workshop.manifest(3)
    workshop.register(manifest, *case.one)
    case.lock_out(case.first, 0)
    locked_out = case.registered(case.first)
    assert sorted(locked_out.values()) != [case.right] * 3
    out, err = workshop.register(manifest, *case.one, expect=4)
    assert "1  attention" in out
    assert "running this again alone does not change it" in err
    assert case.differs in out
    assert case.registered(case.first) == locked_out
    status = workshop.status()[case.first.name]
    assert status["counts"]["attention"] == 1
    assert status["next"] == []
    workshop.register(manifest, *case.one, "--update")
    case.assert_registered(case.first, 3)


def test_what_somebody_else_registered_is_left_there_by_an_undo(workshop, case):
    case.add(case.first, 1)
    workshop.register(workshop.manifest(3), *case.one)
    assert set(case.registered(case.first)) == keys(3)
    workshop.deregister(*case.one)
    assert set(case.registered(case.first)) == keys(2) - keys(1)


def test_offline_needs_no_call_for_a_plan_and_registers_all_the_same(workshop, case):
    manifest = workshop.manifest(2)
    out, _ = workshop.tng("plan", manifest, *workshop.trust, *case.one, "--offline")
    assert "remote-state-not-read" in out
    assert len(case.log) == 0
    workshop.register(manifest, *case.one, "--offline")
    case.assert_registered(case.first, 2)
    case.log.clear()
    workshop.register(manifest, *case.one, "--offline")
    assert case.log.writes() == ()


def test_one_failing_target_does_not_stop_the_other(workshop, case):
    manifest = workshop.manifest(3)
    said = workshop.spoil(case, case.second)
    out, _ = workshop.register(manifest, *case.both, expect=4)
    assert f"target {case.second.name} cannot be used" in out
    assert said in out
    case.assert_registered(case.first, 3)
    case.assert_empty(case.second)
    _, err = workshop.tng("status")
    assert "the latest command ended partial; to go on: tng register" in err
    workshop.register(manifest, "--target", case.second.name, expect=5)
    workshop.configure()
    workshop.register(manifest, *case.both)
    case.assert_registered(case.second, 3)


@pytest.mark.slow
def test_failed_devices_are_in_the_status_with_the_command_to_run(workshop, case):
    manifest = workshop.manifest(3)
    case.inject(Fault(ServerError(), case.kind.writes[-1], count=None))
    out, err = workshop.register(manifest, *case.one, expect=4)
    assert "failed" in out
    (command,) = workshop.status()[case.first.name]["next"]
    assert f"to go on where this stopped: {command}" in err
    assert all(times == 1 for times in case.creations(case.first).values())
    words = shlex.split(command)
    assert words[:2] == ["tng", "register"]


def test_output_forms_are_what_their_schemas_say(workshop, case):
    manifest = workshop.manifest(2)
    arguments = (manifest, *case.one)
    dry, _ = workshop.tng("register", *arguments, *workshop.trust, "--dry-run", "--format", "json")
    (target,) = validate(dry, "tng.plan.1.json")["targets"]
    assert target["calls"] == case.kind.planned(2)

    out, _ = workshop.register(*arguments, "--format", "json")
    document = validate(out, "tng.registration.1.json")
    (target,) = document["targets"]
    assert target["counts"]["done"] == 2
    assert {device["certificate_sha256"] for device in target["devices"]} == keys(2)
    assert {device["unverified"] for device in target["devices"]} == {False}
    assert case.kind.fact in {fact["label"] for fact in target["facts"]}

    lines, _ = workshop.tng("status", "--format", "jsonl")
    schema = json.loads((SCHEMAS / "tng.registration-lines.1.json").read_text())
    kinds = []
    for line in lines.splitlines():
        jsonschema.validate(json.loads(line), schema)
        kinds.append(json.loads(line)["message_type"])
    assert kinds == ["begin", "device", "device", "summary"]

    table, _ = workshop.tng("status", "--format", "csv")
    assert len(table.splitlines()) == 3
    removal, _ = workshop.tng("deregister", *case.one, "--dry-run", "--format", "json")
    assert len(validate(removal, "tng.removal.1.json")["devices"]) == 2


@pytest.mark.slow
def test_a_removal_says_what_it_leaves_and_leaves_it(workshop, case):
    workshop.register(workshop.manifest(2), *case.one, "--ledger", "others.db")
    workshop.register(workshop.manifest(3), *case.one)
    shown, _ = workshop.tng("deregister", *case.one, "--dry-run")
    assert "1  to deregister" in shown
    assert "2  left as they are: tng made none of them" in shown
    assert f"{VENDOR.device(0).unique_id}: the " in shown
    out, _ = workshop.tng("deregister", *case.one, "--dry-run", "--format", "json")
    document = validate(out, "tng.removal.1.json")
    assert {device["certificate_sha256"] for device in document["kept"]} == keys(2)
    assert all(device["left"] and not device["calls"] for device in document["kept"])
    (removed,) = document["devices"]
    assert (removed["left"], bool(removed["calls"])) == ([], True)
    lines, _ = workshop.tng("deregister", *case.one, "--dry-run", "--format", "jsonl")
    kinds = [json.loads(line)["message_type"] for line in lines.splitlines()]
    assert kinds == ["device", "kept", "kept"]
    table, _ = workshop.tng("deregister", *case.one, "--dry-run", "--format", "csv")
    assert len(table.splitlines()) == 4
    workshop.deregister(*case.one)
    case.assert_registered(case.first, 2)


def test_what_was_let_through_unverified_is_spelled_out_in_the_report(workshop, case):
    manifest = workshop.manifest(2)
    arguments = ("register", manifest, *case.one, "--allow-unverified", "--yes")
    out, _ = workshop.tng(*arguments, "--format", "json", expect=1)
    (target,) = validate(out, "tng.registration.1.json")["targets"]
    assert {device["unverified"] for device in target["devices"]} == {True}
    out, _ = workshop.tng(*arguments, expect=1)
    assert "2  of them UNVERIFIED, let through by --allow-unverified" in out
    assert f"{case.kind.fact}: " in out


def test_one_device_alone_can_be_deregistered(workshop, case):
    workshop.register(workshop.manifest(3), *case.one)
    chip = VENDOR.device(2).unique_id
    workshop.deregister(*case.one, "--device", chip)
    case.assert_registered(case.first, 2)


def test_nobody_is_asked_without_a_terminal(workshop, case):
    manifest = workshop.manifest(2)
    _, err = workshop.tng("register", manifest, *workshop.trust, *case.both, expect=2)
    assert f"2 in {case.first.place}" in err
    assert f"2 in {case.second.place}" in err
    assert "--yes" in err
    assert case.log.writes() == ()
    assert not any(any(target["counts"].values()) for target in workshop.status().values())


@pytest.mark.parametrize(
    ("answer", "code", "count"),
    [
        pytest.param(b"y\n", 0, 2, id="yes"),
        pytest.param(b"n\n", 3, 0, id="no", marks=pytest.mark.slow),
        pytest.param(b"\x03", 130, 0, id="ctrl-c"),
        pytest.param(b"\x04", 130, 0, id="ctrl-d", marks=pytest.mark.slow),
    ],
)
def test_at_a_terminal_the_user_is_asked(workshop, case, answer, code, count):
    manifest = workshop.manifest(2)
    leader, follower = pty.openpty()
    arguments = ("register", manifest, *workshop.trust, *case.one)
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
    assert f"register 2 in {case.first.place}" in asked
    assert "2  to register" in asked
    assert process.returncode == code
    assert len(case.registered(case.first)) == count


def read_until(stream, text):
    """What a process says, up to ``text``."""
    said = ""
    while text not in said:
        character = stream.read(1)
        assert character, said
        said += character
    return said
