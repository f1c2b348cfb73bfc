"""Order files that mean harm: every one is refused in words, in bounded time and memory."""

import io
import json
import time
import zipfile
from collections import deque
from itertools import repeat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.orders.files import (
    HEADER,
    book_of,
    complaint,
    lines_of,
    with_part,
    with_rows,
    workbook,
)
from tng.orders import OrderFileError
from tng.orders.columns import read_header
from tng.orders.table import raw_rows

GOOD = workbook([HEADER, ("PO", "A", 1)])
STRINGS = "xl/sharedStrings.xml"
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
TEXTS = ("order", "part_number", "quantity")


def bomb(name=SHEET, size=300 * 1024 * 1024):
    return with_part(GOOD, name, b"<x>" + b" " * size + b"</x>")


def lying_about_size(xlsx, name):
    """The central directory says that the part is tiny; the stream goes on."""
    data = bytearray(xlsx)
    entry = data.index(name.encode(), data.index(b"PK\x01\x02")) - 46
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    return bytes(data)


def cells(*values):
    """A row of texts that stand in their cells."""
    return b"".join(
        b'<c r="%c1" t="inlineStr"><is><t>%b</t></is></c>' % (65 + column, value.encode())
        for column, value in enumerate(values)
    )


HEAD = b'<row r="1">' + cells(*TEXTS) + b"</row>"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (b'<row r="1048577"/>', "a row 1048577"),
        (b'<row r="99999999"/>', "rows that are not in order"),
        (b'<row r="0"/>', "rows that are not in order"),
        (b'<row r="5"/><row r="2"/>', "rows that are not in order"),
        (b'<row r="2"><c r="A3"><v>1</v></c></row>', "cells that are not in order"),
        (b'<row r="2"><c r="B2"/><c r="A2"><v>1</v></c></row>', "cells that are not in order"),
        (b'<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>', "cells that are not in order"),
        (b'<row r="2"><c r="A99999999999"><v>1</v></c></row>', "cells that are not in order"),
        (b'<row r="2"><c r="&#65;"><v>1</v></c></row>', "cells that are not in order"),
        (b'<row r="2"><c r="XFD2"><v>1</v></c></row>', "16384 columns"),
        (b'<row r="2"><c r="ALK2"><v>1</v></c></row>', "999 columns"),
        (b'<row r="2"><c r="A2" t="s"><v>7</v></c></row>', "a cell whose text is not there"),
        (b'<row r="2"><c r="A2" t="s"><v>-1</v></c></row>', "a cell whose text is not there"),
        (b'<row r="2"><c r="A2"><v>1</v></row>', "damaged XLSX (XML"),
        (b"<row>" + b"<c><v>1</v></c>" * 1001 + b"</row>", "1001 columns"),
    ],
)
def test_a_sheet_that_no_spreadsheet_writes(tmp_path, rows, says):
    if b"ALK" in rows:
        rows += b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
        says = "a sheet of 1048576 rows and 999 columns"
    assert says in complaint(tmp_path, with_rows(HEAD + rows))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (with_part(GOOD, SHEET, LAUGHS + b"<x>&c;</x>"), "XML with a document type"),
        (with_part(GOOD, STRINGS, LAUGHS + b"<x>&c;</x>"), "XML with a document type"),
        (with_part(GOOD, "xl/workbook.xml", LAUGHS + b"<x>&c;</x>"), "XML with a document type"),
        (with_part(GOOD, "xl/workbook.xml", b"<x/>"), "found"),
        (with_part(GOOD, "xl/_rels/workbook.xml.rels", b"<x/>"), "found"),
        (with_part(GOOD, STRINGS, b"<sst><si><t>" + b"x" * 200_000 + b"</t></si></sst>"),
         "a cell that is too long"),
        (GOOD[: len(GOOD) // 2], "damaged XLSX"),
        (b"PK\x03\x04", "damaged XLSX"),
        (b"PK\x03\x04" + bytes(1000), "damaged XLSX"),
        (GOOD.replace(b"xl/workbook.xml", b"xl/workbool.xml"), "a zip without xl/workbook.xml"),
        (workbook([]), "found no header"),
        (workbook([("x",)], [("order", "y")]), "no column part_number"),
    ],
    ids=range(12),
)  # fmt: skip
def test_an_xlsx_that_is_none(tmp_path, content, says):
    assert says in complaint(tmp_path, content)


@pytest.mark.slow
def test_a_zip_that_expands_without_end_is_stopped(tmp_path):
    content = bomb()
    assert len(content) < 1024 * 1024
    begun = time.process_time()
    assert "more than it may expand to" in complaint(tmp_path, content)
    assert time.process_time() - begun < 40


def test_a_zip_that_lies_about_its_size_is_damaged(tmp_path):
    content = lying_about_size(bomb(size=1024 * 1024), SHEET)
    assert "damaged XLSX" in complaint(tmp_path, content)


def test_a_zip_of_many_files_or_of_the_same_one_twice(tmp_path):
    stream = io.BytesIO(GOOD)
    with zipfile.ZipFile(stream, "a") as target:
        for number in range(1001):
            target.writestr(f"xl/worksheets/{number}.xml", b"<x/>")
    assert "files within it" in complaint(tmp_path, stream.getvalue())
    stream = io.BytesIO(GOOD)
    with zipfile.ZipFile(stream, "a") as target, pytest.warns(UserWarning, match="Duplicate"):
        target.writestr(SHEET, b"<x/>")
    assert "two files of the same name" in complaint(tmp_path, stream.getvalue())


def test_a_text_that_very_many_cells_share_is_counted_for_each(tmp_path):
    shared = b"<sst " + NAMESPACE + b"><si><t>" + b"x" * 100_000 + b"</t></si></sst>"
    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (number, number)
        for number in range(2, 3000)
    )
    content = with_part(with_rows(HEAD + rows), STRINGS, shared)
    assert "too much text in a sheet" in complaint(tmp_path, content)


def test_a_formula_counts_as_what_it_gave_and_is_never_computed(tmp_path):
    row = cells("PO", "A") + b'<c r="C1"><f>6*7</f><v>5</v></c>'
    content = with_rows(HEAD + b'<row r="2">' + row.replace(b'1"', b'2"') + b"</row>")
    assert lines_of(tmp_path, content)[0].quantity == 5
    without_value = workbook([TEXTS, ("PO", "A", "=6*7")])
    assert "row 2, quantity: found nothing" in complaint(tmp_path, without_value)
    assert lines_of(tmp_path, 'order,part,quantity\n"=cmd|x",A,5\n')[0].order == "=cmd|x"


@pytest.mark.parametrize(
    "value", [b"nan", b"inf", b"-1", b"1e308", b"2.5", b"0", b"1000000001", b"x"]
)
def test_quantities_of_a_spreadsheet_that_are_none(tmp_path, value):
    row = (cells("PO", "A") + b'<c r="C1"><v>' + value + b"</v></c>").replace(b'1"', b'2"')
    message = complaint(tmp_path, with_rows(HEAD + b'<row r="2">' + row + b"</row>"))
    assert "row 2, quantity: found" in message


@pytest.mark.parametrize(
    "value",
    [-1, 0, 2.5, 1e308, 10**30, True, "NaN", "1e3", "1.000", "1,000", "\u0665", "+5", [5], {}],
    ids=str,
)
def test_quantities_of_json_that_are_none(tmp_path, value):
    content = json.dumps([{"order": "PO", "part": "A", "quantity": value}])
    assert "entry 1, quantity: found" in complaint(tmp_path, content)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "[" * 5000, '"\\ud800"'])
def test_json_that_is_none(tmp_path, value):
    complaint(tmp_path, f'[{{"order": {value}, "part": "A", "quantity": 1}}]')


@pytest.mark.parametrize(
    "character", ["\u202e", "\u200b", "\u2066", "\x1b", "\x07", "\u2028", "\ufeff", "\ue000"]
)
def test_names_with_characters_that_one_does_not_see_are_refused(tmp_path, character):
    message = complaint(tmp_path, f"order,part,quantity\nP{character}O,A,1\n")
    assert f"there is a U+{ord(character):04X}" in message
    assert character not in message
    as_json = json.dumps([{"order": "PO", "part": f"A{character}B", "quantity": 1}])
    assert "entry 1, part_number" in complaint(tmp_path, as_json)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("order,part,quantity\n" + "PO,A,1" + "," * 1000 + "\n", "1003 columns, expected at most"),
        ("order,part,quantity\n" + "," * 1_100_000 + "\n", "more than 1048576 characters"),
        ("," * 1_000_000 + "order,part,quantity\nPO,A,1\n", "no column part_number"),
        ("order,part,quantity\nPO," + "A" * 200_000 + ",1\n", "field larger than field limit"),
        ('order,part,quantity\nPO,"' + "\n" * 20_000 + '",1\n', "a row of more than 10000 lines"),
        ("order,part,quantity\nPO," + "A" * 201 + ",1\n", "201 characters, expected at most 200"),
        ("[" * 3_000_000, "lists and objects"),
        ("[" + "0," * 11_000_000 + "0]", "commas"),
        (b" " * (64 * 1024 * 1024 + 1), "more than 64 MiB"),
        (json.dumps([{str(number): 1 for number in range(1001)}]), "1001 members"),
    ],
    ids=range(10),
)
def test_text_without_measure(tmp_path, content, says):
    begun = time.process_time()
    assert says in complaint(tmp_path, content)
    assert time.process_time() - begun < 40


def test_too_many_rows():
    endless = enumerate(repeat(("",)))
    with pytest.raises(OrderFileError, match="more than 1048576 rows"):
        deque(raw_rows("orders.csv", "line", read_header(TEXTS), endless), maxlen=0)


_SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_SETTINGS
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"order,part,qty\n{text}"))
def test_any_bytes_are_orders_or_refused(tmp_path, content):
    try:
        assert book_of(tmp_path, content).lines
    except OrderFileError as error:
        assert error.message.isprintable() or "\n" in error.message  # noqa: PT017 - either will do


@_SETTINGS
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_any_byte_of_an_xlsx_may_be_another(tmp_path, place, change):
    content = bytearray(GOOD)
    content[place] ^= change
    try:
        assert book_of(tmp_path, bytes(content)).lines
    except OrderFileError as error:
        assert error.hint  # noqa: PT017 - either will do


@_SETTINGS
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=8), lambda inner: (
    st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(HEADER) | st.text(max_size=4), inner, max_size=5)
), max_leaves=20))  # fmt: skip
def test_any_json_is_orders_or_refused(tmp_path, value):
    try:
        assert book_of(tmp_path, json.dumps([value])).lines
    except OrderFileError as error:
        assert error.message  # noqa: PT017 - either will do


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("PO-7,A,1,000", "line 3: found 4 cells, expected 3 as in the header in line 2"),
        ("PO-7,A,10,, x", "line 3: found 5 cells"),
    ],
)
def test_a_row_with_more_cells_than_the_header_is_no_smaller_order(row, says, tmp_path):
    assert says in complaint(tmp_path, f"Orders of May\norder,part,quantity\n{row}\n")


def test_empty_cells_behind_the_header_are_nothing(tmp_path):
    (line,) = lines_of(tmp_path, "order,part,quantity\nPO-7,A,10,, \n")
    assert line.quantity == 10
