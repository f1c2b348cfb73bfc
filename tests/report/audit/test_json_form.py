"""The JSON report: one schema with ``tng verify``, every device, and the whole."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema
import pytest

from tests.audit.sample import sample_audit, sample_device
from tests.judging import ROOT
from tests.report.audit.forms import written
from tests.report.hostile import HOSTILE
from tng.audit.models import InputRole
from tng.audit.rows import read_row

_SCHEMA = json.loads((ROOT / "docs" / "schemas" / "tng.report.1.json").read_text("utf-8"))
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA)


@pytest.mark.parametrize("text", [None, *HOSTILE])
def test_the_report_is_what_the_schema_says(text: str | None):
    _VALIDATOR.validate(json.loads(written("json", sample_audit(10, text))))


def test_an_audit_without_orders_and_targets_is_valid_too():
    bare = replace(sample_audit(0), reconciliation=None, targets=(), elsewhere=(), general=())
    _VALIDATOR.validate(json.loads(written("json", bare)))


def test_every_member_of_the_schema_occurs_in_the_sample():
    report = json.loads(written("json", sample_audit(10)))
    assert set(report) == set(_SCHEMA["properties"])
    assert set(report["run"]) == set(_SCHEMA["properties"]["run"]["properties"])
    assert set(report["summary"]) == set(_SCHEMA["properties"]["summary"]["properties"])


def test_devices_stand_one_a_line_and_read_back_equal():
    lines = written("json", sample_audit(10)).splitlines()
    devices = [read_row(json.loads(line.rstrip(b","))) for line in lines[1:11]]
    assert devices == [sample_device(number) for number in range(1, 11)]


def test_the_verdict_is_known_before_the_devices():
    octets = written("json", sample_audit(10))
    assert octets.index(b'"verdict"') < octets.index(b'"inputs"') < octets.index(b'"devices":[')


def test_a_line_counts_the_serials_that_it_lists():
    report = json.loads(written("json", sample_audit(10)))
    (line,) = report["reconciliation"]["lines"]
    assert line["listed_serials"] == 16**14
    assert line["short"] == line["quantity"] - line["delivered"] == 2


def test_the_schema_refuses_a_source_of_an_unknown_kind():
    audit = sample_audit(1)
    source, order = audit.inputs
    assert source.role is InputRole.SOURCE
    report = json.loads(
        written("json", replace(audit, inputs=(replace(source, kind="surprise"), order)))
    )
    with pytest.raises(jsonschema.ValidationError):
        _VALIDATOR.validate(report)


def test_years_of_three_digits_are_written_with_four():
    audit = sample_audit(1)
    early = replace(audit.making, at=datetime(987, 1, 1, tzinfo=UTC))
    report = json.loads(written("json", replace(audit, making=early)))
    assert report["run"]["at"] == "0987-01-01T00:00:00Z"
