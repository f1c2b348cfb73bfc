"""What an audit takes in where devices are judged is small, bare, and all that it needs."""

import io
import pickle
from collections import Counter
from dataclasses import replace
from datetime import datetime
from functools import cache

import orjson
import pytest

from tests.audit.outcomes import duplicate, outcomes, rejected, undecodable
from tests.judging import TODAY, microchip, trusting_store, verifier
from tng.apply.stopping import StopSignal
from tng.audit.auditing import Question, make_audit
from tng.audit.intake import NO_END, intake_of
from tng.audit.models import Making
from tng.audit.rows import audited
from tng.audit.tally import MAX_PARTS, OTHER_PARTS, TallyCounter
from tng.models import AttestedDevice, Status, UnverifiedDevice, VerifiedDevice
from tng.registration import PlanningStoppedError
from tng.scan import Scan
from tng.testing.manifest import BARE_STYLE, make_entries

QUESTION = Question(Making("1.0", TODAY, strict=False, command="tng audit -", added=()))
JOBS = pytest.mark.parametrize("jobs", [1, 2])


@cache
def manifest() -> bytes:
    """Chips in several pieces; some are damaged, one comes three times, one is no entry."""
    entries = [orjson.dumps(item) for item in make_entries(microchip(), 700, style=BARE_STYLE)]
    entries[20] = b'{"foo":1}'
    entries[650] = entries[600] = entries[3]
    signed = orjson.loads(entries[400])
    entries[400] = orjson.dumps({**signed, "signature": signed["signature"][:-8] + "AAAAAAAA"})
    return b"[" + b",\n".join(entries) + b"]"


def bare(value: object) -> bool:
    """Whether nothing but tuples of texts, octets and truths is in it."""
    if isinstance(value, tuple):
        return all(map(bare, value))
    return value is None or isinstance(value, str | bytes | bool)


def of_every_kind():
    (item,) = outcomes(1)
    signed = AttestedDevice(replace(item.record, leaf=None), item.anchor, ())
    unknown = UnverifiedDevice(item.record, (), ())
    return [item, signed, unknown, rejected(2), duplicate(item, "b.json"), undecodable()]


@pytest.mark.parametrize("outcome", of_every_kind(), ids=lambda outcome: outcome.status.value)
def test_nothing_but_bare_values_passes_between_processes(outcome):
    assert bare(intake_of(outcome))


def test_devices_of_a_batch_pass_what_they_share_once():
    few, many = (len(pickle.dumps(list(map(intake_of, outcomes(count))))) for count in (20, 220))
    (first,) = outcomes(1)
    own = sum(len(item) for item in intake_of(first).shelved[:4]) + len(str(first.record.source))
    assert (many - few) / 200 < own + 120


@JOBS
def test_an_audit_knows_what_whole_outcomes_tell(jobs):
    with audit_of(jobs) as audit:
        devices = list(audit.devices)
    known = list(Scan(["-"], io.BytesIO(manifest()), 1).outcomes(verifier()))
    assert devices == [audited(outcome, number) for number, outcome in enumerate(known, 1)]
    assert audit.tally.statuses == {s: sum(o.status is s for o in known) for s in Status}
    assert audit.tally.statuses[Status.REJECTED] == 3
    codes = Counter(found.code for outcome in known for found in outcome.findings)
    assert {item.check.code: item.count for item in audit.troubles} == codes
    genuine = [outcome for outcome in known if isinstance(outcome, VerifiedDevice)]
    assert audit.tally.accepted_chips == len(genuine)
    months = Counter(f"{outcome.record.provisioned_at:%Y-%m}" for outcome in genuine)
    assert audit.tally.provisioned == months
    assert audit.tally.ends == Counter(str(item.leaf.not_after.year) for item in genuine)
    vouching = Counter(part.id for item in genuine for part in (item.anchor, item.signer))
    assert {anchor.reference.id: anchor.devices for anchor in audit.anchors} == vouching


@JOBS
def test_who_is_interrupted_reads_no_further(jobs):
    stop, stream = StopSignal(), io.BytesIO(manifest() + b" " * 50_000_000)
    stop.set()
    scan = Scan(["-"], stream, jobs)
    with pytest.raises(PlanningStoppedError), make_audit(scan, verifier(), QUESTION, stop):
        pass
    assert stream.tell() < len(manifest()) + 25_000_000


def audit_of(jobs: int):
    scan = Scan(["-"], io.BytesIO(manifest()), jobs)
    return make_audit(scan, verifier(store=trusting_store()), QUESTION, StopSignal())


def test_a_certificate_without_end_has_none():
    (item,) = outcomes(1)
    leaf = replace(item.leaf, not_after=datetime.max.replace(tzinfo=TODAY.tzinfo))
    endless = replace(item, record=replace(item.record, leaf=leaf), leaf=leaf)
    assert intake_of(endless).counted.end == NO_END


def test_parts_that_are_made_up_are_not_all_told_apart():
    tally = TallyCounter()
    (genuine,) = outcomes(1)
    fake = intake_of(rejected(1)).counted
    for number in range(3 * MAX_PARTS):
        tally.add(fake._replace(part_number=f"made up {number}"))
    tally.add(intake_of(genuine).counted)
    tally.add(fake)
    parts = tally.result(1, 1).parts
    assert len(parts) == MAX_PARTS + 2
    assert parts[OTHER_PARTS] == (0, 2 * MAX_PARTS)
    assert parts[genuine.record.part_number] == (1, 1)
