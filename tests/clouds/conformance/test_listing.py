"""What a target holds is told whole, by reading alone, and says the same as an inspection."""

from datetime import timedelta

import pytest

from tests.cloud_cases.interface import chip, keys
from tests.clouds.conformance.devices import FAULTS, registered
from tests.planned_devices import verified
from tng.clouds.interface import ListingCloud
from tng.plan.models import Disposition
from tng.sandbox.faults import Fault


def name_of(number):
    return chip(number).subject.common_name or ""


def held_keys(cloud):
    return {key: item.status for item in cloud.held() for key in item.keys}


def test_everything_is_told_whoever_brought_it_there(case, cloud):
    assert isinstance(cloud, ListingCloud)
    assert list(cloud.held()) == []
    registered(cloud, 0, 1)
    case.add(case.first, 2)
    case.lock_out(case.first, 1)
    assert held_keys(cloud) == case.registered(case.first)
    assert {status == case.right for status in held_keys(cloud).values()} == {True, False}


def test_the_whole_list_says_of_a_device_what_an_inspection_says(case, cloud):
    registered(cloud, 0, 1)
    case.add(case.first, 5)
    case.lock_out(case.first, 1)
    devices = [verified(number) for number in range(3)]
    asked = cloud.inspect(devices)
    listed = cloud.inspect_held(devices, cloud.held())
    plans = [cloud.plan_device(device, listed) for device in devices]
    assert plans == [cloud.plan_device(device, asked) for device in devices]
    dispositions = [plan.disposition for plan in plans]
    assert dispositions == [Disposition.RIGHT, Disposition.DIFFERENT, Disposition.REGISTER]


def test_a_list_is_read_once_through_the_caller_and_writes_nothing(case, caller, cloud):
    registered(cloud, 0)
    case.log.clear()
    caller.operations.clear()
    cloud.inspect_held([verified(0)], cloud.held())
    cloud.holds({chip(0).sha256: name_of(0)})
    assert sorted(caller.operations) == sorted(case.log.counts().elements())
    assert case.log.writes() == ()
    case.log.clear()
    items = cloud.held()
    assert len(case.log) == 0
    assert len(list(items)) == 1
    ((_, calls),) = case.log.counts().items()
    assert calls == 1


def test_what_is_asked_for_is_found_and_nothing_else(case, cloud):
    registered(cloud, 0, 1)
    case.lock_out(case.first, 1)
    asked = {chip(number).sha256: name_of(number) for number in (1, 2)}
    found = cloud.holds({**asked, "ab" * 32: name_of(0), "cd" * 32: "", "ef" * 32: "no such/ id"})
    assert set(found) == keys(2) - keys(1)
    (item,) = found.values()
    assert item.keys == (chip(1).sha256,)
    assert item.status == case.registered(case.first)[chip(1).sha256] != case.right
    assert cloud.holds({}) == {}


@FAULTS
def test_a_fault_of_the_list_is_raised_once(case, cloud, effect, error):
    registered(cloud, 0)
    case.log.clear()
    case.inject(Fault(effect))
    with pytest.raises(error):
        list(cloud.held())
    assert len(case.log) == 1
    assert set(held_keys(cloud)) == keys(1)


def test_how_fast_it_goes_follows_from_the_rate(open_target):
    slow, fast = (open_target(rate=rate, preflight=False) for rate in (1.0, 2.0))
    assert 0 < slow.held_a_second == fast.held_a_second / 2


def test_the_time_that_reading_takes_is_that_of_its_calls(case, cloud, open_target):
    registered(cloud, 0, 1)
    slow = open_target(rate=1.0)
    held = list(slow.held())
    case.log.clear()
    slow.inspect_held([verified(number) for number in range(2)], held)
    assert slow.inspection_time(2) == slow.rates.duration(case.log.counts())
    assert slow.inspection_time(0) == timedelta()
