"""``tng audit`` of two clouds at once: what stands where, what came when, and nothing changed."""

import csv
import json

import pytest

from tests.cli.workshop import make_workshop

pytestmark = pytest.mark.slow

DEVICES = 4


@pytest.fixture
def workshop(aws_case, dps_case, tmp_path):
    return make_workshop(tmp_path, aws_case, dps_case)


def audit(workshop, *arguments, expect):
    """The report, and what was said on stderr."""
    out, err = workshop.tng("audit", *arguments, *workshop.trust, "--format", "json", expect=expect)
    return json.loads(out), err


def standings(report):
    """How many devices stand how, by target."""
    counts = {}
    for device in report["devices"]:
        for item in device["targets"]:
            key = item["target"], item["standing"]
            counts[key] = counts.get(key, 0) + 1
    return counts


def test_before_and_after_registering(workshop, aws_case, dps_case):
    manifest = workshop.manifest(DEVICES)
    names = [target.name for case in workshop.cases for target in case.targets]
    before, _ = audit(workshop, manifest, *workshop.all_targets, expect=1)
    assert standings(before) == {(name, "missing"): DEVICES for name in names}
    workshop.register(manifest, *workshop.all_targets)
    for case in workshop.cases:
        case.log.clear()
    after, err = audit(workshop, manifest, *workshop.all_targets, "--fail-on", "error", expect=0)
    assert standings(after) == {(name, "in-place"): DEVICES for name in names}
    assert after["verdict"]["decision"] in ("accept", "accept-with-remarks")
    assert "every genuine one is in place on 4 targets" in err
    for case in workshop.cases:
        assert len(case.log) > 0
        assert case.log.writes() == ()


@pytest.mark.slow
def test_an_update_in_the_configuration_changes_neither_the_cloud_nor_the_words(
    workshop, aws_case, dps_case
):
    manifest = workshop.manifest(2)
    workshop.register(manifest, *workshop.all_targets)
    for case in workshop.cases:
        case.lock_out(case.first, 0)
        case.log.clear()
    workshop.configure({case.first.name: {"update": True} for case in workshop.cases})
    report, _ = audit(workshop, manifest, *workshop.all_targets, expect=1)
    for case in workshop.cases:
        assert standings(report)[case.first.name, "different"] == 1
        assert case.log.writes() == ()


@pytest.mark.slow
def test_what_is_registered_on_a_target_that_was_not_named(workshop, aws_case):
    manifest = workshop.manifest(2)
    workshop.register(manifest, *workshop.all_targets)
    report, _ = audit(workshop, manifest, "--target", aws_case.first.name, expect=0)
    others = {t.name for case in workshop.cases for t in case.targets} - {aws_case.first.name}
    assert {item["target"] for item in report["elsewhere"]} == others


def test_orders_targets_and_devices_in_one_report(workshop, aws_case):
    manifest = workshop.manifest(DEVICES)
    with (workshop.folder / "orders.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["order", "part_number", "quantity"])
        rows.writerow(["PO-1", "ATECC608*", DEVICES + 1])
    workshop.register(manifest, "--target", aws_case.first.name)
    report, err = audit(
        workshop, manifest, "--expect", "orders.csv", "--target", aws_case.first.name, expect=1
    )
    (line,) = report["reconciliation"]["lines"]
    assert (line["delivered"], line["short"]) == (DEVICES, 1)
    assert {device["order"]["order"] for device in report["devices"]} == {"PO-1"}
    assert "1 of 5 ordered chips did not come" in err


@pytest.mark.slow
def test_a_target_that_cannot_be_read_does_not_hide_the_others(workshop, aws_case, dps_case):
    manifest = workshop.manifest(1)
    workshop.register(manifest, *workshop.all_targets)
    said = workshop.spoil(dps_case, dps_case.first)
    report, err = audit(workshop, manifest, *workshop.all_targets, expect=1)
    counts = standings(report)
    assert counts[dps_case.first.name, "unknown"] == 1
    assert counts[aws_case.first.name, "in-place"] == 1
    problems = {item["name"]: item["problem"] for item in report["targets"]}
    assert said in problems[dps_case.first.name]
    assert "1 target could not be read" in err
