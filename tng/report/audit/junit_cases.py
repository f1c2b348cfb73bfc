"""What the test cases of a JUnit report are: devices, order lines and targets, passed or not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tng.audit.models import (
    Audit,
    AuditedDevice,
    AuditedTarget,
    GeneralFinding,
    LineResult,
    Standing,
)
from tng.findings import Finding, Severity
from tng.models import Status

ORDERS, TARGETS, GENERAL = "orders", "targets", "general"
_TOLD_BY_LINES = frozenset({"order-short", "order-over", "serial-not-delivered"})
_BAD_STANDINGS = (
    Standing.INCOMPLETE,
    Standing.DIFFERENT,
    Standing.CONFLICT,
    Standing.MISSING,
    Standing.UNEXPECTED,
)


class Ending(StrEnum):
    """How a case ended, as its element is called."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILURE = "failure"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Case:
    """One test case: ``kind`` is what failed (codes), ``told`` why, ``notes`` what to know."""

    group: str
    name: str
    ending: Ending
    kind: str
    told: tuple[str, ...]
    notes: tuple[str, ...]


def device_case(device: AuditedDevice) -> Case:
    """A device fails by a finding of severity error; one that could not be read is an error.

    Where there was nothing to judge, and no error either, the case counts as skipped.
    """
    name = " ".join(filter(None, (device.device_id, device.object_id))) or str(device.source)
    ending = Ending.PASSED
    if device.heaviest is Severity.ERROR:
        ending = Ending.ERROR if device.status is Status.UNDECODABLE else Ending.FAILURE
    elif device.status is Status.UNDECODABLE:
        ending = Ending.SKIPPED
    return _case(device.part_number or "unknown part", name, ending, device.findings)


def order_cases(audit: Audit) -> Iterator[Case]:
    """A case a line, then what was found about orders and is told by no line."""
    if audit.reconciliation is not None:
        for number, result in enumerate(audit.reconciliation.lines, 1):
            yield _line_case(number, result)
    for item in audit.general:
        if item.subject.kind == "order" and item.finding.code not in _TOLD_BY_LINES:
            yield _general_case(ORDERS, item)


def _line_case(number: int, result: LineResult) -> Case:
    line = result.line
    wrong = []
    if result.short:
        wrong.append(f"order-short: {result.short} of {line.quantity} did not come")
    if result.missing_count:
        first = " ".join(result.missing)
        wrong.append(f"serial-not-delivered: {result.missing_count} listed serials, first {first}")
    notes = [f"{result.delivered} of {line.quantity} genuine chips came"]
    if result.over:
        notes.append(f"order-over: {result.over} more came than were ordered")
    if result.not_genuine:
        notes.append(f"{result.not_genuine} that came are not genuine")
    return Case(
        ORDERS,
        f"line {number}: {line.order} {line.part_number}",
        Ending.FAILURE if wrong else Ending.PASSED,
        " ".join(text.partition(":")[0] for text in wrong),
        tuple(wrong),
        tuple(notes),
    )


def target_cases(audit: Audit) -> Iterator[Case]:
    """A case a target: an error where it could not be read."""
    for target in audit.targets:
        about = [
            item.finding
            for item in audit.general
            if item.subject.kind == "target" and item.subject.name == target.name
        ]
        yield _target_case(target, about)


def _target_case(target: AuditedTarget, findings: Sequence[Finding]) -> Case:
    counts = [(standing, target.counts.get(standing, 0)) for standing in Standing]
    told = [f"{count} {standing.value}" for standing, count in counts if count]
    wrong = [f"{count} {item.value}" for item, count in counts if count and item in _BAD_STANDINGS]
    case = _case(TARGETS, f"{target.name} ({target.cloud})", Ending.PASSED, findings)
    ending = Ending.FAILURE if wrong or case.told else Ending.PASSED
    if target.problem:
        ending = Ending.ERROR
    return Case(
        case.group,
        case.name,
        ending,
        case.kind or "registration",
        tuple(filter(None, (target.problem, ", ".join(wrong), *case.told))),
        (", ".join(told), *case.notes),
    )


def general_cases(audit: Audit) -> Iterator[Case]:
    """What was found about neither devices nor orders nor one of the targets."""
    names = {target.name for target in audit.targets}
    for item in audit.general:
        subject = item.subject
        if subject.kind != "order" and not (subject.kind == "target" and subject.name in names):
            yield _general_case(GENERAL, item)


def _general_case(group: str, item: GeneralFinding) -> Case:
    severe = item.finding.severity is Severity.ERROR
    ending = Ending.FAILURE if severe else Ending.PASSED
    name = f"{item.subject.kind} {item.subject.name}: {item.finding.code}"
    return _case(group, name, ending, (item.finding,))


def _case(group: str, name: str, ending: Ending, findings: Iterable[Finding]) -> Case:
    told, notes, kinds = [], [], []
    for item in findings:
        text = f"{item.code}: {item.message}"
        if item.severity is Severity.ERROR:
            told.append(text)
            kinds.append(item.code)
        elif item.severity is Severity.WARNING:
            notes.append(text)
    return Case(group, name, ending, " ".join(kinds), tuple(told), tuple(notes))
