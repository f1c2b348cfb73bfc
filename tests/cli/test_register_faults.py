"""Registering with the real process in every cloud, with quotas and faults in front."""

import pytest

from tests.cloud_cases.interface import keys
from tng.sandbox.faults import Fault, Hook, LostReply, ServerError, Throttle, When, random_faults


def test_the_whole_way_on_two_targets(workshop, case):
    manifest = workshop.manifest(6)
    dry, _ = workshop.tng("register", manifest, *workshop.trust, *case.both, "--dry-run")
    assert "6  to register" in dry
    assert ", ".join(f"{count} {call}" for call, count in case.kind.planned(6).items()) in dry
    assert case.first.place in dry
    assert f"{case.kind.fact}: " in dry
    assert case.log.writes() == ()

    out, err = workshop.register(manifest, *case.both)
    assert out.count("6  done") == 2
    assert f"{case.first.name}: 6/6" in err
    assert len(case.log.writes()) == 2 * case.kind.write_calls(6)
    for target in case.targets:
        case.assert_registered(target, 6)

    case.log.clear()
    again, _ = workshop.register(manifest, *case.both)
    assert again.count("6  of them there and right before") == 2
    assert case.log.writes() == ()

    second = ("--target", case.second.name)
    removal, _ = workshop.tng("deregister", *second, "--dry-run")
    assert "6  to deregister" in removal
    assert case.log.writes() == ()
    workshop.deregister(*second)
    case.assert_empty(case.second)
    case.assert_registered(case.first, 6)
    counts = {name: target["counts"] for name, target in workshop.status().items()}
    assert counts[case.second.name]["removed"] == 6
    assert counts[case.first.name]["done"] == 6


FAULTS = [
    pytest.param([*random_faults(0.2)], id="a bit of everything"),
    pytest.param(
        [Fault(LostReply(When.AFTER), count=None, probability=0.15)],
        id="lost after",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        [Fault(LostReply(When.BEFORE), count=None, probability=0.15)],
        id="lost before",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        [Fault(Throttle(), count=None, probability=0.15)],
        id="throttles",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        [Fault(Throttle(1.0), count=None, probability=0.15)],
        id="throttles that say how long",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        [Fault(ServerError(503), count=None, probability=0.15)],
        id="server errors",
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize("faults", FAULTS)
def test_faults_lose_nobody_and_register_nobody_twice(workshop, case, faults):
    case.inject(*faults)
    workshop.register(workshop.manifest(case.kind.devices), *case.both)
    for target in case.targets:
        case.assert_registered(target, case.kind.devices)


@pytest.mark.slow
def test_faults_in_an_undo_leave_nothing(workshop, case):
    workshop.register(workshop.manifest(case.kind.devices), *case.both)
    case.inject(*random_faults(0.2))
    workshop.deregister(*case.both)
    for target in case.targets:
        case.assert_empty(target)


@pytest.mark.slow
def test_what_was_made_with_a_lost_reply_is_this_tools_own_and_can_be_removed(workshop, case):
    case.inject(Fault(LostReply(When.AFTER), case.kind.registering))
    workshop.register(workshop.manifest(3), *case.one)
    case.assert_registered(case.first, 3)
    workshop.deregister(*case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
def test_what_somebody_else_registers_in_the_meantime_is_done_and_never_ones_own(workshop, case):
    # A device alone is in no batch.
    count = 1 if case.kind.per_call == 1 else 3

    def meddle():
        case.add(case.first, 0)
        # Nor does it help if it cannot be read at once whose it is.
        for read in ("DescribeCertificate", "GetEnrollment"):
            case.inject(Fault(ServerError(503), read))

    case.inject(Fault(Hook(When.BEFORE, meddle), case.kind.registering))
    workshop.register(workshop.manifest(count), *case.one)
    assert set(case.registered(case.first)) == keys(count)
    workshop.deregister(*case.one)
    assert set(case.registered(case.first)) == keys(1)


@pytest.mark.slow
def test_a_quota_below_the_rate_is_survived(workshop, case):
    case.limit(20)
    workshop.register(workshop.manifest(30), *case.one)
    case.assert_registered(case.first, 30)


@pytest.mark.slow
def test_a_rate_at_the_quota_is_never_throttled(workshop, case):
    case.limit(20)
    workshop.register(workshop.manifest(40), *case.one, "--rate", "20")
    case.assert_registered(case.first, 40)
    # What is not there yet is asked for, too.
    assert {call.status for call in case.log} <= {200, 404}
