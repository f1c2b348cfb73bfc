"""Parts of the devices: each device in exactly one, and names still compared across them."""

from dataclasses import replace

import pytest

from tests.plan.fake_cloud import NO_FACTS, NOTHING_THERE, FakeCloud
from tests.planned_devices import verified
from tng.errors import UsageError
from tng.plan.eligibility import PlanPolicy, select_devices
from tng.plan.models import Disposition
from tng.plan.planner import InspectedTarget, make_plan
from tng.plan.shard import Shard, parse_shard
from tng.plan.view import Rates, RemoteView, TargetFacts

DEVICES = tuple(verified(number) for number in range(24))


def planned(shard, cloud):
    selection = select_devices(DEVICES, PlanPolicy(shard=shard))
    plan = make_plan(selection, [InspectedTarget("eu", cloud, NO_FACTS, NOTHING_THERE)])
    assert plan.shard == shard
    return plan.targets[0]


def test_a_device_s_shard_is_its_certificate_s_digest_modulo_their_number():
    assert Shard(1, 3).holds("06")
    assert Shard(2, 3).holds("07")
    assert not Shard(1, 3).holds("07")


@pytest.mark.parametrize("count", [2, 3, 7, 256])
def test_every_certificate_is_in_exactly_one_shard(count):
    shards = [Shard(index, count) for index in range(1, count + 1)]
    for device in DEVICES:
        assert sum(shard.holds(device.leaf.sha256) for shard in shards) == 1


@pytest.mark.parametrize("count", [2, 5])
def test_the_plans_of_all_shards_together_are_the_plan_of_the_whole(count):
    whole = planned(None, FakeCloud())
    parts = [planned(Shard(index, count), FakeCloud()) for index in range(1, count + 1)]
    found = [device.key for part in parts for device in part.devices]
    assert sorted(found) == sorted(device.key for device in whole.devices)
    assert sum(part.calls.get("Register", 0) for part in parts) == whole.calls["Register"]


def shard_of(device, count=2):
    return next(n for n in range(1, count + 1) if Shard(n, count).holds(device.leaf.sha256))


def full(shard, view, capacity):
    """Why nothing is planned of the shard, if so."""
    facts = TargetFacts((), (), capacity)
    selection = select_devices(DEVICES, PlanPolicy(shard=shard))
    plan = make_plan(selection, [InspectedTarget("eu", FakeCloud(), facts, view)])
    return plan.failed[0].message if plan.failed else ""


@pytest.mark.parametrize("index", [1, 2])
def test_the_devices_of_all_shards_count_for_what_a_target_can_hold(index):
    told = full(Shard(index, 2), RemoteView({}, held=1), 24)
    assert "would hold 25 devices (1 are there, 24 new in all shards), its limit is 24" in told
    assert full(Shard(index, 2), RemoteView({}, held=1), 25) == ""


def test_what_another_shard_has_registered_meanwhile_counts_once():
    """Else a shard that was interrupted could not go on."""
    first = [device for device in DEVICES if shard_of(device) == 1]
    view = RemoteView({}, held=1 + len(first), beside=len(first))
    assert full(Shard(2, 2), view, 25) == ""
    assert "would hold 25 devices" in full(Shard(2, 2), view, 24)


def test_a_shard_that_adds_nothing_is_never_too_much():
    own = {device.leaf.sha256: {} for device in DEVICES if shard_of(device) == 1}
    assert full(Shard(1, 2), RemoteView(own, held=len(own)), 3) == ""


def test_devices_of_one_name_are_left_alone_although_they_are_in_different_shards():
    pair = {DEVICES[0].leaf.sha256: 1}
    other = next(d for d in DEVICES if not same_half(d, DEVICES[0]))
    pair[other.leaf.sha256] = 1
    cloud = FakeCloud(
        name_of=lambda device: "same" if device.leaf.sha256 in pair else device.leaf.sha256
    )
    for index in (1, 2):
        plan = planned(Shard(index, 2), cloud)
        refused = [d.key for d in plan.devices if d.disposition is Disposition.CONFLICT]
        assert len(refused) == 1
        assert refused[0] in pair


def same_half(one, two):
    shard = Shard(1, 2)
    return shard.holds(one.leaf.sha256) == shard.holds(two.leaf.sha256)


def test_the_rates_of_all_shards_together_are_those_of_the_whole():
    rates = Rates({"Register": 10.0}, 5.0, shared=True, costs={"Put": 2.0})
    part = rates.divided(4)
    assert part == replace(rates, by_operation={"Register": 2.5}, others=1.25)


@pytest.mark.parametrize(
    "text",
    ["", "1", "0/4", "5/4", "4/0", "-1/4", "1/-4", "1/4/2", "1 /4", "a/b", "1/257", "1/9999",
     "1.0/4", "٣/4", "1/4\n", "01/4"],
)  # fmt: skip
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(UsageError, match="is no shard"):
        parse_shard(text)


def test_one_of_one_is_the_whole():
    assert parse_shard("1/1") is None
    assert str(parse_shard("3/256")) == "3/256"
