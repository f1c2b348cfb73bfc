"""Where devices stand, in every cloud: registered by `tng`, then changed behind its back."""

from datetime import timedelta

import pytest

from tests.audit.looking import Auditing, others, selection
from tests.cloud_cases.interface import chip
from tng.apply.stopping import StopSignal
from tng.audit.models import HeldElsewhere, Standing
from tng.registration import PlanningStoppedError
from tng.sandbox.faults import Fault, Hook, LostReply, ServerError, Throttle, When

pytestmark = pytest.mark.slow

BOTH_WAYS = pytest.mark.parametrize("with_extras", [True, False], ids=["extras", "no extras"])


@pytest.fixture
def case(cloud_case):
    return cloud_case


@pytest.fixture
def auditing(case, tmp_path, monkeypatch):
    return Auditing(tmp_path, monkeypatch, case)


@BOTH_WAYS
def test_what_tng_registered_is_in_place(case, auditing, with_extras):
    auditing.register(0, 1, 2)
    looked = auditing.look(selection(0, 1, 2), with_extras=with_extras)
    assert {looked.standing(number) for number in range(3)} == {Standing.IN_PLACE}
    assert not any(looked.findings.values())
    target = looked.target
    assert (target.name, target.place, target.problem) == (case.first.name, case.first.place, "")
    assert target.counts == {Standing.IN_PLACE: 3}
    assert (target.unknown, target.unknown_count, target.recorded_count) == ((), 0, 0)
    assert case.kind.fact in dict(target.facts)
    assert looked.seen.elsewhere == ()


@BOTH_WAYS
def test_what_is_missing_changed_or_there_without_right_is_told(case, auditing, with_extras):
    auditing.register(0, 1)
    case.lock_out(case.first, 1)
    case.add(case.first, 3)
    case.log.clear()
    looked = auditing.look(selection(0, 1, 2), others(3, 4), with_extras=with_extras)
    assert [looked.standing(number) for number in range(5)] == [
        Standing.IN_PLACE,
        Standing.DIFFERENT,
        Standing.MISSING,
        Standing.UNEXPECTED,
        Standing.ABSENT,
    ]
    assert [looked.codes(number) for number in range(5)] == [
        [],
        ["registration-differs"],
        ["device-not-registered"],
        ["not-genuine-registered"],
        [],
    ]
    assert sum(looked.target.counts.values()) == 5
    (different,) = looked.kept[1]
    assert case.differs in " ".join(different.differences)
    (message,) = [item.message for item in looked.findings[1]]
    assert message.startswith(f"{case.first.name}: ")
    assert case.right in looked.findings[3][0].message
    assert looked.target.unknown_count == 0


def test_a_later_duplicate_of_a_genuine_device_stands_as_that_one(auditing):
    auditing.register(0)
    looked = auditing.look(selection(0), others(0))
    assert looked.standing(0) is Standing.IN_PLACE
    assert looked.target.counts == {Standing.IN_PLACE: 1}


def test_strangers_are_told_from_what_tng_registered_from_other_sources(case, auditing):
    auditing.register(0, 1)
    case.add(case.first, 5)
    case.log.clear()
    looked = auditing.look(selection(0))
    target = looked.target
    assert (target.unknown_count, target.recorded_count) == (1, 1)
    assert [(item.key, item.recorded) for item in target.unknown] == [
        (chip(5).sha256, False),
        (chip(1).sha256, True),
    ]
    assert looked.general(case.first).count("unknown-registered") == 1
    without = auditing.look(selection(0), with_ledger=False).target
    assert (without.unknown_count, without.recorded_count) == (2, 0)
    assert auditing.look(selection(0, 1), others(5)).target.unknown == ()


def test_what_is_left_out_is_not_read(case, auditing):
    case.add(case.first, 5)
    case.log.clear()
    looked = auditing.look(selection(0), with_extras=False)
    assert (looked.target.unknown, looked.target.unknown_count) == ((), 0)
    assert looked.general(case.first).count("unknown-registered") == 0


def test_a_device_on_a_target_that_was_not_asked_about_is_told(case, auditing):
    auditing.register(0, 1, on=case.targets)
    looked = auditing.look(selection(0), others(1))
    assert looked.standing(0) is Standing.IN_PLACE
    assert looked.codes(0) == ["registered-elsewhere"]
    assert looked.codes(1) == ["not-genuine-registered", "registered-elsewhere"]
    assert case.second.name in looked.findings[0][0].message
    assert looked.seen.elsewhere == (HeldElsewhere(case.second.name, 2),)
    both = auditing.look(selection(0, 1), on=case.targets)
    assert both.seen.elsewhere == ()
    assert [item.standing for item in both.kept[0]] == [Standing.IN_PLACE] * 2
    assert [item.target for item in both.kept[0]] == [target.name for target in case.targets]


@pytest.mark.slow
def test_one_target_that_cannot_be_read_does_not_hide_the_other(case, auditing):
    auditing.register(0, on=case.targets)
    for operation in ("ListCertificates", "QueryEnrollments"):
        case.inject(Fault(ServerError(), operation, case.second.account, count=None))
    looked = auditing.look(selection(0), others(1), on=case.targets)
    good, bad = looked.seen.targets
    assert (good.problem, bad.counts) == ("", {Standing.UNKNOWN: 2})
    assert bad.problem
    assert bad.facts == ()
    assert (bad.name, bad.place) == (case.second.name, case.second.place)
    assert looked.general(case.second) == ["target-not-read"]
    assert "target-not-read" not in looked.general(case.first)
    assert [item.standing for item in looked.kept[0]] == [Standing.IN_PLACE, Standing.UNKNOWN]
    assert [item.standing for item in looked.kept[1]] == [Standing.ABSENT, Standing.UNKNOWN]
    # It was asked about: that it was not read does not make it a further one.
    assert looked.seen.elsewhere == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "effect",
    [Throttle(), ServerError(503), LostReply(When.AFTER)],
    ids=["throttle", "503", "lost"],
)
def test_what_passes_is_waited_for(case, auditing, effect):
    auditing.register(0)
    case.add(case.first, 5)
    for operation in ("ListCertificates", "QueryEnrollments"):
        case.inject(Fault(effect, operation))
    case.log.clear()
    looked = auditing.look(selection(0))
    assert looked.standing(0) is Standing.IN_PLACE
    assert looked.target.unknown_count == 1


def test_the_end_is_heeded_while_targets_are_read(case, auditing):
    auditing.register(0, on=case.targets)
    stop = StopSignal()
    for operation in ("ListCertificates", "QueryEnrollments"):
        case.inject(Fault(Hook(When.BEFORE, stop.set), operation))
        case.inject(Fault(Throttle(), operation, count=None))
    with pytest.raises(PlanningStoppedError):
        auditing.look(selection(0), on=case.targets, stop=stop)


def test_nothing_at_all_to_ask_about_still_finds_what_is_there(case, auditing):
    case.add(case.first, 5)
    case.log.clear()
    looked = auditing.look(selection())
    assert looked.target.counts == {}
    assert looked.target.unknown_count == 1


class Told:
    """A progress that writes down what it is told."""

    def __init__(self):
        self.times = []
        self.begun = []
        self.counts = []

    def reading(self, target, at_least):
        self.times.append((target, at_least < timedelta(seconds=1)))

    def listing(self, target, a_second):
        self.begun.append((target, a_second > 0))

    def listed(self, target, devices):
        self.counts.append((target, devices))


def test_how_long_it_will_take_is_told_before_and_how_far_it_is_meanwhile(case, auditing):
    auditing.register(0, 1)
    told = Told()
    auditing.look(selection(0), progress=told)
    assert told.times == [(case.first.name, True)]
    assert told.begun == [(case.first.name, True)]
    assert told.counts == [(case.first.name, 2)]
    quiet = Told()
    auditing.look(selection(0), progress=quiet, with_extras=False)
    assert (quiet.begun, quiet.counts, len(quiet.times)) == ([], [], 1)
