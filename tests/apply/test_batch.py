"""Several devices in one call: the same promises as one by one."""

import pytest

from tests.apply.batch_cloud import MemoryBatchCloud
from tests.apply.test_engine import DEVICES, KEYS, Killed, known, register, undo
from tng.clouds.interface import (
    RefusedError,
    TargetUnusableError,
    ThrottledError,
    TransientError,
)
from tng.ledger import DeviceState, SqliteLedger

FIRST = DEVICES[0].leaf.sha256


@pytest.fixture
def ledger(tmp_path):
    with SqliteLedger(tmp_path / "ledger.db") as opened:
        yield opened


def assert_all_once(cloud, ledger):
    assert set(cloud.certificates) == KEYS
    assert set(cloud.effects.values()) == {1}
    assert ledger.counts(cloud.description.key) == {DeviceState.DONE: len(KEYS)}
    assert {device.key for device in ledger.registered(cloud.description.key)} == KEYS


def raise_once(error):
    """A function that raises ``error`` the first time only."""
    errors = [error]

    def function(*_):
        if errors:
            raise errors.pop()

    return function


def test_devices_go_together(ledger):
    cloud = MemoryBatchCloud()
    result = register(cloud, ledger, threads=1)
    assert cloud.batches == [5, 5, 2]
    assert result.done == 12
    assert_all_once(cloud, ledger)


def test_a_size_of_one_means_one_by_one(ledger):
    cloud = MemoryBatchCloud(size=1)
    register(cloud, ledger)
    assert cloud.batches == []
    assert_all_once(cloud, ledger)


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_death_around_a_batch_and_resume(ledger, call, side, offline):
    cloud, count = MemoryBatchCloud(), iter(range(1, 1000))

    def die(where, steps):
        if where == side and next(count) == call:
            raise Killed

    cloud.around = die
    with pytest.raises(Killed):
        register(cloud, ledger, offline=offline, threads=1)
    cloud.around = lambda where, steps: None
    register(cloud, ledger, offline=offline, threads=1)
    if offline:
        assert set(cloud.certificates) == KEYS
        assert set(cloud.effects.values()) == {1}
        assert ledger.counts(cloud.description.key) == {DeviceState.DONE: 12}
    else:
        assert_all_once(cloud, ledger)


@pytest.mark.parametrize(
    ("side", "error"),
    [
        ("before", TransientError("500", "lost")),
        ("after", TransientError("500", "lost")),
        ("before", ThrottledError("429", "slow")),
    ],
)
def test_a_failed_call_is_made_again_for_all(ledger, side, error):
    cloud = MemoryBatchCloud()
    fail = raise_once(error)
    cloud.around = lambda where, steps: fail() if where == side else None
    register(cloud, ledger, threads=1)
    assert cloud.batches == [5, 5, 5, 2]
    assert_all_once(cloud, ledger)


def test_an_outcome_that_stays_unknown_fails_its_batch_alone_and_is_ones_own_later(ledger):
    cloud = MemoryBatchCloud()

    def lose(where, steps):
        if where == "after" and any(step.request["key"] == FIRST for step in steps):
            raise TransientError("500", "lost")

    cloud.around = lose
    result = register(cloud, ledger, threads=1)
    assert (result.done, result.failed) == (7, 5)
    cloud.around = lambda where, steps: None
    register(cloud, ledger, threads=1)
    assert_all_once(cloud, ledger)


@pytest.mark.parametrize(
    ("side", "error"),
    [
        ("before", TransientError("500", "item")),
        ("after", TransientError("500", "item")),
        ("before", ThrottledError("429", "item")),
    ],
)
def test_an_item_that_may_be_tried_again_is_tried_alone(ledger, error, side):
    cloud = MemoryBatchCloud()
    fail = raise_once(error)
    setattr(cloud, side, lambda step: fail() if step.request["key"] == FIRST else None)
    result = register(cloud, ledger, threads=1)
    assert result.done == 12
    assert cloud.calls["Register"] == 13
    assert_all_once(cloud, ledger)


def test_a_refused_item_fails_alone(ledger):
    cloud = MemoryBatchCloud()

    def refuse(step):
        if step.request["key"] == FIRST:
            raise RefusedError("400", "no")

    cloud.before = refuse
    result = register(cloud, ledger, threads=1)
    assert (result.done, result.failed) == (11, 1)
    (row,) = known(cloud, ledger, DeviceState.FAILED)
    assert (row.key, row.code) == (FIRST, "400")


def test_a_refused_batch_is_made_one_by_one_so_that_one_bad_item_spoils_no_other(ledger):
    cloud = MemoryBatchCloud()

    def refuse(step):
        if step.request["key"] == FIRST:
            raise RefusedError("400", "no")

    def refuse_all(where, steps):
        if where == "before" and any(step.request["key"] == FIRST for step in steps):
            raise RefusedError("400", "one of them is bad")

    cloud.before, cloud.around = refuse, refuse_all
    result = register(cloud, ledger, threads=1)
    assert (result.done, result.failed) == (11, 1)
    assert set(cloud.certificates) == KEYS - {FIRST}


def test_an_unusable_target_leaves_the_batch_open_as_before(ledger):
    cloud = MemoryBatchCloud()
    fail = raise_once(TargetUnusableError("401", "no"))
    cloud.around = lambda where, steps: fail()
    result = register(cloud, ledger, threads=1)
    assert result.left == 12
    assert result.refused
    assert cloud.certificates == {}
    register(cloud, ledger, threads=1)
    assert_all_once(cloud, ledger)


def test_what_went_in_together_is_removed_one_by_one(ledger):
    cloud = MemoryBatchCloud()
    register(cloud, ledger)
    undo(cloud, ledger)
    assert cloud.certificates == {}
    assert ledger.counts(cloud.description.key) == {DeviceState.REMOVED: 12}
