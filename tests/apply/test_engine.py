"""The engine on a cloud in memory: every device once, none lost, whatever happens."""

import threading

import pytest

from tests.apply.memory_cloud import MemoryCloud
from tests.planned_devices import verified
from tng.apply.calls import Calls
from tng.apply.engine import TargetRun
from tng.apply.job import register_job, undo_job
from tng.apply.progress import NoProgress
from tng.apply.retry import RetryPolicy
from tng.apply.stopping import StopSignal
from tng.clouds.interface import RefusedError, TargetUnusableError, ThrottledError, TransientError
from tng.ledger import DeviceState, SqliteLedger
from tng.plan.eligibility import PlanPolicy, select_devices
from tng.plan.planner import InspectedTarget, make_plan
from tng.plan.view import Rates, TargetFacts

DEVICES = tuple(verified(number) for number in range(12))
KEYS = {device.leaf.sha256 for device in DEVICES}
FAST = RetryPolicy(base=0.0001, cap=0.0005, deadline=20)


class Killed(BaseException):
    """Stands for the death of the process."""


@pytest.fixture
def ledger(tmp_path):
    with SqliteLedger(tmp_path / "ledger.db") as opened:
        yield opened


def start(job, cloud, ledger, *, stop=None, threads=4):
    stop = stop or StopSignal()
    calls = Calls(stop=stop, policy=FAST)
    calls.follow(cloud, cloud.description.key)
    with ledger.hold(job.target):
        run = ledger.begin_run("tng register m.json")
        ledger.enroll(run, job.target.key, job.devices, job.direction)
        return TargetRun(
            job, cloud, ledger, calls, stop=stop, progress=NoProgress(), threads=threads
        ).run()


def register(cloud, ledger, devices=DEVICES, *, offline=False, **options):
    selection = select_devices(devices, PlanPolicy())
    view = None if offline else cloud.inspect(selection.devices)
    (plan,) = make_plan(
        selection, [InspectedTarget("eu", cloud, TargetFacts((), ()), view)]
    ).targets
    failed = [row.key for row in known(cloud, ledger, DeviceState.FAILED)]
    job = register_job(plan, cloud, inspected=not offline, last=failed)
    return start(job, cloud, ledger, **options)


def undo(cloud, ledger, **options):
    target = cloud.description
    return start(undo_job(target, ledger.registered(target.key), cloud), cloud, ledger, **options)


def known(cloud, ledger, *states):
    if cloud.description not in ledger.targets():
        return []
    return list(ledger.devices(cloud.description.key, states=states))


def assert_all_registered_once(cloud, ledger, keys=KEYS):
    assert set(cloud.certificates) == keys
    assert all(cloud.policies[key] == {"fleet"} for key in keys)
    assert set(cloud.effects.values()) == {1}
    assert ledger.counts(cloud.description.key) == {DeviceState.DONE: len(keys)}
    assert {device.key for device in ledger.registered(cloud.description.key)} == keys


def test_every_device_is_registered_with_the_fewest_calls(ledger):
    cloud = MemoryCloud()
    result = register(cloud, ledger)
    assert (result.done, result.already, result.failed, result.left) == (12, 0, 0, 0)
    assert cloud.calls == {"Register": 12, "AttachPolicy": 12}
    assert_all_registered_once(cloud, ledger)


@pytest.mark.parametrize("offline", [False, True])
def test_a_second_run_makes_no_call(ledger, offline):
    cloud = MemoryCloud()
    register(cloud, ledger, offline=offline)
    cloud.calls.clear()
    result = register(cloud, ledger, offline=offline)
    assert cloud.calls == {}
    assert result.done + result.already == 12
    assert_all_registered_once(cloud, ledger)


def test_what_was_removed_by_hand_is_registered_again_if_the_target_was_read(ledger):
    cloud = MemoryCloud()
    register(cloud, ledger)
    gone = DEVICES[3].leaf.sha256
    del cloud.certificates[gone], cloud.policies[gone], cloud.effects[gone]
    register(cloud, ledger)
    assert_all_registered_once(cloud, ledger)


def test_order_of_a_devices_steps_is_kept(ledger):
    cloud = MemoryCloud()
    register(cloud, ledger, threads=8)
    for key in KEYS:
        operations = [operation for operation, of in cloud.log if of == key]
        assert operations == ["Register", "AttachPolicy"]


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("call", range(1, 9))
def test_death_around_any_call_and_resume(ledger, call, side, offline):
    cloud, count = MemoryCloud(), iter(range(1, 1000))

    def die(step):
        if next(count) == call:
            raise Killed

    setattr(cloud, side, die)
    four = DEVICES[:4]
    keys = {device.leaf.sha256 for device in four}
    with pytest.raises(Killed):
        register(cloud, ledger, four, offline=offline, threads=1)
    assert sum(cloud.calls.values()) == call
    register(cloud, ledger, four, offline=offline, threads=1)
    # A plan made offline cannot know whether what it found was its own: it claims less.
    if offline:
        assert set(cloud.certificates) == keys
        assert set(cloud.effects.values()) == {1}
        assert ledger.counts(cloud.description.key) == {DeviceState.DONE: 4}
        assert sum(cloud.calls.values()) == 9
    else:
        assert_all_registered_once(cloud, ledger, keys)


@pytest.mark.parametrize("call", [1, 5, 13, 24])
def test_death_among_many_threads_and_resume(ledger, call):
    cloud, count, lock = MemoryCloud(), iter(range(1, 1000)), threading.Lock()

    def die(step):
        with lock:
            if next(count) == call:
                raise Killed

    cloud.after = die
    with pytest.raises(Killed):
        register(cloud, ledger, threads=6)
    register(cloud, ledger, threads=6)
    assert_all_registered_once(cloud, ledger)


@pytest.mark.parametrize("side", ["before", "after"])
def test_lost_replies_register_nothing_twice(ledger, side):
    cloud, seen, lock = MemoryCloud(), set(), threading.Lock()

    def lose_first(step):
        with lock:
            new = (step.operation, step.request["key"]) not in seen
            seen.add((step.operation, step.request["key"]))
        if new:
            raise TransientError("ConnectionReset", "the reply was lost")

    setattr(cloud, side, lose_first)
    assert register(cloud, ledger).done == 12
    assert_all_registered_once(cloud, ledger)


def test_throttles_lose_nobody(ledger):
    cloud, count = MemoryCloud(), iter(range(1000))

    def throttle(step):
        if next(count) % 3:
            raise ThrottledError("ThrottlingException", "Rate exceeded")

    cloud.before = throttle
    assert register(cloud, ledger).done == 12
    assert_all_registered_once(cloud, ledger)


def test_a_refused_device_fails_alone_and_is_tried_again_next_time(ledger):
    cloud, bad = MemoryCloud(), DEVICES[5].leaf.sha256

    def refuse(step):
        if step.request["key"] == bad and step.operation == "Register":
            raise RefusedError("CertificateValidationException", "the certificate is no good")

    cloud.before = refuse
    result = register(cloud, ledger)
    assert (result.done, result.failed, result.left) == (11, 1, 0)
    (row,) = known(cloud, ledger, DeviceState.FAILED)
    assert row.key == bad
    assert row.code == "CertificateValidationException"
    assert "Register" in row.reason
    assert ("Register", bad) in cloud.log
    assert ("AttachPolicy", bad) not in cloud.log

    cloud.before = lambda step: None
    register(cloud, ledger)
    assert_all_registered_once(cloud, ledger)


def test_an_outcome_that_stayed_unknown_is_remembered_as_perhaps_ones_own(ledger):
    cloud, bad = MemoryCloud(), DEVICES[0].leaf.sha256

    def always_lost(step):
        if step.request["key"] == bad:
            raise TransientError("ConnectionReset", "the reply was lost")

    cloud.after = always_lost
    assert register(cloud, ledger).failed == 1
    cloud.after = lambda step: None
    register(cloud, ledger)
    assert_all_registered_once(cloud, ledger)


def test_what_was_there_before_is_never_claimed(ledger):
    cloud = MemoryCloud()
    cloud.certificates[DEVICES[0].leaf.sha256] = "ACTIVE"
    cloud.certificates[DEVICES[1].leaf.sha256] = "INACTIVE"
    result = register(cloud, ledger)
    assert (result.done, result.attention) == (11, 1)
    (row,) = known(cloud, ledger, DeviceState.ATTENTION)
    assert row.key == DEVICES[1].leaf.sha256
    assert row.reason == "is INACTIVE"
    made = {device.key: device.steps for device in ledger.registered(cloud.description.key)}
    assert made[DEVICES[0].leaf.sha256] == (("AttachPolicy", "fleet"),)
    assert DEVICES[1].leaf.sha256 not in made


def test_a_difference_met_only_at_the_call_ends_that_device(ledger):
    cloud = MemoryCloud()
    cloud.certificates[DEVICES[1].leaf.sha256] = "INACTIVE"
    result = register(cloud, ledger, offline=True)
    assert (result.done, result.attention) == (11, 1)
    assert ("AttachPolicy", DEVICES[1].leaf.sha256) not in cloud.log


def test_an_unusable_target_stops_and_leaves_the_rest_for_later(ledger):
    cloud, count = MemoryCloud(), iter(range(1000))

    def expire(step):
        if next(count) >= 10:
            raise TargetUnusableError("ExpiredToken", "the credentials have expired")

    cloud.before = expire
    result = register(cloud, ledger, threads=2)
    assert result.refused
    assert "ExpiredToken" in result.stopped
    assert (result.done, result.left, result.failed) == (5, 7, 0)
    assert ledger.counts(cloud.description.key) == {DeviceState.DONE: 5, DeviceState.PENDING: 7}
    assert len(list(ledger.registered(cloud.description.key))) == len(cloud.certificates)
    cloud.before = lambda step: None
    register(cloud, ledger)
    assert_all_registered_once(cloud, ledger)


def test_a_stop_finishes_what_is_in_flight_and_leaves_the_rest(ledger):
    cloud, stop = MemoryCloud(rate=50), StopSignal()
    count = iter(range(1000))

    def stop_at_third(step):
        if next(count) == 3:
            stop.set()

    cloud.before = stop_at_third
    result = register(cloud, ledger, stop=stop, threads=4)
    assert result.left > 0
    assert not result.stopped
    assert result.done + result.left == 12
    made = {device.key for device in ledger.registered(cloud.description.key)}
    assert made == set(cloud.certificates)
    cloud.before, cloud.rates = (lambda step: None), Rates({}, 1e6)
    register(cloud, ledger)
    assert_all_registered_once(cloud, ledger)


def test_the_same_failure_of_all_first_devices_stops_the_target(ledger):
    cloud = MemoryCloud()
    many = tuple(verified(number) for number in range(40))

    def refuse(step):
        raise RefusedError("ResourceNotFoundException", "policy fleet does not exist")

    cloud.before = refuse
    result = register(cloud, ledger, many, threads=2)
    assert 20 <= result.failed <= 22
    assert "20 devices in a row" in result.stopped
    assert "policy fleet does not exist" in result.stopped


def test_devices_that_failed_before_do_not_block_the_others(ledger):
    cloud = MemoryCloud()
    many = tuple(verified(number) for number in range(40))
    bad = {device.leaf.sha256 for device in many[:25]}

    def refuse(step):
        if step.request["key"] in bad:
            raise RefusedError("CertificateValidationException", "no good")

    cloud.before = refuse
    assert register(cloud, ledger, many, threads=1).left == 20
    result = register(cloud, ledger, many, threads=1)
    assert len(cloud.certificates) == 15
    assert result.done == 15


def test_undo_removes_what_was_made_and_only_that(ledger):
    cloud, foreign = MemoryCloud(), DEVICES[0].leaf.sha256
    cloud.certificates[foreign] = "ACTIVE"
    register(cloud, ledger)
    result = undo(cloud, ledger)
    assert result.done == 12
    assert cloud.certificates == {foreign: "ACTIVE"}
    assert cloud.policies[foreign] == set()
    assert ledger.counts(cloud.description.key) == {DeviceState.REMOVED: 12}
    assert list(ledger.registered(cloud.description.key)) == []


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("call", range(1, 5))
def test_death_in_an_undo_then_undo_or_register_again(ledger, call, offline):
    cloud, two = MemoryCloud(), DEVICES[:2]
    keys = {device.leaf.sha256 for device in two}
    register(cloud, ledger, two)
    count = iter(range(1, 1000))

    def die(step):
        if next(count) == call:
            raise Killed

    cloud.after = die
    with pytest.raises(Killed):
        undo(cloud, ledger, threads=1)
    cloud.after = lambda step: None
    undo(cloud, ledger, threads=1)
    assert cloud.certificates == {}
    assert ledger.counts(cloud.description.key) == {DeviceState.REMOVED: 2}

    cloud.effects.clear()
    register(cloud, ledger, two, offline=offline)
    assert_all_registered_once(cloud, ledger, keys)


@pytest.mark.parametrize("call", range(1, 5))
def test_registering_after_half_an_undo_makes_everything_again(ledger, call):
    cloud, two = MemoryCloud(), DEVICES[:2]
    keys = {device.leaf.sha256 for device in two}
    register(cloud, ledger, two)
    count = iter(range(1, 1000))

    def die(step):
        if next(count) == call:
            raise Killed

    cloud.after = die
    with pytest.raises(Killed):
        undo(cloud, ledger, threads=1)
    cloud.after = lambda step: None
    register(cloud, ledger, two, offline=True)
    assert set(cloud.certificates) == keys
    assert all(cloud.policies[key] == {"fleet"} for key in keys)
    assert {device.key for device in ledger.registered(cloud.description.key)} == keys
