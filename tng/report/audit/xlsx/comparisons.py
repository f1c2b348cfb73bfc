"""The sheets Reconciliation and Targets."""

from tng.audit.models import Audit, AuditedTarget, LineResult, Standing
from tng.report.audit.xlsx.table import Column, Table

LINE_COLUMNS = (
    Column("Line", 10), Column("Order", 30), Column("Part number", 30), Column("Group", 20),
    Column("Date", 12), Column("Ordered", 10), Column("Delivered", 10), Column("Short", 10),
    Column("Over", 10), Column("Not genuine", 12), Column("Missing serials", 14),
    Column("The first of them", 60), Column("Read from", 40),
)  # fmt: skip
_UNORDERED = (Column(""), Column("Came, not ordered"), Column("Group"), Column("Chips"))
_OVERLAPS = (Column(""), Column("First source"), Column("Overlaps with"), Column("Devices"))
_SEEN = (Column(""), Column("Seen by the audit of"), Column("In the source"), Column("Devices"))


def write_reconciliation(audit: Audit, table: Table) -> None:
    """Order lines, then parts that nobody ordered, overlapping sources, and chips seen before."""
    found = audit.reconciliation
    if found is not None:
        for number, result in enumerate(found.lines, 1):
            table.add(_line(number, result))
        table.section(_UNORDERED)
        for part in found.unordered:
            table.add(
                (None, part.part_number or "(unknown)", part.group_id or "(unknown)", part.chips)
            )
    table.section(_OVERLAPS)
    for overlap in audit.overlaps:
        table.add((None, overlap.first, overlap.second, overlap.devices))
    table.section(_SEEN)
    for seen in audit.seen_before:
        table.add((None, seen.at, seen.source, seen.devices))
    table.close()


def _line(number: int, result: LineResult) -> tuple[object, ...]:
    line = result.line
    return (
        number, line.order, line.part_number, line.group_id, line.date, line.quantity,
        result.delivered, result.short, result.over, result.not_genuine, result.missing_count,
        " ".join(result.missing), line.source,
    )  # fmt: skip


TARGET_COLUMNS = (
    Column("Target", 24), Column("Cloud", 24), Column("Place", 44), Column("Not read because", 40),
    *(Column(standing.value, 12) for standing in Standing),
    Column("In no source", 12), Column("of them registered by tng", 12), Column("Wanted", 50),
)  # fmt: skip
_STRANGERS = (
    Column("In no source, on"), Column("Name there"), Column("Certificate", 68),
    Column("Registered by tng"),
)  # fmt: skip
_ELSEWHERE = (Column("Registered elsewhere too, on"), Column("Devices"))


def write_targets(audit: Audit, table: Table) -> None:
    """A row a target, then what stands on them and in no source, then other targets."""
    for target in audit.targets:
        table.add(_target(target))
    table.section(_STRANGERS)
    for target in audit.targets:
        for item in target.unknown:
            table.add((target.name, item.name, item.key, item.recorded))
    table.section(_ELSEWHERE)
    for held in audit.elsewhere:
        table.add((held.target, held.devices))
    table.close()


def _strangers(target: AuditedTarget) -> tuple[object, object]:
    if not target.listed:
        return "not asked for", None
    return target.unknown_count + target.recorded_count, target.recorded_count


def _target(target: AuditedTarget) -> tuple[object, ...]:
    return (
        target.name, target.cloud, target.place, target.problem,
        *(target.counts.get(standing, 0) for standing in Standing),
        *_strangers(target),
        "; ".join(f"{name}: {value}" for name, value in target.facts),
    )  # fmt: skip
