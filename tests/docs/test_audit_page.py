"""docs/audit.md: its commands are run, and its tables name everything there is."""

import json
import re

import pytest

from tests.docs.console import ROOT, assert_ends_as_shown, shown_commands, stocked_folder
from tng.audit.models import Delivery, Standing
from tng.orders.columns import Column
from tng.report.audit.registry import SUFFIXES, AuditForm

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "audit.md").read_text("utf-8")
OTHER_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    with stocked_folder(tmp_path) as stocked:
        (stocked / "orders.csv").write_text(orders())
        yield stocked


def orders() -> str:
    (table,) = re.findall(r"^```csv\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return table


def first_cells(heading: str) -> list[str]:
    """What stands in backquotes in the first column of the tables below a heading."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_commands_of_the_page_end_as_it_says(folder):
    assert_ends_as_shown(shown_commands(PAGE), folder)
    report = json.loads((folder / "audit.json").read_bytes())
    assert report["verdict"]["sentence"] == (
        "Accept this delivery: all 10 devices are genuine; 2 order lines came complete."
    )
    drift = (folder / "drift.md").read_text()
    assert "10" in drift


def test_no_command_stands_where_it_is_not_run():
    blocks = {kind for kind, _ in OTHER_BLOCK.findall(PAGE)}
    assert blocks == {"console", "csv"}


def test_tables_name_all_there_is():
    assert set(first_cells("Where the devices stand")) == set(Standing)
    rows = first_cells("Order files")
    assert rows == [*Column, *Delivery]
    forms = first_cells("Forms")
    assert {SUFFIXES[suffix] for suffix in forms} == set(AuditForm)
    assert orders().splitlines()[0].split(",") == list(Column)
