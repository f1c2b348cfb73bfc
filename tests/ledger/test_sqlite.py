"""The ledger on a real file: what it keeps, what it refuses, who may hold a target."""

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tng.clouds.interface import RegisteredDevice
from tng.errors import LedgerError
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    EnrolledDevice,
    Intent,
    LastRun,
    OpenWork,
    Retraction,
    SqliteLedger,
    StepMark,
    StepMemory,
    StepState,
)
from tng.plan.models import TargetDescription

EU = TargetDescription("eu", "aws", "111111111111", "eu-central-1")
US = TargetDescription("us", "aws", "222222222222", "us-east-1")
KEY = "ab" * 32


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tng-ledger.db"


@pytest.fixture
def ledger(path):
    with SqliteLedger(path, clock=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC)) as opened:
        yield opened


def enroll(ledger, *keys, target=EU, command="tng register m.json", state=DeviceState.PENDING):
    run = ledger.begin_run(command)
    with ledger.hold(target):
        devices = [EnrolledDevice(key, f"id-{key[:4]}", f"thing-{key[:4]}", state) for key in keys]
        ledger.enroll(run, target.key, devices, Direction.REGISTER)
    return run


def record(ledger, *entries, direction=Direction.REGISTER):
    ledger.record(EU.key, KEY, direction, entries)


def test_new_file_is_for_its_owner_alone(ledger, path):
    enroll(ledger, KEY)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_what_was_written_is_there_after_reopening(path):
    with SqliteLedger(path) as first:
        enroll(first, KEY)
        record(first, Intent("Register", "", 0, absent=True))
    with SqliteLedger(path, must_exist=True) as second:
        assert second.targets() == (EU,)
        assert second.counts(EU.key) == {DeviceState.PENDING: 1}
        assert second.memory(EU.key, KEY, Direction.REGISTER) == {
            ("Register", ""): StepMemory(StepState.INTENT, made=False, absent=True)
        }


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
    assert memory == StepMemory(StepState.DONE, made=True, absent=True)


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
    assert memory == StepMemory(StepState.UNDONE, made=True, absent=True)
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


def test_missing_ledger_is_only_an_error_where_it_must_exist(path):
    with pytest.raises(LedgerError, match="there is no ledger"):
        SqliteLedger(path, must_exist=True)
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.write_bytes(b"no database at all, but long enough to be read" * 50)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is not a ledger"):
        SqliteLedger(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="another program"):
        SqliteLedger(path)
    assert path.read_bytes() == before


def test_a_newer_ledger_is_refused(path):
    SqliteLedger(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LedgerError, match="newer tng"):
        SqliteLedger(path)


def test_a_path_that_cannot_be_a_file_is_refused(tmp_path):
    with pytest.raises(LedgerError, match="cannot be written"):
        SqliteLedger(tmp_path)
    with pytest.raises(LedgerError, match="cannot be written"):
        SqliteLedger(tmp_path / "missing" / "ledger.db")


NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up root's right to write everywhere, where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_file_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        SqliteLedger(path).close()
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        with as_nobody(), pytest.raises(LedgerError, match="cannot be written"):
            SqliteLedger(path)
        Path(folder).chmod(0o755)


def test_a_full_or_failing_database_is_a_ledger_error(ledger, path):
    enroll(ledger, KEY)
    other = sqlite3.connect(path)
    other.execute("DROP TABLE steps")
    other.commit()
    other.close()
    with pytest.raises(LedgerError, match="cannot be used: no such table"):
        record(ledger, Intent("Register", "", 0, absent=True))


def test_a_target_is_held_by_one_at_a_time_and_other_targets_are_free(ledger, path):
    with SqliteLedger(path) as second, ledger.hold(EU):
        with pytest.raises(LedgerError, match=f"process {os.getpid()} on"), second.hold(EU):
            pass
        with second.hold(US):
            pass
    with ledger.hold(EU):
        pass
    assert [file.name for file in path.parent.iterdir() if file.name.endswith(".lock")] == []


HOLDER = """
import sys, time
from pathlib import Path
from tng.ledger import SqliteLedger
from tng.plan.models import TargetDescription
ledger = SqliteLedger(Path(sys.argv[1]))
with ledger.hold(TargetDescription("eu", "aws", "111111111111", "eu-central-1")):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lease_of_a_killed_process_is_free_at_once(ledger, path):
    command = [sys.executable, "-c", HOLDER, str(path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LedgerError, match=f"process {other.pid} on"), ledger.hold(EU):
            pass
        other.kill()
        other.wait()
        with ledger.hold(EU):
            pass
