"""What the ledger remembers of audits, in each of the databases; and older files."""

import sqlite3
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest

from tng.ledger import (
    AuditedChip,
    AuditMemory,
    DeviceState,
    Direction,
    EarlierOrder,
    EarlierSighting,
    EnrolledDevice,
    Ledger,
    Recollection,
    SqliteLedger,
    open_ledger,
)
from tng.ledger.schema import APPLICATION_ID, MIGRATIONS
from tng.plan.models import TargetDescription

JANUARY = datetime(2026, 1, 5, 12, tzinfo=UTC)
MARCH = datetime(2026, 3, 5, 12, tzinfo=UTC)
MAY = datetime(2026, 5, 5, 12, tzinfo=UTC)
IN_A = EarlierSighting("2026-01-05T12:00:00Z", "a.json", same_certificate=True)


def chips(*names, source="a", order="", certificate="c1"):
    """Chips of the source whose content is as its name says."""
    return [
        AuditedChip(number, name, certificate, source * 64, f"{source}.json", order)
        for number, name in enumerate(names, 1)
    ]


def recalled(ledger, asked: Iterable[AuditedChip], contents=()):
    contents = contents or {chip.content for chip in asked}
    return [(item.chip.chip, item.sighting, item.order) for item in ledger.recall(asked, contents)]


def test_a_new_ledger_remembers_nothing(ledger):
    assert recalled(ledger, chips("x", "y")) == []


def test_a_chip_in_a_source_of_other_content_was_seen_before(ledger):
    ledger.remember(JANUARY, chips("x", "y"))
    assert recalled(ledger, chips("w", "x", source="b")) == [("x", IN_A, None)]


def test_the_same_content_is_the_same_delivery_whatever_it_is_called(ledger):
    ledger.remember(JANUARY, chips("x"))
    renamed = [AuditedChip(1, "x", "c1", "a" * 64, "another-name.json", "")]
    assert recalled(ledger, renamed) == []


def test_another_source_of_the_same_audit_is_no_earlier_sighting(ledger):
    ledger.remember(JANUARY, chips("x"))
    asked = chips("x", source="b")
    assert recalled(ledger, asked, ["a" * 64, "b" * 64]) == []
    assert recalled(ledger, asked, ["b" * 64]) == [("x", IN_A, None)]


def test_an_audit_that_is_made_again_is_told_the_same(ledger):
    """What came later was not seen earlier: the first delivery stays without blame."""
    ledger.remember(JANUARY, chips("x"))
    first = recalled(ledger, chips("x", source="b"))
    ledger.remember(MARCH, chips("x", source="b"))
    assert recalled(ledger, chips("x", source="b")) == first
    assert recalled(ledger, chips("x")) == []


def test_of_several_earlier_sources_the_first_is_told(ledger):
    ledger.remember(JANUARY, chips("x"))
    ledger.remember(MARCH, chips("x", source="b"))
    assert recalled(ledger, chips("x", source="c")) == [("x", IN_A, None)]
    assert recalled(ledger, chips("x", source="c"), ["a" * 64, "c" * 64]) == [
        ("x", EarlierSighting("2026-03-05T12:00:00Z", "b.json", same_certificate=True), None)
    ]


def test_another_certificate_is_told(ledger):
    ledger.remember(JANUARY, chips("x") + chips("x", certificate="c2"))
    for certificate, same in (("c1", True), ("c2", True), ("c3", False), ("", False)):
        ((_, sighting, _),) = recalled(ledger, chips("x", source="b", certificate=certificate))
        assert sighting.same_certificate is same


def test_a_chip_stays_with_the_first_order_it_was_delivered_for(ledger):
    ledger.remember(JANUARY, chips("x"))
    ledger.remember(MARCH, chips("x", order="PO-7"))
    ledger.remember(MAY, chips("x", order="PO-8"))
    counted = EarlierOrder("2026-03-05T12:00:00Z", "PO-7")
    assert recalled(ledger, chips("x", order="PO-8")) == [("x", None, counted)]
    assert recalled(ledger, chips("x", order="PO-7")) == []
    assert recalled(ledger, chips("x")) == []


def test_remembering_the_same_again_changes_nothing(ledger, store):
    seen = chips("x", "y", order="PO-7") + chips("z", source="b")
    ledger.remember(JANUARY, seen)
    before = store.rows()
    ledger.remember(MARCH, reversed(seen))
    assert store.rows() == before


def test_times_are_written_in_utc(ledger):
    ledger.remember(JANUARY.astimezone(timezone(timedelta(hours=5, minutes=30))), chips("x"))
    assert recalled(ledger, chips("x", source="b")) == [("x", IN_A, None)]


def test_an_audit_is_remembered_whole_or_not_at_all(ledger, store):
    def breaking_off():
        yield from chips(*map(str, range(2000)))
        raise KeyboardInterrupt

    before = store.rows()
    with pytest.raises(KeyboardInterrupt):
        ledger.remember(JANUARY, breaking_off())
    assert store.rows() == before
    ledger.remember(JANUARY, chips("x"))


MUCH = "".join(sha256(bytes([n])).hexdigest() for n in range(150))
"""Too long for an index of PostgreSQL, and not to be compressed."""


@pytest.mark.parametrize(
    "text", ["", MUCH, "\ud800", "a\0b", "'; DROP TABLE sightings; --", "x" * 9999]
)
def test_any_text_is_remembered(ledger, text):
    seen = [AuditedChip(1, text, "c", "a" * 64, text, text or "PO")]
    ledger.remember(JANUARY, seen)
    asked = [AuditedChip(5, text, "c", "b" * 64, text, "another")]
    (item,) = ledger.recall(asked, ["b" * 64])
    assert isinstance(item, Recollection)
    assert item.chip == asked[0]
    assert item.sighting.same_certificate
    assert item.order is not None


def test_many_chips_are_remembered_and_asked_for_in_order_and_in_time(ledger):
    names = [f"microchip:{number * 7919 % 2**40:018x}" for number in range(20_000)]
    begun = time.process_time()
    ledger.remember(JANUARY, chips(*names))
    found = [item.chip.number for item in ledger.recall(chips(*names, source="b"), ["b" * 64])]
    assert time.process_time() - begun < 40
    assert found == list(range(1, 20_001))


def test_two_processes_may_remember_at_once(ledger, store):
    with open_ledger(store.location) as other:
        ledger.remember(JANUARY, chips("x"))
        other.remember(MARCH, chips("y", source="b"))
        assert [item[0] for item in recalled(ledger, chips("x", "y", source="c"))] == ["x", "y"]


def test_every_earlier_version_of_a_ledger_is_brought_up_to_date(tmp_path):
    path = tmp_path / "ledger.db"
    for version in range(1, len(MIGRATIONS)):
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.executescript(";".join(MIGRATIONS[:version]))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("INSERT INTO targets VALUES (1, 'aws:1:eu', 'eu', 'aws', '1', 'eu')")
        connection.execute("INSERT INTO runs VALUES (1, 'tng register', '0.1', 'then', NULL, NULL)")
        connection.execute(
            "INSERT INTO devices VALUES (1, 'key', 'id', 'name', 1, 'done', '', '', 'then')"
        )
        connection.commit()
        connection.close()
        with SqliteLedger(path, must_exist=True) as ledger:
            assert ledger.counts(ledger.targets()[0].key) == {DeviceState.DONE: 1}
            ledger.remember(JANUARY, chips("x"))
        with SqliteLedger(path, must_exist=True) as again:
            assert recalled(again, chips("x", source="b")) == [("x", IN_A, None)]


def test_audits_and_registrations_share_the_file(ledger):
    target = TargetDescription("eu", "aws", "111111111111", "eu-central-1")
    memory: AuditMemory = ledger
    registrations: Ledger = ledger
    memory.remember(JANUARY, chips("x"))
    run = registrations.begin_run("tng register")
    with registrations.hold(target):
        device = EnrolledDevice("ab" * 32, "x", "thing", DeviceState.PENDING)
        registrations.enroll(run, target.key, [device], Direction.REGISTER)
    assert recalled(ledger, chips("x", source="b")) == [("x", IN_A, None)]
