"""What the ledger remembers of requests, in each of the databases."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.ledger.entering import EU, KEY, US, enroll, record
from tng.clouds.interface import ISSUE, RememberedIssue
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    EnrolledDevice,
    Intent,
    LedgerMemory,
    StepMark,
    StepState,
    open_ledger,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CERTIFICATE, OTHER = "c0" * 32, "d1" * 32
INTENT = Intent(ISSUE, KEY, 0, absent=True)


def done(certificate_id):
    return StepMark(ISSUE, KEY, StepState.DONE, made=True, note=certificate_id)


def unknown(reason):
    return StepMark(ISSUE, KEY, StepState.INTENT, note=reason, code="ConnectionClosedError")


@pytest.fixture
def hours(store):
    """A ledger whose clock goes on by an hour whenever it is looked at."""
    now = iter(NOON + timedelta(hours=number) for number in range(1000))
    with open_ledger(store.location, clock=lambda: next(now)) as opened:
        enroll(opened, KEY)
        yield opened


def remembered(ledger):
    return LedgerMemory(ledger).issue(EU.key, KEY)


def test_of_what_was_never_asked_for_nothing_is_known(ledger):
    memory = LedgerMemory(ledger)
    assert memory.issue(EU.key, KEY) == RememberedIssue()
    assert memory.certificates_since(EU.key, NOON) == frozenset()
    enroll(ledger, KEY)
    assert memory.issue(EU.key, KEY) == RememberedIssue()
    assert memory.issue(US.key, KEY) == RememberedIssue()


def test_what_was_made_is_known_to_memory_rows_and_removal(ledger):
    enroll(ledger, KEY, "ef" * 32)
    record(ledger, INTENT, done(CERTIFICATE), DeviceMark(DeviceState.DONE))
    assert remembered(ledger) == RememberedIssue(CERTIFICATE)
    rows = {row.key: row.certificate_id for row in ledger.devices(EU.key)}
    assert rows == {KEY: CERTIFICATE, "ef" * 32: ""}
    (made,) = ledger.registered(EU.key)
    assert (made.certificate_id, made.steps) == (CERTIFICATE, ((ISSUE, KEY),))
    assert list(ledger.registered(EU.key, [CERTIFICATE])) == [made]


def test_an_unknown_outcome_keeps_the_time_of_the_first_attempt(hours):
    record(hours, INTENT)
    first = remembered(hours).unknown_since
    assert first is not None
    record(hours, unknown("the reply was lost"))
    record(hours, INTENT)
    assert remembered(hours) == RememberedIssue(unknown_since=first)
    (made,) = hours.registered(EU.key)
    assert made.certificate_id == ""


def test_a_new_attempt_after_a_known_outcome_has_its_own_time(hours):
    record(hours, INTENT, done(CERTIFICATE))
    record(hours, INTENT)
    later = remembered(hours)
    assert later.certificate_id == CERTIFICATE
    assert later.unknown_since is not None
    record(hours, StepMark(ISSUE, KEY, StepState.FAILED, note="refused"))
    assert remembered(hours) == RememberedIssue()


def test_a_wrong_certificate_is_remembered_with_what_is_wrong(ledger):
    enroll(ledger, KEY)
    reason = f"the certificate {CERTIFICATE} has another key"
    record(ledger, INTENT, StepMark(ISSUE, KEY, StepState.ATTENTION, note=reason))
    assert remembered(ledger) == RememberedIssue(CERTIFICATE, problem=reason)
    assert list(ledger.registered(EU.key)) == []


@pytest.mark.parametrize("known", [True, False])
def test_an_undo_that_was_begun_doubts_and_forgets_nothing(hours, known):
    record(hours, INTENT, *([done(CERTIFICATE)] if known else []))
    before = remembered(hours)
    removing = EnrolledDevice(KEY, "id", "thing", DeviceState.REMOVING)
    hours.enroll(1, EU.key, [removing], Direction.UNDO)
    assert remembered(hours) == before
    record(hours, DeviceMark(DeviceState.REMOVED), direction=Direction.UNDO)
    assert remembered(hours).unknown_since is None


def test_certificates_are_told_since_a_time(hours):
    record(hours, INTENT, done(CERTIFICATE))
    memory = LedgerMemory(hours)
    assert memory.certificates_since(EU.key, NOON) == {CERTIFICATE}
    assert memory.certificates_since(EU.key, NOON + timedelta(days=9)) == frozenset()
    record(hours, Intent("AttachPolicy", OTHER, 1, absent=True))
    record(hours, StepMark("AttachPolicy", OTHER, StepState.DONE, note=OTHER))
    assert memory.certificates_since(EU.key, NOON) == {CERTIFICATE}
