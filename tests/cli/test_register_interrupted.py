"""The real process killed, interrupted and doubled in the middle; then the same command again."""

import json
import signal
import sqlite3
import threading

import pytest

from tests.cli.workshop import Trigger, interrupt, kill
from tests.cloud_cases.fixtures import PROGRAM_KINDS, SLOW
from tests.cloud_cases.interface import keys
from tng.sandbox.faults import ANY, Fault, Hook, Slow, When


def moments():
    """Every moment of every cloud: before and after each of its calls."""
    for cloud, kind in PROGRAM_KINDS.items():
        both = [(when, *call) for call in kind.moments for when in (When.AFTER, When.BEFORE)]
        # One after a call and one before another one.
        quick = {both[0], both[3]}
        for moment in both:
            slow = cloud in SLOW or moment not in quick
            yield pytest.param(cloud, *moment, marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize(
    ("cloud_case", "when", "operation", "number"), [*moments()], indirect=["cloud_case"]
)
def test_kill_9_around_a_call_and_the_same_command_again(workshop, case, operation, number, when):
    count = case.kind.devices
    manifest, trigger = workshop.manifest(count), Trigger(kill)
    case.inject(Fault(Hook(when, trigger), operation, first=number))
    code, _, _ = workshop.register_with(trigger, manifest, *case.one)
    assert code == -signal.SIGKILL
    workshop.register(manifest, *case.one)
    case.assert_registered(case.first, count)
    assert workshop.status()[case.first.name]["counts"]["done"] == count
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
def test_after_kill_9_an_undo_removes_what_the_ledger_does_not_know_to_be_made(workshop, case):
    trigger = Trigger(kill)
    case.inject(Fault(Hook(When.AFTER, trigger), case.kind.registering))
    code, _, _ = workshop.register_with(trigger, workshop.manifest(case.kind.devices), *case.one)
    assert code == -signal.SIGKILL
    assert case.registered(case.first)
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
@pytest.mark.parametrize("when", When)
def test_kill_9_where_nothing_was_read_and_the_same_command_again(workshop, case, when):
    manifest, trigger = workshop.manifest(case.kind.devices), Trigger(kill)
    case.inject(Fault(Hook(when, trigger), case.kind.registering, first=2))
    code, _, _ = workshop.register_with(trigger, manifest, *case.one, "--offline")
    assert code == -signal.SIGKILL
    workshop.register(manifest, *case.one, "--offline")
    case.assert_registered(case.first, case.kind.devices)


def undo_moments():
    """Before and after calls of an undo."""
    for cloud, kind in PROGRAM_KINDS.items():
        for operation in kind.undo:
            for when in When:
                yield pytest.param(cloud, when, operation, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("cloud_case", "when", "operation"), [*undo_moments()], indirect=["cloud_case"]
)
def test_kill_9_in_the_middle_of_an_undo_and_the_same_command_again(
    workshop, case, operation, when
):
    workshop.register(workshop.manifest(6), *case.one)
    trigger = Trigger(kill)
    case.inject(Fault(Hook(when, trigger), operation, first=2))
    code, _, _ = workshop.run_with(trigger, "deregister", *case.one, "--yes")
    assert code == -signal.SIGKILL
    left = workshop.status()[case.first.name]
    assert left["counts"]["removing"] > 0
    assert left["next"] == [f"tng deregister --target {case.first.name} --yes"]
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="ctrl-c"),
        pytest.param(signal.SIGTERM, id="sigterm", marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_run_ends_in_order_and_goes_on(workshop, case, number):
    manifest = workshop.manifest(40)
    case.limit(10)
    trigger = Trigger(lambda process: process.send_signal(number))
    # The 8th device, or the call that it is in.
    nth = -(-8 // case.kind.per_call)
    case.inject(Fault(Hook(When.BEFORE, trigger), case.kind.registering, first=nth))
    # Slowly enough that the signal arrives long before the last device, whatever the load.
    code, out, err = workshop.register_with(trigger, manifest, *case.both, "--rate", "10")
    assert code == 130
    assert "finishing the calls in flight" in err
    assert "to go on where this stopped: tng register manifest.json" in err
    assert "pending" in out
    status = workshop.status()
    assert status[case.first.name]["counts"]["pending"] > 0
    with sqlite3.connect(workshop.folder / "tng-ledger.db") as ledger:
        intents = ledger.execute("SELECT count(*) FROM steps WHERE state = 'intent'").fetchone()
    assert intents == (0,)

    case.limit(0)
    workshop.register(manifest, *case.both)
    for target in case.targets:
        case.assert_registered(target, 40)


@pytest.mark.slow
def test_an_interrupted_undo_ends_in_order_and_goes_on(workshop, case):
    workshop.register(workshop.manifest(60), *case.one)
    trigger = Trigger(interrupt)
    case.inject(Fault(Hook(When.BEFORE, trigger), case.kind.undo[0]))
    code, _, err = workshop.run_with(trigger, "deregister", *case.one, "--yes")
    assert code == 130
    assert "to go on where this stopped: tng deregister" in err
    left = workshop.status()[case.first.name]["counts"]["removing"]
    assert left == len(case.registered(case.first)) > 0
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
def test_a_second_ctrl_c_leaves_at_once_and_loses_nothing(workshop, case):
    manifest = workshop.manifest(4)
    both = threading.Timer(0.5, lambda: interrupt(trigger.process))

    def interrupt_twice(process):
        interrupt(process)
        both.start()

    trigger = Trigger(interrupt_twice)
    case.inject(Fault(Hook(When.BEFORE, trigger), case.kind.registering))
    case.inject(Fault(Slow(8), case.kind.registering))
    code, _, _ = workshop.register_with(trigger, manifest, *case.one)
    assert code == 130
    workshop.register(manifest, *case.one)
    case.assert_registered(case.first, 4)


def test_an_interrupt_while_targets_are_read_changes_nothing(workshop, case):
    trigger = Trigger(interrupt)
    case.inject(Fault(Hook(When.BEFORE, trigger), ANY, first=2))
    code, _, err = workshop.register_with(trigger, workshop.manifest(2), *case.one)
    assert code == 130
    assert "Nothing was changed" in err
    assert case.log.writes() == ()


@pytest.mark.slow
def test_a_second_process_on_the_same_target_is_refused_and_harms_nothing(workshop, case):
    begun, refused = threading.Event(), threading.Event()

    def last() -> None:
        begun.set()
        refused.wait(30)

    case.inject(Fault(Hook(When.AFTER, last), case.kind.registering))
    arguments = ("register", workshop.manifest(6), *workshop.trust, *case.one, "--yes")
    with workshop.start(*arguments) as first:
        assert begun.wait(30)
        try:
            _, err = workshop.tng(*arguments, expect=3)
        finally:
            refused.set()
        assert f"is being worked on by process {first.pid}" in err
        first.communicate(timeout=60)
    assert first.returncode == 0
    case.assert_registered(case.first, 6)
    assert set(case.registered(case.first)) == keys(6)


@pytest.mark.parametrize("cloud_case", ["dps-bulk"], indirect=True)
def test_status_of_a_file_that_is_no_ledger(workshop):
    (workshop.folder / "tng-ledger.db").write_text(json.dumps({"no": "ledger"}) * 100)
    _, err = workshop.tng("status", expect=3)
    assert "is not a ledger" in err
