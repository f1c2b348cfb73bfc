"""``tng register --csr`` with the real process, on the emulator that keeps a request's key."""

import json
import signal
import threading

import jsonschema
import pytest

from tests.cli.requests import (
    ISSUE,
    assert_files,
    assert_issued,
    digests,
    files,
    issued,
    register,
    write_requests,
)
from tests.cli.workshop import Trigger, Workshop, kill, make_workshop
from tests.judging import ROOT
from tests.requested_devices import name_of, request_der, requested
from tng.csr.pem import to_pem
from tng.sandbox.faults import Fault, Hook, LostReply, When, random_faults


@pytest.fixture
def workshop(aws_case, tmp_path) -> Workshop:
    """Before the emulator that keeps a request's key."""
    return make_workshop(tmp_path, aws_case)


def schema(name):
    return json.loads((ROOT / "docs" / "schemas" / name).read_text())


def test_the_whole_way_with_files_status_and_removal(workshop, case):
    requests = write_requests(workshop, 4)
    dry, err = workshop.tng("register", requests, "--csr", *case.one, "--dry-run")
    assert "4  to register" in dry
    assert f"4 {ISSUE}" in dry
    assert "4 requests: 4 usable" in err
    assert case.log.writes() == ()
    assert not (workshop.folder / "certificates").exists()

    out, err = register(workshop, requests, *case.one)
    assert "4  done" in out
    assert "certificates are in certificates" in err
    assert_issued(case, case.first, 4)
    assert_files(workshop, 4)

    status, _ = workshop.tng("status", "--format", "json")
    jsonschema.validate(json.loads(status), schema("tng.registration.1.json"))
    ((target,)) = json.loads(status)["targets"]
    assert {row["certificate_id"] for row in target["devices"]} == set(case.registered(case.first))

    case.log.clear()
    again, _ = register(workshop, requests, *case.one)
    assert "4  of them there and right before" in again
    assert case.log.writes() == ()

    removal, _ = workshop.tng("deregister", *case.one, "--dry-run", "--format", "json")
    jsonschema.validate(json.loads(removal), schema("tng.removal.1.json"))
    workshop.deregister(*case.one, "--device", name_of(3))
    assert len(issued(case, case.first)) == 3
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
def test_a_file_that_was_lost_is_written_again(workshop, case):
    requests = write_requests(workshop, 2)
    register(workshop, requests, *case.one)
    (workshop.folder / "certificates" / f"{name_of(1)}.pem").unlink()
    workshop.tng("register", requests, "--csr", *case.one, "--dry-run")
    assert len(files(workshop)) == 1
    register(workshop, requests, *case.one)
    assert_files(workshop, 2)
    assert_issued(case, case.first, 2)


@pytest.mark.slow
@pytest.mark.parametrize("when", When, ids=str)
def test_a_lost_reply_makes_no_second_certificate(workshop, case, when):
    case.inject(Fault(LostReply(when), ISSUE, first=2))
    register(workshop, write_requests(workshop, 3), *case.one)
    assert_issued(case, case.first, 3)
    assert_files(workshop, 3)
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
def test_a_bit_of_every_fault_loses_nobody_and_makes_nothing_twice(workshop, case):
    case.inject(*random_faults(0.2))
    register(workshop, write_requests(workshop, 12), *case.one)
    assert_issued(case, case.first, 12)
    assert_files(workshop, 12)


MOMENTS = [
    (When.AFTER, ISSUE, 3),
    (When.BEFORE, ISSUE, 2),
    (When.AFTER, "AttachPolicy", 2),
    (When.BEFORE, "CreateThing", 3),
    (When.AFTER, "AttachThingPrincipal", 4),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "operation", "number"),
    [
        pytest.param(*moment, marks=[pytest.mark.slow] if place else [])
        for place, moment in enumerate(MOMENTS)
    ],
)
def test_kill_9_around_a_call_and_the_same_command_again(workshop, case, when, operation, number):
    requests, trigger = write_requests(workshop, 8), Trigger(kill)
    case.inject(Fault(Hook(when, trigger), operation, first=number))
    code, _, _ = workshop.run_with(trigger, "register", requests, "--csr", *case.one, "--yes")
    assert code == -signal.SIGKILL
    register(workshop, requests, *case.one)
    assert_issued(case, case.first, 8)
    assert_files(workshop, 8)
    assert workshop.status()[case.first.name]["counts"]["done"] == 8
    # What was found is remembered: nothing is searched for any more.
    case.log.clear()
    register(workshop, requests, *case.one)
    assert not case.log.calls("DescribeCertificate")
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
def test_after_kill_9_an_undo_removes_what_nobody_wrote_down(workshop, case):
    trigger = Trigger(kill)
    case.inject(Fault(Hook(When.AFTER, trigger), ISSUE))
    requests = write_requests(workshop, 4)
    code, _, _ = workshop.run_with(trigger, "register", requests, "--csr", *case.one, "--yes")
    assert code == -signal.SIGKILL
    assert issued(case, case.first)
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
def test_without_its_ledger_a_run_finds_what_was_made_by_the_things(workshop, case):
    requests = write_requests(workshop, 2)
    register(workshop, requests, *case.one)
    (workshop.folder / "tng-ledger.db").unlink()
    case.log.clear()
    register(workshop, requests, *case.one)
    assert case.log.writes() == ()
    assert_issued(case, case.first, 2)
    # It was not made by what this ledger knows.
    workshop.deregister(*case.one)
    assert_issued(case, case.first, 2)


@pytest.mark.slow
def test_two_targets_have_a_folder_each(workshop, case):
    register(workshop, write_requests(workshop, 2), *case.both, "--certificates", "made")
    for target in case.targets:
        assert_issued(case, target, 2)
        assert_files(workshop, 2, f"made/{target.name}")


@pytest.mark.slow
def test_a_saved_plan_is_applied_as_it_was_made(workshop, case):
    requests = write_requests(workshop, 2)
    workshop.tng("plan", requests, "--csr", *case.one, "-o", "plan.json")
    plan = json.loads((workshop.folder / "plan.json").read_text())
    jsonschema.validate(plan, schema("tng.plan.1.json"))
    assert plan["options"]["csr"] is True
    write_requests(workshop, 3)
    _, err = workshop.tng("register", requests, "--plan", "plan.json", "--yes")
    assert "1 devices are not in the plan and left out" in err
    assert_issued(case, case.first, 2)
    assert_files(workshop, 2)


@pytest.mark.slow
def test_shards_divide_requests_by_their_keys(workshop, case):
    requests = write_requests(workshop, 4)
    for shard in ("1/2", "2/2"):
        register(workshop, requests, *case.one, "--shard", shard)
    assert_issued(case, case.first, 4)
    assert_files(workshop, 4)


def test_of_two_runs_at_once_the_second_is_refused_before_it_reads(workshop, case):
    """Two plans made side by side would make every certificate twice."""
    begun, refused = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        refused.wait(30)

    # The first one has not written anything yet.
    case.inject(Fault(Hook(When.BEFORE, wait), "ListThings"))
    arguments = ("register", write_requests(workshop, 3), "--csr", *case.one, "--yes")
    with workshop.start(*arguments) as first:
        assert begun.wait(30)
        try:
            _, err = workshop.tng(*arguments, expect=3)
        finally:
            refused.set()
        assert f"is being worked on by process {first.pid}" in err
        first.communicate(timeout=60)
    assert first.returncode == 0
    assert_issued(case, case.first, 3)


@pytest.mark.slow
def test_what_is_wrong_with_a_request_stops_no_other(workshop, case):
    requests = write_requests(workshop, 1)
    forged = bytearray(request_der(1))
    forged[-1] ^= 1
    (workshop.folder / requests / "forged.csr").write_text(to_pem(bytes(forged)))
    (workshop.folder / requests / "twice.csr").write_text(to_pem(request_der(0)))
    out, err = register(workshop, requests, *case.one, expect=1)
    assert "1  done" in out
    assert "csr-signature-invalid" in err
    assert "csr-key-duplicate" in err
    assert_issued(case, case.first, 1)


@pytest.mark.slow
def test_a_name_steers_no_file_and_takes_no_others_place(workshop, case):
    certificates = workshop.folder / "certificates"
    certificates.mkdir()
    (certificates / f"{name_of(0)}.pem").write_text("somebody else's\n")
    (workshop.folder / "target").write_text("untouched")
    (certificates / f"{name_of(1)}.pem").symlink_to(workshop.folder / "target")
    _, err = register(workshop, write_requests(workshop, 2), *case.one)
    assert (certificates / f"{name_of(0)}.pem").read_text() == "somebody else's\n"
    assert (workshop.folder / "target").read_text() == "untouched"
    ids = {key: certificate_id for certificate_id, key in issued(case, case.first).items()}
    found = files(workshop)
    for number in range(2):
        key = requested(number).request.key
        name = f"{name_of(number)}-{ids[key][:16]}.pem"
        assert found[name] == key
        assert f"the certificate {ids[key]} is in certificates/{name}" in err


@pytest.mark.slow
def test_two_targets_in_two_runs_have_a_file_each(workshop, case):
    requests = write_requests(workshop, 7)
    for target in case.targets:
        _, err = register(workshop, requests, "--target", target.name)
    assert "so it is with 2 more certificates" in err
    for target in case.targets:
        assert_issued(case, target, 7)
        for certificate_id in issued(case, target):
            assert certificate_id in digests(workshop)
    assert len(files(workshop)) == 14


@pytest.mark.slow
def test_a_key_that_comes_under_another_name_is_told_before_the_question(workshop, case):
    register(workshop, write_requests(workshop, 1), *case.one)
    (workshop.folder / "other.csr").write_text(to_pem(request_der(0, "another")))
    _, err = workshop.tng("register", "other.csr", "--csr", *case.one, "--dry-run")
    assert f"another has the key that is known as {name_of(0)}" in err


@pytest.mark.slow
def test_what_is_registered_again_gets_a_file_beside_the_old_one(workshop, case):
    requests = write_requests(workshop, 1)
    register(workshop, requests, *case.one)
    (old,) = issued(case, case.first)
    workshop.deregister(*case.one)
    register(workshop, requests, *case.one)
    (new,) = issued(case, case.first)
    assert digests(workshop) == {
        old: f"{name_of(0)}.pem",
        new: f"{name_of(0)}-{new[:16]}.pem",
    }
    case.log.clear()
    register(workshop, requests, *case.one)
    assert len(files(workshop)) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--allow-unverified",), "--allow-unverified means nothing to certificate requests"),
        (("--jobs", "2"), "--jobs means nothing to certificate requests"),
        (("--offline", "--yes"), "cannot be registered offline"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything(workshop, case, arguments, said):
    requests = write_requests(workshop, 1)
    _, err = workshop.tng("register", requests, "--csr", *case.one, *arguments, expect=2)
    assert said in err
    assert len(case.log) == 0
    _, err = workshop.tng(
        "register", workshop.manifest(1), *case.one, "--certificates", "x", expect=2
    )
    assert "--certificates means nothing without --csr" in err


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_told_before_the_first_call(workshop, case):
    (workshop.folder / "certificates").write_text("a file")
    requests = write_requests(workshop, 1)
    _, err = workshop.tng("register", requests, "--csr", *case.one, "--yes", expect=3)
    assert "certificates cannot be written to" in err
    assert case.log.writes() == ()


@pytest.mark.slow
def test_a_rate_at_the_quota_is_never_throttled(workshop, case):
    case.limit(20)
    register(workshop, write_requests(workshop, 60), *case.one, "--rate", "20")
    statuses = {call.status for call in case.log}
    case.limit(0)
    assert_issued(case, case.first, 60)
    assert statuses <= {200, 404}


def test_azure_takes_no_requests(dps_case, tmp_path):
    workshop = make_workshop(tmp_path, dps_case)
    out, _ = register(workshop, write_requests(workshop, 1), *dps_case.one, expect=5)
    assert "cloud azure takes certificates, not requests for one" in out
    assert len(dps_case.log) == 0


@pytest.mark.slow
def test_a_certificate_that_somebody_deleted_is_made_anew(workshop, case):
    requests = write_requests(workshop, 1)
    register(workshop, requests, *case.one)
    (certificate_id,) = issued(case, case.first)
    client = case.client(case.first)
    (thing,) = case.things(case.first)
    (principal,) = case.things(case.first)[thing]
    client.detach_thing_principal(thingName=thing, principal=principal)
    for policy in client.list_attached_policies(target=principal)["policies"]:
        client.detach_policy(policyName=policy["policyName"], target=principal)
    client.update_certificate(certificateId=certificate_id, newStatus="INACTIVE")
    client.delete_certificate(certificateId=certificate_id)
    register(workshop, requests, *case.one)
    assert_issued(case, case.first, 1)
    (new,) = issued(case, case.first)
    assert digests(workshop) == {
        certificate_id: f"{name_of(0)}.pem",
        new: f"{name_of(0)}-{new[:16]}.pem",
    }
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
@pytest.mark.parametrize("cloud_case", ["moto"], indirect=True)
def test_a_certificate_of_another_key_is_told_once_and_left_alone(cloud_case, tmp_path):
    """Of moto, whatever the request, the key is a random one."""
    workshop, target = make_workshop(tmp_path, cloud_case), cloud_case.first
    requests = write_requests(workshop, 1)
    for _ in range(2):
        out, err = register(workshop, requests, *cloud_case.one, expect=4)
        (certificate_id,) = cloud_case.registered(target)
        assert f"the certificate {certificate_id} that was made has another public key" in out
        assert "what differs was left alone" in err
    assert files(workshop) == {}
    assert cloud_case.things(target) == {}
    workshop.deregister(*cloud_case.one)
    assert set(cloud_case.registered(target)) == {certificate_id}
