"""The CSV report: the columns of ``tng verify`` first, then orders and targets."""

import csv
import io

from tests.audit.sample import sample_audit
from tests.report.audit.forms import written
from tng.report.csv_report import COLUMNS


def _rows(count: int) -> list[dict[str, str]]:
    text = written("csv", sample_audit(count)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_columns_begin_as_those_of_verify():
    row = _rows(1)[0]
    assert tuple(row)[: len(COLUMNS)] == COLUMNS
    assert tuple(row)[len(COLUMNS) :] == (
        "order", "delivery", "target production-eu", "target production-dps", "differences",
    )  # fmt: skip


def test_a_device_says_how_it_stands_to_order_and_targets():
    rows = _rows(11)
    assert (rows[0]["order"], rows[0]["delivery"]) == ("PO-7", "as-ordered")
    assert rows[10]["target production-eu"] == "incomplete"
    assert rows[10]["differences"] == (
        "production-eu: the policy fleet is not attached; "
        "production-dps: the policy fleet is not attached"
    )


def test_what_could_not_be_read_has_its_place_alone():
    undecodable = _rows(7)[6]
    assert (undecodable["status"], undecodable["entry"]) == ("undecodable", "7")
    assert not undecodable["delivery"]
    assert not undecodable["target production-eu"]
