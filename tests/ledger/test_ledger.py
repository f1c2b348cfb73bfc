"""What a ledger keeps, and who may hold a target, in each of the databases."""

import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ledger.entering import EU, KEY, US, enroll, record
from tng.clouds.interface import RegisteredDevice
from tng.errors import LedgerError
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    EnrolledDevice,
    Intent,
    LastRun,
    NoLedgerError,
    OpenWork,
    Retraction,
    StepMark,
    StepMemory,
    StepState,
    open_ledger,
)

NOON = "2026-11-21T12:00:00.000Z"


def test_what_was_written_is_there_after_reopening(store):
    with open_ledger(store.location) as first:
        enroll(first, KEY)
        record(first, Intent("Register", "", 0, absent=True))
    with open_ledger(store.location, must_exist=True) as second:
        assert second.targets() == (EU,)
        assert second.counts(EU.key) == {DeviceState.PENDING: 1}
        ((step, memory),) = second.memory(EU.key, KEY, Direction.REGISTER).items()
        assert step == ("Register", "")
        assert replace(memory, at="") == StepMemory(StepState.INTENT, made=False, absent=True)


def test_device_rows_say_state_reason_code_and_time(ledger):
    enroll(ledger, KEY)
    record(ledger, DeviceMark(DeviceState.FAILED, "policy is gone", "ResourceNotFoundException"))
    (row,) = ledger.devices(EU.key)
    assert (row.state, row.reason, row.code) == (
        DeviceState.FAILED, "policy is gone", "ResourceNotFoundException",
    )  # fmt: skip
    assert (row.device_id, row.name) == ("id-abab", "thing-abab")
    assert row.updated_at == "2026-11-21T12:00:00.000Z"


def test_devices_are_read_in_pages_and_can_be_restricted(ledger):
    first = enroll(ledger, *(f"{n:064x}" for n in range(1200)))
    enroll(ledger, KEY, state=DeviceState.DONE)
    assert [row.key for row in ledger.devices(EU.key, run=first)] == [
        f"{n:064x}" for n in range(1200)
    ]
    assert [row.key for row in ledger.devices(EU.key, states=(DeviceState.DONE,))] == [KEY]


def test_retraction_puts_a_step_back_to_what_it_was(ledger):
    enroll(ledger, KEY)
    record(ledger, Intent("Register", "", 0, absent=True), Retraction("Register", "", None))
    assert ledger.memory(EU.key, KEY, Direction.REGISTER) == {}
    record(
        ledger,
        Intent("Register", "", 0, absent=True),
        StepMark("Register", "", StepState.DONE, made=True),
        Intent("Register", "", 0, absent=True),
        Retraction("Register", "", StepState.DONE),
    )
    (memory,) = ledger.memory(EU.key, KEY, Direction.REGISTER).values()
    assert memory == StepMemory(StepState.DONE, made=True, absent=True, at=NOON)


def test_only_what_this_tool_made_counts_as_registered(ledger):
    enroll(ledger, KEY)
    record(
        ledger,
        Intent("Register", "", 0, absent=True),
        StepMark("Register", "", StepState.DONE, made=True),
        Intent("AttachPolicy", "fleet", 1, absent=False),
        StepMark("AttachPolicy", "fleet", StepState.DONE, made=False, already=True),
        Intent("CreateThing", "t", 2, absent=True),
    )
    assert list(ledger.registered(EU.key)) == [
        RegisteredDevice(KEY, "id-abab", "thing-abab", (("Register", ""), ("CreateThing", "t")))
    ]


def test_what_was_there_before_is_found_and_not_registered(ledger):
    right, differs, failed, made = (number * 64 for number in "1234")
    enroll(ledger, right, state=DeviceState.DONE)
    enroll(ledger, differs, state=DeviceState.PENDING)
    enroll(ledger, failed, state=DeviceState.FAILED)
    enroll(ledger, made, state=DeviceState.DONE)
    entries = {
        right: [
            Intent("Register", "", 0, absent=False),
            StepMark("Register", "", StepState.DONE, already=True),
        ],
        differs: [DeviceMark(DeviceState.ATTENTION, "is INACTIVE")],
        made: [Intent("Register", "", 0, absent=True)],
    }
    for key, marks in entries.items():
        ledger.record(EU.key, key, Direction.REGISTER, marks)
    found = list(ledger.found(EU.key))
    assert [(item.key, item.steps, item.is_complete, item.reason) for item in found] == [
        (right, (), True, ""), (differs, (), False, "is INACTIVE")
    ]  # fmt: skip
    assert [item.key for item in ledger.found(EU.key, ["id-2222"])] == [differs]
    (registered,) = ledger.registered(EU.key)
    assert (registered.key, registered.is_complete) == (made, True)


@pytest.mark.parametrize("wanted", [KEY, "ID-ABAB", "thing-abab"])
def test_registered_can_be_restricted_by_key_id_or_name(ledger, wanted):
    enroll(ledger, KEY)
    record(ledger, Intent("Register", "", 0, absent=True))
    assert len(list(ledger.registered(EU.key, [wanted]))) == 1
    assert list(ledger.registered(EU.key, ["another"])) == []


def test_a_begun_undo_doubts_what_was_done_and_a_finished_one_forgets_it(ledger):
    run = enroll(ledger, KEY)
    record(
        ledger,
        Intent("Register", "", 0, absent=True),
        StepMark("Register", "", StepState.DONE, made=True),
    )
    removing = EnrolledDevice(KEY, "id-abab", "thing-abab", DeviceState.REMOVING)
    ledger.enroll(run, EU.key, [removing], Direction.UNDO)
    (memory,) = ledger.memory(EU.key, KEY, Direction.REGISTER).values()
    assert memory == StepMemory(StepState.UNDONE, made=True, absent=True, at=NOON)
    assert len(list(ledger.registered(EU.key))) == 1

    record(ledger, Intent("Delete", "", 0, absent=False), direction=Direction.UNDO)
    record(ledger, DeviceMark(DeviceState.REMOVED), direction=Direction.UNDO)
    assert ledger.memory(EU.key, KEY, Direction.UNDO) == {}
    assert list(ledger.registered(EU.key)) == []


def test_an_unknown_outcome_of_ones_own_stays_ones_own_when_the_undo_begins(ledger):
    run = enroll(ledger, KEY)
    record(ledger, Intent("Register", "", 0, absent=True))
    removing = EnrolledDevice(KEY, "id", "thing", DeviceState.REMOVING)
    ledger.enroll(run, EU.key, [removing], Direction.UNDO)
    ledger.enroll(run, EU.key, [removing], Direction.UNDO)
    assert [device.steps for device in ledger.registered(EU.key)] == [(("Register", ""),)]


def test_open_work_names_the_command_to_run_next(ledger):
    enroll(ledger, "01" * 32, "02" * 32, command="tng register a.json")
    enroll(ledger, "03" * 32, command="tng register b.json")
    enroll(ledger, "04" * 32, command="tng register a.json", state=DeviceState.DONE)
    assert ledger.open_work(EU.key) == (
        OpenWork("tng register b.json", 1),
        OpenWork("tng register a.json", 2),
    )


def test_the_last_run_and_how_it_ended(ledger):
    assert ledger.last_run() is None
    run = ledger.begin_run("tng register a.json")
    assert ledger.last_run() == LastRun("tng register a.json", "")
    ledger.finish_run(run, "partial")
    assert ledger.last_run() == LastRun("tng register a.json", "partial")


def test_a_transaction_that_fails_leaves_nothing(ledger):
    enroll(ledger, KEY)

    def broken():
        yield EnrolledDevice("cd" * 32, "x", "y", DeviceState.PENDING)
        raise RuntimeError

    run = ledger.begin_run("tng register")
    with pytest.raises(RuntimeError):
        ledger.enroll(run, EU.key, broken(), Direction.REGISTER)
    assert ledger.counts(EU.key) == {DeviceState.PENDING: 1}


def test_many_threads_lose_nothing(ledger):
    keys = [f"{n:064x}" for n in range(400)]
    enroll(ledger, *keys)

    def work(part):
        for key in part:
            intent = Intent("Register", "", 0, absent=True)
            ledger.record(EU.key, key, Direction.REGISTER, [intent])
            done = [StepMark("Register", "", StepState.DONE, made=True),
                    DeviceMark(DeviceState.DONE)]  # fmt: skip
            ledger.record(EU.key, key, Direction.REGISTER, done)

    threads = [threading.Thread(target=work, args=(keys[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.counts(EU.key) == {DeviceState.DONE: 400}
    assert len(list(ledger.registered(EU.key))) == 400


def test_unknown_target_is_named(ledger):
    with pytest.raises(LedgerError, match="does not know the target aws:999"):
        ledger.counts("aws:999")


def test_what_the_database_refuses_is_a_ledger_error(ledger, store):
    enroll(ledger, KEY)
    store.sql("DROP TABLE steps")
    with pytest.raises(LedgerError, match=r"cannot be used: .*steps"):
        record(ledger, Intent("Register", "", 0, absent=True))


def test_missing_ledger_is_only_an_error_where_it_must_exist(store):
    with pytest.raises(NoLedgerError, match="there is no ledger"):
        open_ledger(store.location, must_exist=True)
    open_ledger(store.location).close()
    open_ledger(store.location, must_exist=True).close()


def test_many_devices_and_the_steps_of_each_are_told_in_order(ledger):
    keys = [f"{n:064x}" for n in range(1100)]
    enroll(ledger, *keys)
    for key in (keys[0], keys[499], keys[500], keys[1099]):
        for position, operation in enumerate(("Register", "Attach")):
            entry = Intent(operation, "", position, absent=True)
            ledger.record(EU.key, key, Direction.REGISTER, [entry])
    made = [(device.key, len(device.steps)) for device in ledger.registered(EU.key)]
    assert made == [(keys[0], 2), (keys[499], 2), (keys[500], 2), (keys[1099], 2)]


def test_any_text_can_be_a_reason(ledger):
    enroll(ledger, KEY)
    for text in ("größer", "\U0001f642", "a\nb", "'; DROP TABLE steps; --", "100 %s ?"):
        record(ledger, DeviceMark(DeviceState.FAILED, text, "Code"))
        (row,) = ledger.devices(EU.key)
        assert row.reason == text


def test_a_target_is_held_by_one_at_a_time_and_other_targets_are_free(ledger, store):
    with open_ledger(store.location) as second, ledger.hold(EU):
        with pytest.raises(LedgerError, match=f"process {os.getpid()} on"), second.hold(EU):
            pass
        with pytest.raises(LedgerError, match="being worked on"), ledger.hold(EU):
            pass
        with second.hold(US):
            pass
    with ledger.hold(EU):
        pass


PROCESS = """
import sys, time
from tng.errors import LedgerError
from tng.ledger import open_ledger
from tng.ledger_location import ledger_location
from tng.plan.models import TargetDescription
open_at = ledger_location(sys.argv[1], "the test")
print("ready", flush=True)
sys.stdin.readline()
try:
    with open_ledger(open_at) as ledger:
        with ledger.hold(TargetDescription("eu", "aws", "111111111111", "eu-central-1")):
            print("held", flush=True)
            sys.stdin.readline()
except LedgerError as error:
    print(error.message)
"""


@contextmanager
def processes(store, count):
    """Processes that open the ledger and hold a target at the first line they are sent."""
    command = [sys.executable, "-c", PROCESS, store.name]
    root = Path(__file__).parents[2]
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
                )
            )
            for _ in range(count)
        ]
        stack.callback(lambda: [process.kill() for process in started])
        for process in started:
            assert process.stdout.readline() == "ready\n"
        yield started


def say(process):
    process.stdin.write("\n")
    process.stdin.flush()


def test_of_processes_that_race_for_a_target_of_a_new_ledger_one_gets_it(store):
    """They make the tables at the same time, too."""
    with processes(store, 4) as racing:
        for process in racing:
            say(process)
        answers = [process.stdout.readline() for process in racing]
        assert answers.count("held\n") == 1
        assert sum("is being worked on by" in answer for answer in answers) == 3, answers
        winner = racing[answers.index("held\n")]
        say(winner)
        assert winner.wait(20) == 0
    with open_ledger(store.location, must_exist=True) as ledger, ledger.hold(EU):
        assert ledger.targets() == (EU,)


def test_the_lease_of_a_killed_process_is_free_at_once(ledger, store):
    with processes(store, 1) as (other,):
        say(other)
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LedgerError, match=f"process {other.pid} on"), ledger.hold(EU):
            pass
        other.kill()
        other.wait()
        held_soon(ledger)


def held_soon(ledger):
    """A server needs a moment to see that a client is gone."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with ledger.hold(EU):
                return
        except LedgerError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
