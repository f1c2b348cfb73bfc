"""The real process killed, interrupted and doubled in the middle; then the same command again."""

import json
import signal
import sqlite3
import threading

import pytest

from tests.cli.workshop import BOTH, MOTO_IS_SLOW, interrupt, keys, make_workshop
from tng.sandbox.faults import ANY, Fault, Hook, Slow, When
from tng.sandbox.quotas import quotas_for

pytestmark = MOTO_IS_SLOW


@pytest.fixture
def workshop(cloud, cloud_files, tmp_path):
    return make_workshop(tmp_path, cloud)


class Trigger:
    """Does something to a process that is known only later, when a call passes the front."""

    def __init__(self, action):
        self.process = None
        self.fired = threading.Event()
        self._action = action

    def __call__(self):
        self._action(self.process)
        self.fired.set()


def run_with(workshop, trigger, *arguments):
    with workshop.start("register", *arguments, *workshop.trust, "--yes") as process:
        trigger.process = process
        out, err = process.communicate(timeout=60)
    assert trigger.fired.is_set(), err
    return process.returncode, out, err


OPERATIONS = (
    ("RegisterCertificateWithoutCA", 1),
    ("AttachPolicy", 3),
    ("AddThingToThingGroup", 6),
    ("RegisterCertificateWithoutCA", 5),
    ("CreateThing", 2),
    ("AttachThingPrincipal", 4),
)
QUICK = (
    (When.AFTER, *OPERATIONS[0]),
    (When.BEFORE, *OPERATIONS[1]),
    (When.AFTER, *OPERATIONS[2]),
)
MOMENTS = [
    pytest.param(when, *call, marks=[] if (when, *call) in QUICK else pytest.mark.slow)
    for when in When
    for call in OPERATIONS
]


@pytest.mark.parametrize(("when", "operation", "number"), MOMENTS)
def test_kill_9_around_a_call_and_the_same_command_again(workshop, operation, number, when):
    manifest = workshop.manifest(8)
    trigger = Trigger(lambda process: process.kill())
    workshop.cloud.front.inject(Fault(Hook(when, trigger), operation, first=number))
    code, _, _ = run_with(workshop, trigger, manifest, "--target", "sandbox-eu")
    assert code == -signal.SIGKILL
    workshop.register(manifest, "--target", "sandbox-eu")
    workshop.assert_registered(workshop.cloud.eu, 8)
    assert workshop.status()["sandbox-eu"]["counts"]["done"] == 8
    workshop.tng("deregister", "--target", "sandbox-eu", "--yes")
    assert workshop.certificates(workshop.cloud.eu) == {}
    assert workshop.things(workshop.cloud.eu) == {}


def test_kill_9_in_the_middle_of_an_undo_and_the_same_command_again(workshop):
    workshop.register(workshop.manifest(6), "--target", "sandbox-eu")
    trigger = Trigger(lambda process: process.kill())
    workshop.cloud.front.inject(Fault(Hook(When.AFTER, trigger), "DeleteCertificate", first=2))
    with workshop.start("deregister", "--target", "sandbox-eu", "--yes") as process:
        trigger.process = process
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    left = workshop.status()["sandbox-eu"]
    assert left["counts"]["removing"] > 0
    assert left["next"] == ["tng deregister --target sandbox-eu --yes"]
    workshop.tng("deregister", "--target", "sandbox-eu", "--yes")
    assert workshop.certificates(workshop.cloud.eu) == {}
    assert workshop.things(workshop.cloud.eu) == {}


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="ctrl-c"),
        pytest.param(signal.SIGTERM, id="sigterm", marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_run_ends_in_order_and_goes_on(workshop, number):
    manifest, front = workshop.manifest(40), workshop.cloud.front
    front.limit(quotas_for(10))
    trigger = Trigger(lambda process: process.send_signal(number))
    register = "RegisterCertificateWithoutCA"
    front.inject(Fault(Hook(When.BEFORE, trigger), register, "*", first=8))
    # Slowly enough that the signal arrives long before the last device, whatever the load.
    code, out, err = run_with(workshop, trigger, manifest, *BOTH, "--rate", "10")
    assert code == 130
    assert "finishing the calls in flight" in err
    assert "to go on where this stopped: tng register manifest.json" in err
    assert "pending" in out
    status = workshop.status()
    assert status["sandbox-eu"]["counts"]["pending"] > 0
    with sqlite3.connect(workshop.folder / "tng-ledger.db") as ledger:
        intents = ledger.execute("SELECT count(*) FROM steps WHERE state = 'intent'").fetchone()
    assert intents == (0,)

    front.limit(quotas_for(0))
    workshop.register(manifest, *BOTH)
    for account in (workshop.cloud.eu, workshop.cloud.us):
        workshop.assert_registered(account, 40)


def test_a_second_ctrl_c_leaves_at_once_and_loses_nothing(workshop):
    manifest, front = workshop.manifest(4), workshop.cloud.front
    both = threading.Timer(0.5, lambda: interrupt(trigger.process))

    def interrupt_twice(process):
        interrupt(process)
        both.start()

    trigger = Trigger(interrupt_twice)
    front.inject(Fault(Hook(When.BEFORE, trigger), "RegisterCertificateWithoutCA"))
    front.inject(Fault(Slow(8), "RegisterCertificateWithoutCA"))
    code, _, _ = run_with(workshop, trigger, manifest, "--target", "sandbox-eu")
    assert code == 130
    workshop.register(manifest, "--target", "sandbox-eu")
    workshop.assert_registered(workshop.cloud.eu, 4)


def test_an_interrupt_while_targets_are_read_changes_nothing(workshop):
    manifest, front = workshop.manifest(2), workshop.cloud.front
    trigger = Trigger(interrupt)
    front.inject(Fault(Hook(When.BEFORE, trigger), ANY, first=2))
    code, _, err = run_with(workshop, trigger, manifest, "--target", "sandbox-eu")
    assert code == 130
    assert "Nothing was changed" in err
    assert front.log.writes() == ()


def test_a_second_process_on_the_same_target_is_refused_and_harms_nothing(workshop):
    manifest, front = workshop.manifest(6), workshop.cloud.front
    front.inject(Fault(Slow(3), "AttachPolicy", count=1))
    arguments = ("register", manifest, *workshop.trust, "--target", "sandbox-eu", "--yes")
    begun = Trigger(lambda process: None)
    front.inject(Fault(Hook(When.AFTER, begun), "RegisterCertificateWithoutCA"))
    with workshop.start(*arguments) as first:
        assert begun.fired.wait(30)
        _, err = workshop.tng(*arguments, expect=3)
        assert f"is being worked on by process {first.pid}" in err
        first.communicate(timeout=60)
    assert first.returncode == 0
    workshop.assert_registered(workshop.cloud.eu, 6)
    assert set(workshop.certificates(workshop.cloud.eu)) == keys(6)


def test_status_of_a_file_that_is_no_ledger(workshop):
    (workshop.folder / "tng-ledger.db").write_text(json.dumps({"no": "ledger"}) * 100)
    _, err = workshop.tng("status", expect=3)
    assert "is not a ledger" in err
    assert "Traceback" not in err
