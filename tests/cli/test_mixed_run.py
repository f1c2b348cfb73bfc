"""Two accounts of AWS and two instances of DPS in one command, from one ``tng.toml``."""

import json
import signal

import pytest

from tests.cli.workshop import Trigger, kill, make_workshop
from tng.apply.retry import RetryPolicy
from tng.sandbox.faults import Fault, Hook, ServerError, When, random_faults
from tng.sandbox.preparation import device_policy

DEVICES = 8
ATTEMPTS = RetryPolicy().attempts


@pytest.fixture
def workshop(aws_case, dps_case, tmp_path):
    return make_workshop(tmp_path, aws_case, dps_case)


def assert_no_writes(*cases):
    """Both were asked, and neither was changed, whatever came over the wire."""
    for case in cases:
        assert len(case.log) > 0
        assert case.log.writes() == ()
        case.log.clear()


def assert_all_registered(count, *cases):
    for case in cases:
        for target in case.targets:
            case.assert_registered(target, count)


def counts(workshop):
    return {name: target["counts"] for name, target in workshop.status().items()}


@pytest.mark.parametrize(
    "way",
    [
        "dry run",
        pytest.param("plan", marks=pytest.mark.slow),
        "saved plan",
        pytest.param("dry run with wishes", marks=pytest.mark.slow),
    ],
)
def test_looking_writes_in_neither_cloud(workshop, aws_case, dps_case, way):
    arguments = (workshop.manifest(DEVICES), *workshop.trust, *workshop.all_targets)
    match way:
        case "dry run":
            out, _ = workshop.tng("register", *arguments, "--dry-run")
        case "plan":
            out, _ = workshop.tng("plan", *arguments)
        case "saved plan":
            workshop.tng("plan", *arguments, "-o", "plan.json")
            out, _ = workshop.tng("register", "--plan", "plan.json", "--dry-run")
        case _:
            (workshop.folder / "new.json").write_text(device_policy())
            wishes = ("--policy", "new", "--create-policy", "new.json", "--update")
            out, _ = workshop.tng("register", *arguments, *wishes, "--dry-run")
    assert out.count(f"{DEVICES}  to register") == 4
    assert_no_writes(aws_case, dps_case)
    for cloud_case in (aws_case, dps_case):
        for target in cloud_case.targets:
            cloud_case.assert_empty(target)


@pytest.mark.slow
def test_looking_at_what_would_be_changed_or_removed_writes_in_neither_cloud(
    workshop, aws_case, dps_case
):
    workshop.register(workshop.manifest(3), *workshop.all_targets)
    for case in (aws_case, dps_case):
        case.lock_out(case.first, 0)
        case.log.clear()
    arguments = (workshop.manifest(5), *workshop.trust, *workshop.all_targets)
    out, _ = workshop.tng("register", *arguments, "--update", "--dry-run", "--format", "json")
    bulks = -(-2 // dps_case.kind.per_call)
    assert [sum(target["calls"].values()) for target in json.loads(out)["targets"]] == [
        2 * 5 + 1, 2 * 5, bulks + 1, bulks,
    ]  # fmt: skip
    assert_no_writes(aws_case, dps_case)
    out, _ = workshop.tng("deregister", *workshop.all_targets, "--dry-run")
    assert out.count("3  to deregister") == 4
    assert_no_writes(aws_case, dps_case)


def test_one_command_registers_in_both_clouds_and_another_removes_it_all(
    workshop, aws_case, dps_case
):
    out, err = workshop.register(workshop.manifest(DEVICES), *workshop.all_targets)
    assert out.count(f"{DEVICES}  done") == 4
    for case in (aws_case, dps_case):
        assert f"{case.second.name}: {DEVICES}/{DEVICES}" in err
    assert_all_registered(DEVICES, aws_case, dps_case)
    workshop.deregister(*workshop.all_targets)
    for case in (aws_case, dps_case):
        for target in case.targets:
            case.assert_empty(target)


@pytest.mark.slow
@pytest.mark.parametrize("failing", ["dps", "aws"])
def test_where_one_cloud_fails_the_other_targets_are_done_and_the_same_command_finishes(
    workshop, aws_case, dps_case, failing
):
    case = aws_case if failing == "aws" else dps_case
    calls = ATTEMPTS * -(-DEVICES // case.kind.per_call)
    case.inject(Fault(ServerError(503), case.kind.registering, case.second.account, count=calls))
    arguments = (workshop.manifest(DEVICES), *workshop.all_targets)
    out, err = workshop.register(*arguments, expect=4)
    assert f"{DEVICES}  failed" in out
    assert "to go on where this stopped: tng register manifest.json" in err
    found = counts(workshop)
    assert found.pop(case.second.name)["failed"] == DEVICES
    assert [each["done"] for each in found.values()] == [DEVICES] * 3
    case.assert_empty(case.second)

    made = {each: len(each.log.writes()) for each in (aws_case, dps_case)}
    workshop.register(*arguments)
    assert_all_registered(DEVICES, aws_case, dps_case)
    again = {each: len(each.log.writes()) - before for each, before in made.items()}
    assert again == {**dict.fromkeys(made, 0), case: case.kind.write_calls(DEVICES)}


@pytest.mark.slow
def test_targets_that_cannot_be_used_in_both_clouds_keep_nobody_else_from_it(
    workshop, aws_case, dps_case
):
    changes, said = {}, []
    for case in (aws_case, dps_case):
        spoilt = case.spoil(case.first)
        changes[case.first.name] = spoilt.values
        said.append((case.first.name, spoilt))
    workshop.configure(changes)
    for _, spoilt in said:
        workshop.environment.update(spoilt.environment)
    arguments = (workshop.manifest(3), *workshop.all_targets)
    out, _ = workshop.register(*arguments, expect=4)
    for name, spoilt in said:
        assert f"target {name} cannot be used" in out
        assert spoilt.said in out
    for case in (aws_case, dps_case):
        case.assert_registered(case.second, 3)
        case.assert_empty(case.first)
    names = [word for name, _ in said for word in ("--target", name)]
    workshop.register(arguments[0], *names, expect=5)
    workshop.configure()
    workshop.register(*arguments)
    assert_all_registered(3, aws_case, dps_case)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["dps", "aws"])
def test_kill_9_of_a_run_in_both_clouds_and_the_same_command_again(
    workshop, aws_case, dps_case, where
):
    case = aws_case if where == "aws" else dps_case
    arguments = (workshop.manifest(DEVICES), *workshop.all_targets)
    trigger = Trigger(kill)
    case.inject(Fault(Hook(When.AFTER, trigger), case.kind.registering))
    code, _, _ = workshop.register_with(trigger, *arguments)
    assert code == -signal.SIGKILL
    workshop.register(*arguments)
    assert_all_registered(DEVICES, aws_case, dps_case)
    workshop.deregister(*workshop.all_targets)
    for each in (aws_case, dps_case):
        for target in each.targets:
            each.assert_empty(target)


@pytest.mark.slow
def test_faults_in_both_clouds_at_once_lose_nobody_and_register_nobody_twice(
    workshop, aws_case, dps_case
):
    for case in (aws_case, dps_case):
        case.inject(*random_faults(0.2))
    workshop.register(workshop.manifest(25), *workshop.all_targets)
    assert_all_registered(25, aws_case, dps_case)
