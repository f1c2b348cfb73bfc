"""Every form of a comparison says the same, validates, and shows strangers' text inert."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from tests.audit.reports import report_members, write_members, write_report
from tests.audit.sample import sample_audit
from tests.report.test_inert import HOSTILE
from tng.audit.comparison import Comparison
from tng.report.diff_schema import diff_schema
from tng.report.diffs import COLUMNS, write_diff

FORMS = ("columns", "csv", "markdown", "json")


def _written(form: str, old: str, new: str, *, colored: bool = False) -> str:
    stream = io.BytesIO()
    with Comparison(old, new, io.BytesIO()) as comparison:
        write_diff(form, comparison, stream, colored=colored)
    return stream.getvalue().decode()


@pytest.fixture
def two(tmp_path: Path) -> tuple[str, str]:
    """One of twelve devices gone, one new, one rejected, one with another certificate."""
    old, new = report_members(12), report_members(13)
    devices = new["devices"]
    devices[3]["status"] = "rejected"
    devices[5]["certificate_sha256"] = "e" * 64
    del devices[1]
    new["verdict"]["decision"] = "accept"
    return write_members(tmp_path / "old.json", old), write_members(tmp_path / "new.json", new)


def test_json_validates_and_counts_what_it_lists(two):
    members = json.loads(_written("json", *two))
    jsonschema.Draft202012Validator(diff_schema()).validate(members)
    codes = [item["code"] for device in members["devices"] for item in device["findings"]]
    assert codes == ["status-worse", "certificate-replaced", "device-new", "device-gone"]
    assert members["summary"]["findings"] == {**dict.fromkeys(codes, 1), "verdict-better": 1}
    assert members["summary"]["devices"] == 4


def test_every_form_tells_each_change(two):
    rows = list(csv.DictReader(io.StringIO(_written("csv", *two), newline="")))
    devices = [row for row in rows if row["severity"] and row["change"] != "verdict-better"]
    assert [row["change"] for row in devices] == [
        "status-worse",
        "certificate-replaced",
        "device-new",
        "device-gone",
    ]
    for form in ("columns", "markdown"):
        text = _written(form, *two)
        for row in devices:
            assert text.count(row["change"]) == 1
            assert row["name"] in text
        assert "do-not-accept before, accept now" in text or "do-not-accept → accept" in text


@pytest.mark.parametrize("form", FORMS)
def test_the_same_two_reports_give_the_same_bytes(two, form):
    assert _written(form, *two) == _written(form, *two)


def test_colours_are_for_columns_that_want_them(two):
    assert "\x1b[31mstatus-worse" in _written("columns", *two, colored=True)
    assert "\x1b" not in _written("columns", *two)


def test_a_form_that_there_is_not_is_an_error(two):
    with pytest.raises(ValueError, match="no form"):
        _written("xlsx", *two)


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", FORMS)
def test_hostile_text_in_every_field_is_shown_and_does_nothing(tmp_path: Path, form, text):
    audit = sample_audit(3, text)
    old = write_report(tmp_path / "old.json", audit)
    new = write_report(tmp_path / "new.json", replace(sample_audit(5, text + "x")))
    shown = _written(form, old, new)
    assert not _CONTROL.search(shown.replace("\r\n", "\n"))
    if form == "csv":
        rows = list(csv.reader(io.StringIO(shown, newline="")))
        assert {len(row) for row in rows} == {len(COLUMNS)}
        starts = ("=", "+", "-", "@", "\t", "\r")
        assert not any(cell.startswith(starts) for row in rows for cell in row)
    if form == "markdown":
        rows = [line for line in shown.splitlines() if line.startswith("| ")]
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {6}
        # Within a code span nothing is markup, link or mention (GitHub Flavored Markdown §6.9).
        outside = [re.sub(r"`[^`]*`", "", line) for line in rows]
        assert not any(re.search(r"[<>`*\[\]~&@\\]|://|www\.", line) for line in outside)
