"""Hostile text in every field of an audit does nothing in any form of its report."""

import csv
import io
import json
import re
import zipfile
from xml.etree import ElementTree

import openpyxl
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.audit.sample import sample_audit
from tests.report.audit.forms import TEXT_FORMS, written
from tests.report.hostile import CONTROL, HOSTILE
from tng.report.text import printable, without_surrogates

_COUNT = 10


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", TEXT_FORMS)
def test_no_control_character_reaches_any_form(form: str, text: str):
    shown = written(form, sample_audit(_COUNT, text)).decode()
    assert not CONTROL.search(shown.replace("\r\n", "\n"))


@pytest.mark.parametrize("text", HOSTILE)
def test_json_gives_back_exactly_what_was_there(text: str):
    report = json.loads(written("json", sample_audit(_COUNT, text)))
    expected = without_surrogates(text)
    assert report["devices"][0]["part_number"] == expected
    assert report["verdict"]["sentence"] == expected
    assert report["targets"][0]["unknown"][0]["name"] == expected


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_has_a_row_a_device_and_no_formula(text: str):
    shown = written("csv", sample_audit(_COUNT, text)).decode()
    rows = list(csv.reader(io.StringIO(shown, newline="")))
    assert [len(row) for row in rows] == [25] * (_COUNT + 1)
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row
    )


def _tokens(tokens: list[Token]):
    for token in tokens:
        yield token
        yield from _tokens(token.children or [])


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_has_no_markup_link_or_mention_of_the_inputs(text: str):
    page = written("markdown", sample_audit(_COUNT, text)).decode()
    plain = written("markdown", sample_audit(_COUNT)).decode()
    tokens = list(_tokens(MarkdownIt("commonmark").enable("table").parse(page)))
    kinds = {token.type for token in tokens}
    assert not kinds & {"link_open", "image", "html_inline", "html_block", "em_open", "fence"}
    expected = {token.type for token in _tokens(MarkdownIt().enable("table").parse(plain))}
    assert kinds <= expected
    bare = " ".join(token.content for token in tokens if token.type == "text")
    for active in ("@", "://", "www.", "#1", ":tada:", "](", "<", "~~"):
        assert active not in bare


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_keeps_the_cells_of_its_tables(text: str):
    hostile = written("markdown", sample_audit(_COUNT, text)).decode()
    devices = hostile.partition("## Devices with errors or warnings")[2]
    rows = MarkdownIt("commonmark").enable("table").parse(devices)
    kinds = [token.type for token in rows]
    assert kinds.count("tr_open") == 1 + _COUNT
    assert kinds.count("td_open") == 5 * _COUNT


def _parsed(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314 - the test itself had it written


@pytest.mark.parametrize("text", HOSTILE)
def test_a_workbook_has_text_and_neither_formulas_nor_links(text: str):
    octets = written("xlsx", sample_audit(_COUNT, text))
    book = openpyxl.load_workbook(io.BytesIO(octets))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n", "d"}
    assert not any(cell.hyperlink for cell in cells)
    shown = printable(text).replace("<r><t>", "\\u003cr><t>").replace("_x0041_", "\\u005fx0041_")
    device = {cell.value: cell.column for cell in book["Devices"][1]}["Device"]
    assert book["Devices"].cell(2, device).value == shown
    with zipfile.ZipFile(io.BytesIO(octets)) as packed:
        for name in packed.namelist():
            content = packed.read(name)
            _parsed(content)
            assert b"<hyperlink" not in content
            assert b"<f>" not in content
            assert b"<is><r>" not in content


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_is_well_formed_and_keeps_its_cases(text: str):
    root = _parsed(written("junit", sample_audit(_COUNT, text)))
    assert len(root.findall("testsuite/testcase[@name]")) == _COUNT + 1 + 2 + 1
    names = {case.get("name") for case in root.iter("testcase")}
    assert f"{printable(text)} 0" in names


@pytest.mark.parametrize("text", HOSTILE)
def test_sarif_has_no_links_in_messages_and_plain_paths(text: str):
    (run,) = json.loads(written("sarif", sample_audit(_COUNT, text)))["runs"]
    for result in run["results"]:
        message = result["message"]["text"]
        assert "](" not in message.replace("\\](", "")
        assert "{0}" not in message.replace("{{0}}", "")
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        assert not set(uri) & set(':<>" |[]\\{}')


def test_a_workbook_has_no_character_in_code():
    octets = written("xlsx", sample_audit(_COUNT, "_x0041_x202E_x000A_"))
    with zipfile.ZipFile(io.BytesIO(octets)) as packed:
        for name in packed.namelist():
            # ECMA-376 part 1, §22.9.2.19: readers make characters of these.
            assert not re.search(rb"_x[0-9A-Fa-f]{4}_", packed.read(name)), name
