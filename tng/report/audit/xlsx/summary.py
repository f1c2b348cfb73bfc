"""The sheet Summary: the verdict, what is wrong and what to do, and how the audit was made."""

from collections.abc import Iterator

from tng.audit.models import Audit, Trouble
from tng.models import Status
from tng.report.audit.xlsx.table import Column, Table

_TROUBLES = (
    Column("Finding", 30), Column("Meaning", 70), Column("Severity", 12), Column("Findings", 10),
    Column("Devices", 10), Column("First found", 60), Column("What to do", 70),
)  # fmt: skip
_PARTS = (Column("Part number"), Column("Genuine"), Column("Not genuine"))
_INPUTS = (
    Column("Input", 30), Column("SHA-256", 70), Column("Read as", 16), Column("Kind", 20),
    Column("Entries", 10),
)  # fmt: skip
_ANCHORS = (
    Column("Trust anchor", 30), Column("SHA-256 of its certificate", 70), Column("Role", 16),
    Column("Origin", 20), Column("Devices", 10), Column("Subject", 40), Column("Source", 40),
)  # fmt: skip
_ADDED = (Column("Added to trust"), Column("File"), Column("Role"))
CHECK_COLUMNS = (
    Column("Check run", 34), Column("Severity", 12), Column("Title", 60), Column("Meaning", 110),
    Column("Basis", 50),
)  # fmt: skip


def summary_columns(audit: Audit) -> tuple[Column, ...]:
    """The headings stay in sight and stand on every printed page: so they are the answer."""
    return Column("Audit", 30), Column(audit.verdict.sentence, 70)


def write_summary(audit: Audit, table: Table) -> None:
    """Fill the sheet."""
    for row in _answers(audit):
        table.add(row)
    table.section(_TROUBLES)
    for trouble in audit.troubles:
        check = trouble.check
        table.add(
            (
                check.code, check.title, check.severity, trouble.count, trouble.devices,
                _first(trouble), check.remedy,
            )
        )  # fmt: skip
    table.section(_PARTS)
    for part, (accepted, others) in audit.tally.parts.items():
        table.add((part or "(unknown)", accepted, others))
    _write_making(audit, table)
    table.close()


def _answers(audit: Audit) -> Iterator[tuple[object, object]]:
    making, tally = audit.making, audit.tally
    yield "Verdict", audit.verdict.decision
    for reason in audit.verdict.reasons:
        yield "Reason", reason
    yield "Entries", sum(tally.statuses.values())
    for status in Status:
        yield f"Entries {status.value}", tally.statuses.get(status, 0)
    yield "Chips", tally.chips
    yield "Genuine chips", tally.accepted_chips
    yield "Judged as of (UTC)", making.at
    yield "Strict", making.strict
    yield "Made by", f"tng {making.tool_version}"
    yield "Command", making.command


def _write_making(audit: Audit, table: Table) -> None:
    table.section(_INPUTS)
    for item in audit.inputs:
        digest = item.sha256 or "(could not all be read)"
        table.add((item.path, digest, item.role.value, item.kind, item.entries))
    table.section(_ANCHORS)
    for anchor in audit.anchors:
        table.add(
            (
                anchor.reference.id, anchor.sha256, anchor.role, anchor.reference.origin,
                anchor.devices, anchor.subject, anchor.source,
            )
        )  # fmt: skip
    if audit.making.added:
        table.section(_ADDED)
        for role, identity, source in audit.making.added:
            table.add((identity, source, role))


def write_checks(audit: Audit, table: Table) -> None:
    """The sheet Checks: what was checked, and what that means."""
    for check in audit.checks:
        table.add((check.code, check.severity, check.title, check.meaning, check.source))
    table.close()


def _first(trouble: Trouble) -> str:
    example = next(iter(trouble.examples), None)
    if example is None:
        return ""
    return f"{example.name} in {example.source}" if example.source else example.name
