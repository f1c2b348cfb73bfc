"""Which checks a report says were run."""

import pytest

from tng.audit.evidence import checks_run
from tng.findings.auditing import AUDITING
from tng.findings.comparing import COMPARING
from tng.findings.planning import PLANNING
from tng.findings.reading import READING
from tng.findings.verifying import VERIFYING


def codes(checks):
    return {check.code for check in checks}


def test_with_orders_and_targets_all_but_those_of_comparing():
    run = codes(checks_run(with_orders=True, with_targets=True))
    assert run == codes((*READING, *VERIFYING, *PLANNING, *AUDITING))
    assert not run & codes(COMPARING)


@pytest.mark.parametrize(
    ("orders", "targets", "without"),
    [
        (False, True, {"order-short", "part-not-ordered", "delivered-on-earlier-order"}),
        (True, False, {"device-not-registered", "target-not-read", "wildcard-policy"}),
    ],
)
def test_what_was_not_asked_for_was_not_checked(orders, targets, without):
    run = codes(checks_run(with_orders=orders, with_targets=targets))
    assert not run & without
    assert without <= codes(checks_run(with_orders=True, with_targets=True))
    assert {"sources-overlap", "seen-in-earlier-audit", "chip-without-proof"} <= run
