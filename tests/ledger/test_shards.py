"""Leases of parts of a target: beside each other, and beside nothing else."""

import threading
from contextlib import ExitStack, contextmanager

import pytest

from tng.errors import LedgerError
from tng.ledger import DeviceMark, DeviceState, Direction, EnrolledDevice, open_ledger
from tng.ledger.sharing import Numbers, hold_shard, hold_whole
from tng.plan.models import TargetDescription
from tng.plan.shard import Shard

EU = TargetDescription("eu", "aws", "111111111111", "eu-central-1")
US = TargetDescription("us", "aws", "111111111111", "us-east-1")


@pytest.fixture
def ledgers(store):
    """Two openings of one ledger, as two processes have them."""
    with open_ledger(store.location) as one, open_ledger(store.location) as two:
        yield one, two


def test_shards_of_one_division_are_held_side_by_side(ledgers):
    one, two = ledgers
    with one.hold(EU, Shard(1, 2)), two.hold(EU, Shard(2, 2)):
        pass


@pytest.mark.parametrize(
    ("held", "wanted", "told"),
    [
        (Shard(1, 2), Shard(1, 2), "shard 1/2 of target eu"),
        (Shard(1, 2), Shard(2, 3), "shard 1/2 of target eu"),
        (Shard(2, 4), Shard(1, 2), "shard 2/4 of target eu"),
        (Shard(1, 2), None, "shard 1/2 of target eu"),
        (None, Shard(1, 2), "target eu"),
        (None, None, "target eu"),
    ],
)
def test_nothing_else_is_held_beside_a_shard(ledgers, held, wanted, told):
    one, two = ledgers
    with one.hold(EU, held):
        with pytest.raises(LedgerError, match=f"{told}.* is being worked on"), two.hold(EU, wanted):
            pass
        with two.hold(US, wanted):
            pass
    with two.hold(EU, wanted):
        pass


def test_many_shards_begin_at_once(store, ledger):
    together, ended, held = threading.Barrier(8, timeout=120), threading.Event(), []

    def work(index):
        with open_ledger(store.location) as own:
            together.wait()
            with own.hold(EU, Shard(index, 8)):
                held.append(index)
                ended.wait(120)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(1, 9)]
    with ExitStack() as stack:
        stack.callback(ended.set)
        for thread in threads:
            thread.start()
        while len(held) < 8 and any(thread.is_alive() for thread in threads):
            threads[0].join(0.01)
    for thread in threads:
        thread.join()
    assert sorted(held) == list(range(1, 9))


@pytest.mark.parametrize("hold", [hold_whole, hold_shard])
def test_a_lease_that_cannot_be_made_is_told_and_not_waited_for(hold):
    asked = []

    @contextmanager
    def broken(number, what):
        asked.append(number)
        raise LedgerError(f"{what} cannot be locked", "Keep the ledger on a local file system.")
        yield

    own = () if hold is hold_whole else (Shard(1, 2),)
    with (
        pytest.raises(LedgerError, match="cannot be locked"),
        hold(broken, Numbers(1, 2), "target eu", dict, *own),
    ):
        pass
    assert asked == [2]


def test_what_shards_write_is_the_target_s_and_shards_are_no_targets(ledgers):
    one, two = ledgers
    keys = ("aa", "bb")
    with one.hold(EU, Shard(1, 2)), two.hold(EU, Shard(2, 2)):
        for ledger, key in zip(ledgers, keys, strict=True):
            run = ledger.begin_run(f"tng register --shard {key}")
            device = EnrolledDevice(key, key, "", DeviceState.PENDING)
            ledger.enroll(run, EU.key, [device], Direction.REGISTER)
            mark = [DeviceMark(DeviceState.DONE)] if key == "aa" else []
            ledger.record(EU.key, key, Direction.REGISTER, mark)
    assert one.targets() == (EU,)
    assert one.counts(EU.key) == {DeviceState.DONE: 1, DeviceState.PENDING: 1}
    assert [work.command for work in two.open_work(EU.key)] == ["tng register --shard bb"]
