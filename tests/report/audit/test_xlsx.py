"""The workbook, read back by two libraries that did not write it."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import openpyxl
import pytest
import python_calamine
from openpyxl.workbook import Workbook as ReadWorkbook
from xlsxwriter import Workbook

from tests.audit.sample import AT, sample_audit
from tests.report.audit.forms import written
from tng.models import Status
from tng.report.audit.xlsx.cells import MAX_CELL, CellWriter, cell_text
from tng.report.audit.xlsx.table import Column, Table

_SHEETS = ["Summary", "Devices", "Findings", "Reconciliation", "Targets", "Checks"]
_TABLES = _SHEETS[1:]


@cache
def _octets() -> bytes:
    return written("xlsx", sample_audit(10))


def _book() -> ReadWorkbook:
    return openpyxl.load_workbook(io.BytesIO(_octets()))


def _rows(sheet: str) -> list[dict[str, object]]:
    heading, *rows = _book()[sheet].iter_rows(values_only=True)
    return [dict(zip(heading, row, strict=True)) for row in rows]


def test_both_readers_find_the_same():
    book = _book()
    other = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(_octets()))
    assert other.sheet_names == book.sheetnames == _SHEETS
    for name in _SHEETS:
        read = [
            ["" if cell is None else cell for cell in row]
            for row in book[name].iter_rows(values_only=True)
        ]
        plain = [
            [_as_moment(cell) for cell in row]
            for row in other.get_sheet_by_name(name).to_python(skip_empty_area=False)
        ]
        assert plain == [[_as_moment(cell) for cell in row] for row in read]


def _as_moment(cell: object) -> object:
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - cells have no zone
    return cell


@pytest.mark.parametrize("name", _TABLES)
def test_a_table_keeps_its_heading_and_can_be_filtered(name: str):
    sheet = _book()[name]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.column_dimensions["B"].width > 8


def test_identifiers_are_text_and_dates_are_dates():
    device = _rows("Devices")[0]
    assert device["Device"] == "012300000000000001"
    assert device["Object"] == "0"
    assert device["Number"] == 1
    assert device["Provisioned (UTC)"] == datetime(2026, 11, 20, 12)  # noqa: DTZ001 - as above


def test_outcomes_are_tinted_and_named():
    sheet = _book()["Devices"]
    cells = {sheet.cell(row, 2).value: sheet.cell(row, 2).fill.fgColor.rgb for row in range(2, 12)}
    assert set(cells) == {"verified", "rejected", "unverified", "undecodable"}
    assert cells["verified"] == "FFD5EDDB"
    assert cells["rejected"] == "FFF8CFCF"


def test_the_summary_has_verdict_digests_and_anchors():
    cells = [row[:2] for row in _book()["Summary"].iter_rows(values_only=True)]
    assert cells[1] == ("Verdict", "do-not-accept")
    assert ("reel-1.json", "0" * 64) in cells
    assert ("sample-root", "a" * 64) in cells
    assert ("Judged as of (UTC)", AT.replace(tzinfo=None)) in cells


def test_findings_are_a_row_each_with_what_to_do():
    rows = _rows("Findings")
    devices = list(sample_audit(10).devices)
    assert len(rows) == 2 + sum(len(device.findings) for device in devices)
    assert rows[0]["About"] == "order PO-7 line 1"
    assert all(row["What to do"] for row in rows)


def test_the_order_line_says_what_is_missing():
    line = _rows("Reconciliation")[0]
    assert (line["Ordered"], line["Delivered"], line["Short"]) == (9, 7, 2)
    assert line["The first of them"] == "0123eeeeeeeeeeeeee"
    assert line["Date"] == datetime(2026, 10, 1)  # noqa: DTZ001 - as above


def test_the_file_says_when_the_audit_was_made():
    assert _book().properties.created == AT.replace(tzinfo=None)


def _written_table(rows: list[list[object]], rows_a_sheet: int = 1_000) -> ReadWorkbook:
    stream = io.BytesIO()
    book = Workbook(stream, {"constant_memory": True})
    columns = (Column("A"), Column("B"))
    table = Table(book, CellWriter(book), "Things", columns, rows_a_sheet=rows_a_sheet)
    for row in rows:
        table.add(row)
    table.section([Column("C")])
    table.add(["last"])
    table.close()
    book.close()
    return openpyxl.load_workbook(stream)


def test_a_full_sheet_goes_on_in_a_further_one():
    book = _written_table([[number, "x"] for number in range(10)], rows_a_sheet=5)
    assert book.sheetnames == ["Things", "Things 2", "Things 3", "Things 4"]
    for name, numbers in (("Things", [0, 1, 2, 3]), ("Things 3", [8, 9])):
        heading, *rows = book[name].iter_rows(values_only=True)
        assert heading == ("A", "B")
        assert [row[0] for row in rows] == numbers
        assert book[name].auto_filter.ref == f"A1:B{1 + len(numbers)}"
    assert list(book["Things 4"].iter_rows(values_only=True)) == [("C",), ("last",)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime(1899, 12, 31, tzinfo=UTC), "1899-12-31T00:00:00Z"),
        (date(1800, 1, 1), "1800-01-01"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59)),  # noqa: DTZ001
        (2**60, str(2**60)),
        (12, 12),
        (True, "yes"),
        (Status.VERIFIED, "verified"),
        (None, None),
    ],
)
def test_what_a_sheet_cannot_hold_is_text(value: object, shown: object):
    assert _written_table([[value, "x"]])["Things"]["A2"].value == shown


@pytest.mark.parametrize("text", ["x" * 40_000, "\U0001f600" * 20_000, "\x1b" * 20_000])
def test_a_long_text_is_cut_visibly(text: str):
    shown = cell_text(text)
    assert len(shown.encode("utf-16-le")) // 2 <= MAX_CELL
    assert shown.endswith("… (cut)")
    assert _written_table([[text, "x"]])["Things"]["A2"].value == shown


def test_a_time_elsewhere_is_written_in_utc():
    moment = AT.astimezone(datetime.fromisoformat("2026-01-01T00:00+05:00").tzinfo)
    audit = sample_audit(1)
    made = replace(audit, making=replace(audit.making, at=moment))
    assert written("xlsx", made) == written("xlsx", audit)
