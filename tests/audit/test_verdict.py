"""The sentence that the auditor reads first, for every kind of result."""

from collections import Counter
from datetime import date

import pytest

from tests.audit.outcomes import duplicate, outcomes, rejected, undecodable
from tng.audit.intake import intake_of
from tng.audit.models import (
    AuditedTarget,
    Decision,
    GeneralFinding,
    LineResult,
    Reconciliation,
    Standing,
    Subject,
    UnorderedPart,
)
from tng.audit.tally import TallyCounter
from tng.audit.troubles import MAX_EXAMPLES, TroubleCounter
from tng.audit.verdict import MAX_REASONS, decide
from tng.findings import CHECKS, finding
from tng.models import Source, Status
from tng.orders import OrderLine


def judge(items=(), lines=None, targets=(), general=()):
    """The verdict on outcomes, order lines and targets."""
    tally, troubles = TallyCounter(), TroubleCounter()
    for item in items:
        taken = intake_of(item)
        tally.add(taken.counted)
        troubles.add(taken.findings, taken.place)
    troubles.add_general(general)
    result = tally.result(len(items), len(items))
    return decide(result, troubles.result(), lines, targets)


def line(quantity, delivered, over=0):
    order = OrderLine("PO-1", "P", quantity, (), None, date(2026, 1, 1), Source("o.csv", line=2))
    return LineResult(order, delivered, over, 0, (), 0)


def target(problem="", **counts):
    by_standing = Counter({Standing[name.upper()]: count for name, count in counts.items()})
    return AuditedTarget("eu", "aws", "here", (), by_standing, (), 0, 0, problem)


def error(code):
    return [GeneralFinding(Subject("order", "PO-1"), finding(code, "so"))]


def test_everything_right():
    verdict = judge(outcomes(3), Reconciliation((line(3, 3),), ()), [target(in_place=3)])
    assert verdict.decision is Decision.ACCEPT
    assert verdict.sentence == (
        "Accept this delivery: all 3 devices are genuine; 1 order line came complete; "
        "every genuine one is in place on 1 target."
    )
    assert verdict.reasons == ()


def test_one_device():
    assert "the only device is genuine." in judge(outcomes(1)).sentence


def test_nothing_at_all():
    verdict = judge()
    assert verdict.decision is Decision.NOTHING
    assert "no device" in verdict.sentence


def test_bad_ones_are_told_by_what_they_are():
    items = outcomes(3)
    verdict = judge([*items, rejected(1), duplicate(items[0], "b"), undecodable()])
    assert verdict.decision is Decision.DO_NOT_ACCEPT
    assert verdict.sentence == (
        "Do not accept this delivery as it is: of 6 devices 1 is rejected, 1 came twice and "
        "1 cannot be read."
    )
    assert verdict.reasons == tuple(
        f"{CHECKS[code].title} (1 device)"
        for code in CHECKS
        if code in {"manifest-signature-invalid", "duplicate-certificate", "entry-malformed"}
    )


def test_warnings_are_remarks():
    verdict = judge(outcomes(2), Reconciliation((line(1, 2, 1),), ()), general=error("order-over"))
    assert verdict.decision is Decision.ACCEPT_WITH_REMARKS
    assert "1 more came than were ordered" in verdict.sentence
    assert verdict.reasons == (f"{CHECKS['order-over'].title} (1 time)",)


@pytest.mark.parametrize(
    ("reconciliation", "told"),
    [
        (Reconciliation((line(5, 2), line(5, 5)), ()), "3 of 10 ordered chips did not come"),
        (Reconciliation((), (UnorderedPart(None, None, 2),)), "2 chips came that nobody ordered"),
        (Reconciliation((line(1, 1), line(1, 1)), ()), "2 order lines came complete"),
    ],
)
def test_orders_are_told(reconciliation, told):
    assert told in judge(outcomes(2), reconciliation, general=error("order-short")).sentence


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        ([target(missing=2, in_place=1)], "2 registrations are not as wanted"),
        ([target(missing=1)], "1 registration is not as wanted"),
        ([target("no access")], "1 target could not be read"),
        ([target(in_place=2), target(in_place=2)], "every genuine one is in place on 2 targets"),
        ([target(in_place=1)], "every one that can be registered is in place on 1 target"),
        ([target(absent=2)], "none can be registered on 1 target"),
    ],
)
def test_targets_are_told(targets, told):
    assert told in judge(outcomes(2), None, targets, error("target-not-read")).sentence


def test_reasons_are_bounded_and_heaviest_first():
    general = [item for code in CHECKS for item in error(code)]
    verdict = judge(outcomes(1), general=general)
    assert len(verdict.reasons) == MAX_REASONS
    ranks = [CHECKS[code].severity.rank for code in CHECKS]
    assert verdict.reasons[0].startswith(
        next(c.title for c in CHECKS.values() if c.severity.rank == max(ranks))
    )


def test_examples_of_a_trouble_are_bounded_and_its_counts_are_not():
    troubles = TroubleCounter()
    for _ in range(MAX_EXAMPLES + 5):
        troubles.add([("manifest-signature-invalid", "wrong")], ("chip", "file"))
    troubles.add_to_device(1, finding("order-over", "x"), lambda: ("chip", "file"))
    first, second = troubles.result()
    assert (first.count, first.devices) == (MAX_EXAMPLES + 5, MAX_EXAMPLES + 5)
    assert len(first.examples) == MAX_EXAMPLES
    assert (second.check.code, second.examples[0].name) == ("order-over", "chip")


def test_a_device_that_is_missing_on_two_targets_is_one_device():
    troubles = TroubleCounter()
    for number in (1, 9, 1, 1_000_000, 9):
        troubles.add_to_device(number, finding("order-over", "x"), lambda: ("chip", "file"))
    (found,) = troubles.result()
    assert (found.count, found.devices) == (5, 3)


def test_the_tally_shows_dates_of_what_is_genuine_alone():
    tally = TallyCounter()
    (item,) = outcomes(1)
    for outcome in (item, rejected(2), undecodable()):
        tally.add(intake_of(outcome).counted)
    result = tally.result(2, 1)
    assert result.statuses[Status.VERIFIED] == result.statuses[Status.REJECTED] == 1
    assert result.parts == {"TNGTLS": (1, 1)}
    begin = item.leaf.not_before
    assert result.provisioned == {f"{begin:%Y-%m}": 1}
    assert sum(result.ends.values()) == 1
    assert tally.vouching[item.anchor] == 1
