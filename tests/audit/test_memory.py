"""Audits after audits: what the second is told of the first, on a real ledger."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.audit.sample import sample_device
from tng.audit.memory import EarlierAudits
from tng.audit.models import Delivery, OrderMatch, SeenBefore
from tng.ledger import SqliteLedger
from tng.models import Source, Status

JANUARY = datetime(2026, 1, 5, 12, tzinfo=UTC)
MARCH = datetime(2026, 3, 5, 12, tzinfo=UTC)
CONTENTS = {"old.json": "a" * 64, "new.json": "b" * 64, "cut-off.json": ""}


@pytest.fixture
def ledger(tmp_path):
    with SqliteLedger(tmp_path / "ledger.db") as opened:
        yield opened


def device(number, file, order="PO-7", delivery=Delivery.AS_ORDERED, **changes):
    """A device of the chip ``number`` in ``file``."""
    match = OrderMatch(delivery, order, 0) if order else None
    found = replace(sample_device(number), source=Source(file, entry=number), order=match)
    return replace(found, **changes)


def audit(ledger, at, *devices):
    """Ask and remember, as an audit of these devices' sources does."""
    files = {item.source.file for item in devices}
    memory = EarlierAudits(ledger, {file: CONTENTS[file] for file in files})
    told = [
        (item.number, found.code, found.message)
        for item in memory.recall(devices)
        for found in item.findings
    ]
    memory.remember(devices, at)
    return told, memory.seen_before


def test_the_first_audit_is_told_nothing(ledger):
    assert audit(ledger, JANUARY, device(1, "old.json")) == ([], ())


def test_a_chip_of_an_earlier_audit_is_told_with_its_source_and_time(ledger):
    audit(ledger, JANUARY, device(1, "old.json"), device(2, "old.json"))
    told, seen = audit(ledger, MARCH, device(2, "new.json"), device(4, "new.json"))
    message = "the audit of 2026-01-05T12:00:00Z saw it in old.json"
    assert told == [(2, "seen-in-earlier-audit", message)]
    assert seen == (SeenBefore("2026-01-05T12:00:00Z", "old.json", 1),)


def test_the_same_audit_again_is_told_the_same(ledger):
    audit(ledger, JANUARY, device(1, "old.json"))
    first = audit(ledger, MARCH, device(1, "new.json"))
    assert audit(ledger, MARCH, device(1, "new.json")) == first
    assert audit(ledger, MARCH, device(1, "old.json")) == ([], ())


def test_another_certificate_is_told(ledger):
    audit(ledger, JANUARY, device(1, "old.json"))
    now = device(1, "new.json")
    changed = replace(now, certificate=replace(now.certificate, sha256="f" * 64))
    ((_, _, message),), _ = audit(ledger, MARCH, changed)
    assert message.endswith("saw it in old.json, with another certificate")


def test_a_chip_that_comes_under_another_order_is_told_even_in_the_same_source(ledger):
    audit(ledger, JANUARY, device(1, "old.json"))
    told, seen = audit(ledger, MARCH, device(1, "old.json", order="PO-8"))
    message = "the audit of 2026-01-05T12:00:00Z counted it for PO-7, this one for PO-8"
    assert told == [(1, "delivered-on-earlier-order", message)]
    assert seen == ()


@pytest.mark.parametrize(
    "first",
    [
        device(1, "old.json", order=None),
        device(1, "old.json", delivery=Delivery.OVER),
        device(1, "old.json", delivery=Delivery.NOT_LISTED),
    ],
)
def test_only_what_is_as_ordered_counts_for_its_order(ledger, first):
    audit(ledger, JANUARY, first)
    assert audit(ledger, MARCH, device(1, "old.json", order="PO-8")) == ([], ())


@pytest.mark.parametrize("status", [Status.REJECTED, Status.UNVERIFIED])
def test_what_is_not_genuine_is_neither_asked_for_nor_remembered(ledger, status):
    audit(ledger, JANUARY, device(1, "old.json", status=status), device(2, "old.json"))
    told, _ = audit(ledger, MARCH, device(1, "new.json"), device(2, "new.json", status=status))
    assert told == []


def test_an_unreadable_entry_and_a_source_that_was_cut_off_are_left_out(ledger):
    unreadable = replace(sample_device(7), source=Source("old.json", entry=7))
    audit(ledger, JANUARY, unreadable, device(1, "cut-off.json"))
    told, _ = audit(ledger, MARCH, device(1, "new.json"), device(1, "cut-off.json"))
    assert told == []


def test_a_chip_without_a_certificate_is_remembered(ledger):
    lite = {"certificate": None, "status": Status.ATTESTED}
    audit(ledger, JANUARY, device(1, "old.json", **lite))
    told, _ = audit(ledger, MARCH, device(1, "new.json", **lite))
    assert [code for _, code, _ in told] == ["seen-in-earlier-audit"]
    assert "another certificate" not in told[0][2]


def test_counts_are_by_earlier_audit_and_of_the_last_walk_alone(ledger):
    audit(ledger, JANUARY, device(1, "old.json"), device(2, "old.json"))
    memory = EarlierAudits(ledger, {"new.json": "b" * 64})
    devices = [device(1, "new.json"), device(2, "new.json")]
    for _ in range(2):
        assert [item.number for item in memory.recall(devices)] == [1, 2]
        assert memory.seen_before == (SeenBefore("2026-01-05T12:00:00Z", "old.json", 2),)
