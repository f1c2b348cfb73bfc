"""Saved plans: what is written validates, what is read is strict, what is applied narrows."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.plan.fake_cloud import NO_FACTS, NOTHING_THERE, FakeCloud
from tests.planned_devices import record, unverified, verified
from tng.errors import InputError, OutputError
from tng.models import InputSummary, RejectedDevice, Source, Undecodable
from tng.plan.document import check_against, make_document
from tng.plan.eligibility import PlanPolicy, select_devices
from tng.plan.file import plan_text, read_plan, write_plan
from tng.plan.models import FailedTarget
from tng.plan.planner import InspectedTarget, make_plan
from tng.plan.saved import Origin, PlanOptions
from tng.plan.view import RemoteView

SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "schemas" / "tng.plan.1.json"
MANIFEST = InputSummary("manifest.json", "ab" * 32, "microchip-manifest", 3)
RATES = {"eu": FakeCloud().rates}


def plan_of(*outcomes, view=NOTHING_THERE, cloud=None):
    selection = select_devices(outcomes, PlanPolicy())
    target = InspectedTarget("eu", cloud or FakeCloud(), NO_FACTS, view)
    return make_plan(selection, [target], [FailedTarget("us", "no credentials", "sign in")])


def document_of(plan, **options):
    settings = {"eu": {"cloud": "fake", "region": "here"}}
    origin = Origin("2026-11-21T10:00:00Z", "0.1.0")
    return make_document(plan, [MANIFEST], PlanOptions(**options), settings, origin)


MIXED = (
    verified(1),
    verified(2),
    unverified(3),
    RejectedDevice(record(4), ()),
    Undecodable(Source("manifest.json", entry=5), ()),
)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))


@pytest.mark.parametrize("view", [NOTHING_THERE, None])
def test_what_is_written_validates_and_reads_back(validator, tmp_path, view):
    document = document_of(plan_of(*MIXED, view=view), at="2026-01-01T00:00:00Z")
    file = tmp_path / "plan.json"
    write_plan(document, file)
    validator.validate(json.loads(file.read_bytes()))
    assert read_plan(file) == document
    assert len(document.ineligible) == 3
    assert "BEGIN CERTIFICATE" not in file.read_text()


def test_the_schema_refuses_what_is_not_a_plan(validator):
    content = json.loads(plan_text(document_of(plan_of(verified(1)))))
    assert validator.is_valid(content)
    content["targets"][0]["devices"][0]["certificate_sha256"] = "AB"
    assert not validator.is_valid(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.pop("options"),
        lambda content: content.update(extra=1),
        lambda content: content.update(schema="tng.plan/2"),
        lambda content: content["targets"][0].update(duration_seconds="1"),
        lambda content: content["targets"][0]["devices"][0].update(operations="Register"),
        lambda content: content["targets"][0]["calls"].update(Register="20"),
        lambda content: content["targets"][0]["facts"].append(["one"]),
        lambda content: content["options"].update(allow_unverified=1),
    ],
)
def test_reading_is_strict(tmp_path, damage):
    content = json.loads(plan_text(document_of(plan_of(verified(1)))))
    damage(content)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match="is not a plan"):
        read_plan(file)


@given(data=st.binary(max_size=60) | st.just(b"[" * 100_000))
def test_other_bytes_are_refused(data, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(data)
    with pytest.raises(InputError):
        read_plan(file)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError):
        read_plan(tmp_path / "absent.json")
    with pytest.raises(OutputError):
        write_plan(document_of(plan_of(verified(1))), tmp_path / "absent" / "plan.json")


def test_an_unchanged_world_departs_in_nothing():
    plan = plan_of(verified(1), verified(2))
    checked = check_against(document_of(plan), [MANIFEST], plan, RATES)
    assert checked.departures == ()
    assert checked.plan == plan


def test_only_planned_certificates_are_applied():
    document = document_of(plan_of(verified(1), verified(2)))
    checked = check_against(document, [MANIFEST], plan_of(verified(2), verified(3)), RATES)
    kept = checked.plan.targets[0]
    assert [device.key for device in kept.devices] == [verified(2).leaf.sha256]
    assert kept.calls == {"Register": 1, "Attach": 1}
    assert kept.duration.total_seconds() == pytest.approx(0.2)
    text = "\n".join(checked.departures)
    assert f"1 devices are not in the plan and left out: {verified(3).record.device_id}" in text
    assert verified(1).record.device_id in text


def test_a_device_rejected_since_is_not_applied_although_it_is_in_the_plan():
    document = document_of(plan_of(verified(1)))
    checked = check_against(document, [MANIFEST], plan_of(RejectedDevice(record(1), ())), RATES)
    assert checked.plan.targets[0].devices == ()
    assert "not among the eligible ones" in checked.departures[0]


def test_a_changed_remote_state_keeps_the_fresh_calls():
    document = document_of(plan_of(verified(1)))
    there = RemoteView({verified(1).leaf.sha256: {}})
    checked = check_against(document, [MANIFEST], plan_of(verified(1), view=there), RATES)
    assert checked.plan.targets[0].devices[0].calls == ()
    assert "other calls than planned" in checked.departures[0]


def test_another_name_is_not_applied():
    document = document_of(plan_of(verified(1)))
    renamed = plan_of(verified(1), cloud=FakeCloud(name_of=lambda _: "other"))
    checked = check_against(document, [MANIFEST], renamed, RATES)
    assert checked.plan.targets[0].devices == ()
    assert "named otherwise" in checked.departures[0]


def test_another_account_is_not_applied():
    document = document_of(plan_of(verified(1)))
    elsewhere = plan_of(verified(1), cloud=FakeCloud("222222222222"))
    checked = check_against(document, [MANIFEST], elsewhere, RATES)
    assert checked.plan.targets == ()
    assert "the plan says account 111111111111" in checked.departures[0]


def test_changed_sources_are_told():
    plan = plan_of(verified(1))
    changed = replace(MANIFEST, sha256="cd" * 32)
    other = replace(MANIFEST, path="other.json")
    text = check_against(document_of(plan), [changed], plan, RATES).departures
    assert text == ("manifest.json has changed since the plan was made",)
    text = check_against(document_of(plan), [other], plan, RATES).departures
    assert text == (
        "manifest.json is not there any more",
        "other.json was not there when the plan was made",
    )


@pytest.mark.parametrize("csr", [True, None])
def test_a_plan_says_that_its_sources_are_requests(csr, tmp_path):
    document = document_of(plan_of(verified(1)), csr=csr)
    Draft202012Validator(json.loads(SCHEMA_FILE.read_text())).validate(
        json.loads(plan_text(document))
    )
    write_plan(document, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == document


def test_a_plan_of_an_older_version_is_of_certificates(tmp_path):
    content = json.loads(plan_text(document_of(plan_of(verified(1)))))
    del content["options"]["csr"]
    (tmp_path / "plan.json").write_text(json.dumps(content))
    assert read_plan(tmp_path / "plan.json").options.csr is None
