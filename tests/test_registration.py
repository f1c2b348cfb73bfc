"""Several targets side by side, as a library, on clouds in memory."""

import sqlite3

import pytest

from tests.apply.memory_cloud import MemoryCloud
from tests.planned_devices import verified
from tests.requested_devices import requested
from tng.apply.calls import Calls
from tng.apply.leases import TargetLeases
from tng.apply.session import LedgerLostError, OpenTarget
from tng.apply.stopping import StopSignal
from tng.clouds.interface import TargetUnusableError
from tng.errors import LedgerError, TargetError
from tng.exit_codes import ExitCode
from tng.ledger import DeviceState, SqliteLedger
from tng.plan.eligibility import PlanPolicy, select_requests
from tng.plan.shard import Shard
from tng.registration import (
    PlanningStoppedError,
    deregister,
    plan_registration,
    plan_removal,
    plan_selection,
    register,
)

DEVICES = tuple(verified(number) for number in range(6))


class Region(MemoryCloud):
    """A `MemoryCloud` that can be out of use at each stage."""

    def __init__(self, name, account, *, unusable_at=""):
        super().__init__(name, account)
        self._unusable_at = unusable_at

    def preflight(self, *, offline):
        self._fail("preflight")
        return super().preflight(offline=offline)

    def inspect(self, devices):
        if self._unusable_at == "inspect":
            raise TargetUnusableError("AccessDeniedException", "not allowed to list")
        return super().inspect(devices)

    def prepare(self):
        self._fail("prepare")
        return super().prepare()

    def perform(self, step):
        if self._unusable_at == "perform":
            raise TargetUnusableError("ExpiredTokenException", "the token has expired")
        return super().perform(step)

    def _fail(self, stage):
        if self._unusable_at == stage:
            raise TargetError(f"{stage} failed", "do something about it")


@pytest.fixture
def ledger(tmp_path):
    with SqliteLedger(tmp_path / "ledger.db") as opened:
        yield opened


def opened(*clouds, stop=None):
    whole = stop or StopSignal()
    targets = []
    for cloud in clouds:
        own = whole.child()
        targets.append(OpenTarget(cloud.description.name, cloud, Calls(stop=own), own))
    return tuple(targets), whole


def run(ledger, *clouds):
    targets, stop = opened(*clouds)
    plan = plan_registration(DEVICES, targets, PlanPolicy(), offline=False)
    return register(plan, targets, ledger, "tng register", offline=False, stop=stop)


@pytest.mark.parametrize("stage", ["preflight", "inspect", "prepare", "perform"])
def test_one_unusable_target_among_three_does_not_stop_the_others(ledger, stage):
    clouds = [
        Region("one", "1" * 12),
        Region("two", "2" * 12, unusable_at=stage),
        Region("three", "3" * 12),
    ]
    result = run(ledger, *clouds)
    assert result.exit_code is ExitCode.PARTIAL
    assert [len(cloud.certificates) for cloud in clouds] == [6, 0, 6]
    assert [item.name for item in result.failed] == ([] if stage == "perform" else ["two"])

    again = run(ledger, clouds[0], Region("two", "2" * 12), clouds[2])
    assert again.exit_code is ExitCode.DONE
    assert [item.already for item in again.targets] == [6, 0, 6]


class UnknownAccount(Region):
    """A target whose account has to be asked for, and is another one than expected."""

    def preflight(self, *, offline):
        if not offline:
            raise TargetError("the credentials are of account 2, expected 1", "choose others")
        return super().preflight(offline=offline)


def test_what_was_planned_offline_is_applied_only_where_the_account_was_asked_for():
    targets, _ = opened(UnknownAccount("one", "1" * 12))
    assert plan_registration(DEVICES, targets, PlanPolicy(), offline=True).targets
    plan = plan_registration(DEVICES, targets, PlanPolicy(), offline=True, checked=True)
    assert (plan.targets, [item.name for item in plan.failed]) == ((), ["one"])


@pytest.mark.parametrize("stage", ["preflight", "inspect", "prepare", "perform"])
def test_only_unusable_targets_are_a_refusal(ledger, stage):
    result = run(ledger, Region("two", "2" * 12, unusable_at=stage))
    assert result.exit_code is ExitCode.REFUSED


def test_nothing_begins_if_one_of_the_targets_is_held_by_another(ledger):
    one, two = Region("one", "1" * 12), Region("two", "2" * 12)
    with ledger.hold(two.description), pytest.raises(LedgerError, match="being worked on"):
        run(ledger, one, two)
    assert one.certificates == {}
    assert run(ledger, one, two).exit_code is ExitCode.DONE


def test_a_ledger_that_fails_in_the_middle_ends_the_run_as_partly_done(ledger, tmp_path):
    cloud = Region("one", "1" * 12)
    other = sqlite3.connect(tmp_path / "ledger.db", check_same_thread=False)
    calls = iter(range(100))

    def break_ledger(step):
        if next(calls) == 4:
            other.execute("ALTER TABLE steps RENAME TO lost")
            other.commit()

    cloud.after = break_ledger
    with pytest.raises(LedgerLostError, match="no such table") as caught:
        run(ledger, cloud)
    assert caught.value.exit_code is ExitCode.PARTIAL
    assert len(cloud.certificates) > 0

    cloud.after = lambda step: None
    other.execute("ALTER TABLE lost RENAME TO steps")
    other.close()
    assert run(ledger, cloud).exit_code is ExitCode.DONE
    assert set(cloud.effects.values()) == {1}
    made = ledger.registered(cloud.description.key)
    assert {device.key for device in made} == set(cloud.certificates)


def test_nothing_is_prepared_where_nothing_is_to_be_done(ledger):
    cloud = Region("one", "1" * 12)
    run(ledger, cloud)
    run(ledger, cloud)
    assert cloud.prepared == 1


def test_a_stop_while_planning_changes_nothing(ledger):
    class Reading(Region):
        def inspect(self, devices):
            stop.set()
            return targets[0].calls("List", lambda: super(Reading, self).inspect(devices))

    cloud = Reading("one", "1" * 12)
    targets, stop = opened(cloud)
    with pytest.raises(PlanningStoppedError):
        plan_registration(DEVICES, targets, PlanPolicy(), offline=False)
    assert cloud.calls == {}


def test_two_names_of_one_target_are_removed_from_once(ledger):
    cloud = Region("one", "1" * 12)
    run(ledger, cloud)
    targets, stop = opened(cloud, cloud)
    removals, failed = plan_removal(targets, ledger, ())
    assert failed == ()
    assert [len(removal.devices) for removal in removals] == [6]
    result = deregister(removals, ledger, "tng deregister", stop=stop)
    assert result.exit_code is ExitCode.DONE
    assert cloud.certificates == {}


def test_a_target_that_this_ledger_never_saw_has_nothing_to_remove(ledger):
    targets, _ = opened(Region("one", "1" * 12))
    assert plan_removal(targets, ledger, ()) == ((), ())


@pytest.mark.parametrize("count", [2, 3])
def test_all_shards_together_register_every_device_once(ledger, count, tmp_path):
    cloud = MemoryCloud()
    for index in range(1, count + 1):
        targets, stop = opened(cloud)
        policy = PlanPolicy(shard=Shard(index, count))
        plan = plan_registration(DEVICES, targets, policy, offline=False)
        # Another shard of the same division is at work meanwhile, in another process.
        with (
            SqliteLedger(tmp_path / "ledger.db") as other,
            other.hold(cloud.description, Shard(index % count + 1, count)),
        ):
            register(plan, targets, ledger, f"shard {index}", offline=False, stop=stop)
    assert set(cloud.effects.values()) == {1}
    assert set(cloud.certificates) == {device.leaf.sha256 for device in DEVICES}
    assert ledger.counts(cloud.description.key) == {DeviceState.DONE: len(DEVICES)}


def test_a_shard_does_not_begin_beside_the_whole_or_another_division(ledger):
    cloud = MemoryCloud()
    targets, stop = opened(cloud)
    plan = plan_registration(DEVICES, targets, PlanPolicy(shard=Shard(1, 2)), offline=False)
    for other in (None, Shard(2, 3), Shard(1, 2)):
        with ledger.hold(cloud.description, other), pytest.raises(LedgerError, match="worked on"):
            register(plan, targets, ledger, "shard", offline=False, stop=stop)
    assert cloud.certificates == {}


def test_a_target_is_held_before_it_is_read_and_until_the_run_has_ended(ledger, tmp_path):
    read = []

    class Watched(Region):
        def inspect(self, devices):
            with (
                SqliteLedger(tmp_path / "ledger.db") as other,
                pytest.raises(LedgerError, match="being worked on"),
                other.hold(self.description),
            ):
                pass
            read.append(self.description.name)
            return super().inspect(devices)

    cloud = Watched("one", "1" * 12)
    # Two names of one account are held once.
    targets, stop = opened(cloud, cloud)
    with TargetLeases(ledger) as leases:
        plan = plan_registration(DEVICES, targets, PlanPolicy(), offline=False, hold=leases.hold)
        assert [item.name for item in plan.failed] == ["one"]
        result = register(
            plan, targets, ledger, "tng register", offline=False, stop=stop, leases=leases
        )
        assert result.targets[0].done == len(DEVICES)
        with SqliteLedger(tmp_path / "ledger.db") as other, pytest.raises(LedgerError):
            other.hold(cloud.description).__enter__()
    assert read == ["one", "one"]
    with ledger.hold(cloud.description):
        pass


def test_a_target_that_is_held_by_another_is_not_read(ledger):
    class Unread(Region):
        def inspect(self, devices):
            raise AssertionError("it was read")

    cloud = Unread("one", "1" * 12)
    targets, _ = opened(cloud)
    with (
        ledger.hold(cloud.description),
        TargetLeases(ledger) as leases,
        pytest.raises(LedgerError, match="being worked on"),
    ):
        plan_registration(DEVICES, targets, PlanPolicy(), offline=False, hold=leases.hold)


def test_a_cloud_that_makes_no_certificates_is_refused_before_any_call():
    class Uncalled(Region):
        def preflight(self, *, offline):
            raise AssertionError("it was called")

    targets, _ = opened(Uncalled("one", "1" * 12))
    plan = plan_selection(select_requests([requested(1)]), targets, offline=False)
    assert plan.targets == ()
    assert "takes certificates, not requests" in plan.failed[0].message
