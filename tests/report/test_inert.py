"""Hostile text in every field is shown, and does nothing."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.judging import judge, manifest, microchip
from tests.report.hostile import CONTROL, HOSTILE
from tng.findings import finding
from tng.models import InputSummary, Outcome, Source, Undecodable, VerifiedDevice
from tng.report.csv_report import csv_line
from tng.report.interface import ReportContext, Summary
from tng.report.json_text import to_json
from tng.report.registry import make_report
from tng.report.text import markdown_cell, printable, spreadsheet_cell
from tng.testing.manifest import make_entries

_CONTEXT = ReportContext(
    "1", datetime(2026, 11, 21, tzinfo=UTC), False, (("device-root", "a", "f\udcff"),)
)


def _outcomes(text: str) -> list[Outcome]:
    (genuine,) = judge(manifest(make_entries(microchip(), 1)))
    assert isinstance(genuine, VerifiedDevice)
    source = Source(text, entry=1)
    record = replace(
        genuine.record,
        source=source,
        device_id=text,
        part_number=text,
        group_id=text,
        object_id=text,
    )
    notes = (finding("manifest-time-outside-signer", text),)
    return [replace(genuine, record=record, findings=notes), Undecodable(source, notes)]


def _report(form: str, text: str) -> bytes:
    stream = io.BytesIO()
    report = make_report(form, stream, colored=False, with_notices=True)
    report.begin(_CONTEXT)
    summary = Summary()
    for outcome in _outcomes(text):
        summary.add(outcome)
        report.item(report.render(outcome))
    report.end([InputSummary(text, "", "text", 1)], summary)
    return stream.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["columns", "csv", "markdown", "json", "jsonl"])
def test_no_control_character_reaches_any_output(form: str, text: str):
    shown = _report(form, text).decode()
    assert not CONTROL.search(shown.replace("\r\n", "\n"))


@pytest.mark.parametrize("text", HOSTILE)
def test_columns_keep_one_line_for_each_device_and_finding(text: str):
    assert len(_report("columns", text).splitlines()) == 1 + 2 * 2


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_has_a_row_a_device_and_no_formula(text: str):
    rows = list(csv.reader(io.StringIO(_report("csv", text).decode(), newline="")))
    assert [len(row) for row in rows] == [20] * 3
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_keeps_its_cells_and_no_markup(text: str):
    shown = _report("markdown", text).decode()
    *_, line, undecodable = shown.splitlines()
    assert line.startswith("| verified | ")
    assert undecodable.startswith("| undecodable | ")
    assert len(re.findall(r"(?<!\\)\|", line)) == 7
    assert not re.search(r"(?<!\\)[<>`*\[\]~&]", line)


@pytest.mark.parametrize("text", [text for text in HOSTILE if not text.endswith("\udcff")])
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_gives_back_exactly_what_was_there(form: str, text: str):
    lines = _report(form, text).decode()
    if form == "json":
        devices = json.loads(lines)["devices"]
    else:
        devices = [json.loads(line) for line in lines.splitlines()[1:3]]
    assert devices[0]["part_number"] == text
    assert devices[1]["source"]["file"] == text


def test_a_lone_surrogate_is_visible_in_json_that_stays_valid():
    octets = to_json({"a": ["x\udcff"], "b": {"c": "y\ud800"}})
    assert json.loads(octets) == {"a": ["x\\udcff"], "b": {"c": "y\\ud800"}}


@pytest.mark.parametrize("text", ["sn0123", "Grüße 日本", "ATECC608C-TNGTLSU-B"])
def test_harmless_text_stays_as_it_is(text: str):
    assert printable(text) == text
    assert spreadsheet_cell(text) == text
    assert markdown_cell(text) == text


def test_columns_are_never_cut():
    text = "x" * 5000
    assert _report("columns", text).decode().count(text) >= 2 * 2


@pytest.mark.parametrize(
    "text", ["\uff1d1", "a;=1+1", 'a; "=1', "b;'@x", ";\uff0b1", "a;\t=1", ";;-2"]
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_cell_is_no_formula_however_a_spreadsheet_parts_the_line(text: str, delimiter: str):
    line = csv_line([text, text]).decode()
    for row in csv.reader(io.StringIO(line, newline=""), delimiter=delimiter):
        for cell in row:
            shown = cell.strip('" ,')
            assert shown == "" or shown[0] not in "=+-@\uff1d\uff0b\uff0d\uff20", row


def test_semicolons_of_harmless_text_stay():
    assert spreadsheet_cell("issuer-unknown; uid-1; 2") == "issuer-unknown; uid-1; 2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("PO\u00ad-7", "PO\\u00ad-7"), ("eu\U000e0041", "eu\\U000e0041"), ("a\ufff9b", "a\\ufff9b")],
)
def test_invisible_characters_make_no_second_name_that_looks_the_same(text: str, shown: str):
    assert printable(text) == shown
