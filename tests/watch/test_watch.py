"""Rounds of looks: who is looked at, what is told, how it ends."""

import itertools
import threading
import time
from datetime import timedelta

import pytest

from tests.apply.fake_time import FakeTime
from tests.watch.watchable_cloud import HUB, REGISTERED, Watching, changes, names, register
from tng.clouds.interface import (
    RefusedError,
    Sighting,
    Standing,
    TargetUnusableError,
    ThrottledError,
    WatchableCloud,
)
from tng.errors import TargetError
from tng.exit_codes import ExitCode
from tng.ledger import DeviceState
from tng.watch import NothingToWatchError
from tng.watch.roll import MAX_TEXT


def after_looks(cloud, count, do):
    """Call ``do`` at the look of that number, counted from 1."""

    def looked(name):
        if len(cloud.looks) == count:
            do()

    cloud.looked = looked


def tally(watch):
    (only,) = watch.tallies()
    return only


def test_the_memory_cloud_is_one_that_can_be_watched(watching):
    assert isinstance(watching.target(), WatchableCloud)


def test_a_change_is_told_once_and_the_watch_ends_when_all_have_their_place(watching):
    cloud = watching.target(devices=3)
    cloud.assign("sn0001")
    after_looks(cloud, 7, lambda: cloud.assign(*names(3)))
    watch = watching.watch()
    told = changes(watch)
    assert sorted(change.device.name for change in told) == ["sn0000", "sn0002"]
    for change in told:
        assert change.target == "eu"
        assert (change.before, change.sighting.standing) == (
            Standing.UNASSIGNED,
            Standing.ASSIGNED,
        )
        assert (change.sighting.place, change.after) == (HUB, 60)
    assert watch.end().exit_code is ExitCode.DONE
    assert tally(watch).assigned == 3


def test_what_is_finished_is_not_looked_at_again(watching):
    cloud = watching.target(devices=3)
    cloud.assign("sn0000")
    cloud.standings["sn0001"] = Sighting(Standing.GONE)
    after_looks(cloud, 6, lambda: cloud.assign("sn0002"))
    watch = watching.watch(threads=1)
    changes(watch)
    assert cloud.looks.count("sn0000") == cloud.looks.count("sn0001") == 1
    assert watch.end().exit_code is ExitCode.PARTIAL, "one is gone"


def test_only_what_is_registered_there_is_looked_at(watching):
    cloud = watching.target(devices=2)
    register(watching.ledger, cloud, ["sn0007"], DeviceState.FAILED)
    register(watching.ledger, cloud, ["sn0008"], DeviceState.REMOVED)
    changes(watching.watch(once=True))
    assert sorted(cloud.looks) == names(2)


def test_the_order_of_a_round_is_that_of_the_one_before(tmp_path):
    moments = iter(range(1000))
    watching = Watching(tmp_path, lambda: REGISTERED - timedelta(seconds=next(moments)))
    cloud = watching.target()
    register(watching.ledger, cloud, names(5))
    after_looks(cloud, 15, watching.stop.set)
    changes(watching.watch(threads=1))
    assert cloud.looks == [*reversed(names(5))] * 3, "registered first, looked at first"
    watching.ledger.close()


def test_rounds_are_not_closer_together_than_the_interval(watching):
    fake = FakeTime()
    cloud = watching.target(devices=2)
    begun = []

    def looked(name):
        if name == "sn0000":
            begun.append(fake.now)
        fake.now += 2
        if len(cloud.looks) == 8:
            cloud.assign(*names(2))

    cloud.looked = looked
    changes(watching.watch(threads=1, interval=10, clock=fake.clock, sleep=fake.sleep))
    assert [b - a for a, b in itertools.pairwise(begun)] == [10] * 4


def test_a_round_longer_than_the_interval_is_followed_at_once(watching):
    fake = FakeTime()
    cloud = watching.target(devices=3)

    def looked(name):
        fake.now += 5
        if len(cloud.looks) == 6:
            watching.stop.set()

    cloud.looked = looked
    changes(watching.watch(threads=1, interval=10, clock=fake.clock, sleep=fake.sleep))
    assert fake.slept == []


def test_once_looks_at_each_device_one_time(watching):
    cloud = watching.target(devices=4)
    cloud.assign("sn0001")
    watch = watching.watch(once=True)
    assert changes(watch) == []
    assert sorted(cloud.looks) == names(4)
    assert watch.end().exit_code is ExitCode.PARTIAL
    assert tally(watch).counts[Standing.UNASSIGNED] == 3


def test_several_threads_look_at_once(watching):
    cloud = watching.target(devices=4)
    together = threading.Barrier(4, timeout=10)
    cloud.looked = lambda name: together.wait()
    changes(watching.watch(once=True, threads=4))
    assert len(cloud.looks) == 4


def test_targets_are_watched_side_by_side(watching):
    eu, us = watching.target("eu", devices=2), watching.target("us", "222222222222", devices=2)
    together = threading.Barrier(2, timeout=10)
    eu.looked = us.looked = lambda name: together.wait()
    eu.assign(*names(2))
    us.assign(*names(2))
    watch = watching.watch(threads=1)
    changes(watch)
    assert [item.name for item in watch.tallies()] == ["eu", "us"]
    assert watch.end().exit_code is ExitCode.DONE


def test_two_names_of_one_target_are_watched_once(watching):
    eu, again = watching.target("eu", devices=1), watching.target("europe")
    watch = watching.watch(once=True)
    changes(watch)
    assert len(eu.looks) + len(again.looks) == 1
    assert (len(watch.tallies()), watch.end().failed) == (1, ())


def test_a_look_that_fails_is_noted_and_made_again(watching):
    cloud = watching.target(devices=2)
    failures = iter([RefusedError("400001", "what?")])

    def looked(name):
        if name == "sn0001":
            for failure in failures:
                seen.append(name)
                raise failure
        cloud.assign(name)

    seen = []
    cloud.looked = looked
    watch = watching.watch(threads=1)
    tallies = [watch.tallies() for _ in watch.batches()]
    assert seen == ["sn0001"]
    assert watch.end().exit_code is ExitCode.DONE
    assert tally(watch).failing == 0
    assert all(len(item) <= 1 for item in tallies)


def test_the_reason_of_a_failed_look_is_kept_while_it_fails(watching):
    cloud = watching.target(devices=1)

    def looked(name):
        raise RefusedError("400001", "x" * 5000)

    cloud.looked = looked
    watch = watching.watch(once=True)
    changes(watch)
    assert tally(watch).failing == 1
    ((_, sights),) = watch.devices()
    (sight,) = sights
    assert sight.sighting is None
    assert sight.error.startswith("400001: xxx")
    assert len(sight.error) == MAX_TEXT
    assert watch.end().exit_code is ExitCode.PARTIAL


def test_a_throttled_look_is_made_again_in_its_round(watching):
    cloud = watching.target(devices=2)
    throttles = iter([ThrottledError("429001", "slow down", 0.01)])

    def looked(name):
        for throttle in throttles:
            raise throttle

    cloud.looked = looked
    watch = watching.watch(once=True)
    changes(watch)
    assert len(cloud.looks) == 3
    assert tally(watch).failing == 0


def test_an_unusable_target_ends_alone(watching):
    eu, us = watching.target("eu", devices=5), watching.target("us", "222222222222", devices=5)

    def looked(name):
        if len(eu.looks) == 3:
            raise TargetUnusableError("401", "the key was changed")

    eu.looked = looked
    us.assign(*names(5))
    watch = watching.watch(threads=1)
    changes(watch)
    end = watch.end()
    assert [(item.name, item.message) for item in end.failed] == [
        ("eu", "401: the key was changed")
    ]
    assert [item.assigned for item in end.tallies] == [0, 5]
    assert end.tallies[0].stopped
    assert end.exit_code is ExitCode.PARTIAL


@pytest.mark.parametrize(
    "error", [TargetError("no such service", "Look."), TargetUnusableError("401", "no")]
)
def test_a_target_that_cannot_be_opened_is_refused(watching, error):
    cloud = watching.target(devices=1)

    def preflight(*, offline):
        raise error

    cloud.preflight = preflight
    watch = watching.watch()
    changes(watch)
    assert cloud.looks == []
    assert watch.end().exit_code is ExitCode.REFUSED


def test_a_target_of_which_the_first_look_says_no_is_refused(watching):
    cloud = watching.target(devices=9)

    def looked(name):
        raise TargetUnusableError("403", "may not read")

    cloud.looked = looked
    watch = watching.watch(threads=1)
    changes(watch)
    assert len(cloud.looks) == 1
    assert watch.end().exit_code is ExitCode.REFUSED


@pytest.mark.parametrize("where", ["preflight", "sight"])
def test_the_deadline_holds_though_the_cloud_never_answers(watching, where):
    cloud = watching.target(devices=2)
    never = threading.Event()
    if where == "sight":
        cloud.looked = lambda name: never.wait(30)
    else:
        cloud.preflight = lambda *, offline: never.wait(30)
    started = time.monotonic()
    watch = watching.watch(timeout=0.3)
    changes(watch)
    assert time.monotonic() - started < 25
    end = watch.end()
    assert (end.timed_out, end.exit_code) == (True, ExitCode.PARTIAL)
    assert [item.message for item in end.failed] == (
        [] if where == "sight" else ["the time was over before it answered"]
    )
    never.set()


def test_what_comes_after_the_deadline_is_not_seen_any_more(watching):
    cloud = watching.target(devices=1)
    cloud.assign("sn0000")
    answer = threading.Event()
    cloud.looked = lambda name: answer.wait(30)
    watch = watching.watch(timeout=0.2)
    changes(watch)
    answer.set()
    time.sleep(0.1)
    assert tally(watch).unseen == 1


def test_stopping_finishes_the_calls_in_flight(watching):
    cloud = watching.target(devices=50)
    cloud.assign("sn0000")
    in_flight, answer = threading.Event(), threading.Event()

    def looked(name):
        in_flight.set()
        answer.wait(10)

    cloud.looked = looked
    watch = watching.watch(threads=1)
    for _ in watch.batches():
        if in_flight.is_set() and not watching.stop.is_set():
            watching.stop.set()
            answer.set()
    assert cloud.looks == ["sn0000"]
    assert tally(watch).assigned == 1
    assert watch.end().exit_code is ExitCode.INTERRUPTED


def test_one_device_is_found_by_its_id_certificate_or_name(watching):
    cloud = watching.target(devices=4)
    wanted = ("0001", "SN0002", f"{'sn0003':0>64}")
    changes(watching.watch(once=True, device_ids=wanted))
    assert sorted(cloud.looks) == ["sn0001", "sn0002", "sn0003"]


def test_a_device_that_nobody_registered_is_an_error_at_once(watching):
    watching.target(devices=1)
    with pytest.raises(NothingToWatchError, match="no registered device 'typo' on eu"):
        changes(watching.watch(device_ids=("0000", "typo")))


def test_a_device_of_one_target_is_enough(watching):
    eu, us = watching.target("eu", devices=2), watching.target("us", "222222222222", devices=1)
    changes(watching.watch(once=True, device_ids=("0001",)))
    assert (eu.looks, us.looks) == (["sn0001"], [])


def test_nothing_registered_is_an_error(watching):
    watching.target()
    with pytest.raises(NothingToWatchError, match="no registered device on eu"):
        changes(watching.watch())


def test_a_defect_ends_everything_and_is_raised(watching):
    eu, us = watching.target("eu", devices=1), watching.target("us", "222222222222", devices=1)

    def looked(name):
        raise ZeroDivisionError

    eu.looked = looked
    with pytest.raises(ZeroDivisionError):
        changes(watching.watch())
    assert all(target.stop.is_set() for target, _ in watching.targets)
    assert not watching.stop.is_set(), "nobody interrupted it"
    assert len(us.looks) < 1000


def test_how_long_a_device_took_is_what_the_cloud_says(watching):
    cloud = watching.target(devices=1)
    at = (REGISTERED + timedelta(seconds=34)).isoformat()
    after_looks(cloud, 2, lambda: cloud.assign("sn0000", at=at))
    (change,) = changes(watching.watch())
    assert change.after == 34


@pytest.mark.parametrize("at", ["", "yesterday", "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_a_time_that_cannot_be_is_not_believed(watching, at):
    cloud = watching.target(devices=1)
    after_looks(cloud, 2, lambda: cloud.assign("sn0000", at=at))
    (change,) = changes(watching.watch())
    assert change.after == 60


def test_watching_is_ended_by_leaving_the_loop(tmp_path):
    watching = Watching(tmp_path)
    watching.target(devices=3)
    for _ in watching.watch().batches():
        break
    deadline = time.monotonic() + 60
    while not all(target.stop.is_set() for target, _ in watching.targets):
        assert time.monotonic() < deadline
    watching.ledger.close()
