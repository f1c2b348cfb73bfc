"""Several targets in one audit: of both clouds, the same one twice, and one that cannot list."""

import pytest

from tests.apply.memory_cloud import MemoryCloud
from tests.audit.looking import Auditing, others, selection
from tests.cloud_cases.interface import chip
from tests.planned_devices import verified
from tng.apply.calls import Calls
from tng.apply.session import OpenTarget
from tng.apply.stopping import StopSignal
from tng.audit.models import Standing
from tng.audit.standing import look_at_targets
from tng.ledger import SqliteLedger


@pytest.fixture
def auditing(aws_case, dps_case, tmp_path, monkeypatch):
    return Auditing(tmp_path, monkeypatch, aws_case, dps_case)


@pytest.fixture
def ledger(auditing):
    with SqliteLedger(auditing.ledger_path) as opened:
        yield opened


def all_targets(*cases):
    return [target for case in cases for target in case.targets]


def test_four_targets_of_two_clouds_are_read_side_by_side_and_written_to_by_nobody(
    auditing, aws_case, dps_case
):
    auditing.register(0, 1)
    aws_case.lock_out(aws_case.first, 1)
    dps_case.add(dps_case.second, 3)
    for case in (aws_case, dps_case):
        case.log.clear()
    targets = all_targets(aws_case, dps_case)
    looked = auditing.look(selection(0, 1), others(3), on=targets)
    place, missing, absent = Standing.IN_PLACE, Standing.MISSING, Standing.ABSENT
    assert [item.standing for item in looked.kept[0]] == [place, missing, place, missing]
    assert [item.standing for item in looked.kept[1]] == [
        Standing.DIFFERENT, missing, place, missing,
    ]  # fmt: skip
    assert [item.standing for item in looked.kept[3]] == [
        absent, absent, absent, Standing.UNEXPECTED,
    ]  # fmt: skip
    assert [item.name for item in looked.seen.targets] == [target.name for target in targets]
    for case in (aws_case, dps_case):
        assert len(case.log) > 0
        assert case.log.writes() == ()


def memory_target(name, stop):
    own = stop.child()
    cloud = MemoryCloud(name)
    return OpenTarget(name, cloud, Calls(stop=own), own), cloud


def test_a_cloud_that_does_not_tell_what_it_holds_is_said_so():
    stop = StopSignal()
    target, cloud = memory_target("plant", stop)
    kept = {}
    seen = look_at_targets(
        selection(0), others(1), [target], ledger=None, stop=stop,
        keep=lambda key, standing, findings: kept.update({key: standing}),
    )  # fmt: skip
    assert "does not tell what it holds" in seen.targets[0].problem
    assert {item.standing for item in kept.values()} == {Standing.UNKNOWN}
    assert set(kept) == {verified(0).leaf.sha256, chip(1).sha256}
    assert cloud.calls == {}


def test_two_names_of_one_target_are_read_as_one(auditing, aws_case):
    auditing.register(0)
    stop = StopSignal()
    (first,) = auditing.open(stop, aws_case.first)
    (again,) = auditing.open(stop, aws_case.first)
    again = OpenTarget("another-name", again.cloud, again.calls, again.stop)
    kept = []
    seen = look_at_targets(
        selection(0), {}, [first, again], ledger=None, stop=stop,
        keep=lambda key, standing, findings: kept.append(standing),
    )  # fmt: skip
    assert [item.standing for item in kept] == [Standing.IN_PLACE, Standing.UNKNOWN]
    assert "are both account" in seen.targets[1].problem
    assert [item.finding.code for item in seen.general if item.subject.name == again.name] == [
        "target-not-read"
    ]


def test_where_no_target_is_asked_about_none_is_a_further_one(auditing, ledger):
    auditing.register(0)
    seen = look_at_targets(
        selection(0), {}, [], ledger=ledger, stop=StopSignal(), keep=lambda *_: pytest.fail("kept")
    )
    assert (seen.targets, seen.elsewhere, seen.general) == ((), (), ())
