"""The sections of the Markdown page that compare: with orders, other sources, and targets."""

from collections.abc import Iterator

from tng.audit.models import Audit, AuditedTarget, LineResult, Reconciliation, Standing
from tng.report.audit.markdown_page import Page, row
from tng.report.audit.markdown_text import code, counted, prose

_LINES, _REPEATS, _TARGETS = 7_000, 2_500, 4_000
"""Octets that these sections may take."""
_SERIALS = 3


def write_reconciliation(page: Page, audit: Audit) -> None:
    """Order lines, what came unordered, overlapping sources and chips seen before."""
    if audit.reconciliation is not None:
        page.heading("Against the orders")
        page.head(["Order", "Part number", "Ordered", "Genuine", "Short", "Over", "Remarks"])
        page.fill(map(_line, audit.reconciliation.lines), _LINES, "order lines are")
        page.write()
        page.fill(_unordered(audit.reconciliation), _REPEATS, "unordered parts are")
    if audit.overlaps or audit.seen_before:
        page.heading("Seen more than once")
        page.fill(_repeats(audit), _REPEATS, "of these are")


def _line(result: LineResult) -> str:
    line = result.line
    remarks = []
    if result.not_genuine:
        remarks.append(f"{result.not_genuine:,} not genuine")
    if result.missing_count:
        first = " ".join(code(serial) for serial in result.missing[:_SERIALS])
        remarks.append(f"{result.missing_count:,} listed serials missing, first {first}")
    return row(
        [
            code(line.order),
            code(line.part_number),
            f"{line.quantity:,}",
            f"{result.delivered:,}",
            f"{result.short:,}",
            f"{result.over:,}",
            "; ".join(remarks),
        ]
    )


def _unordered(found: Reconciliation) -> Iterator[str]:
    for item in found.unordered:
        part = code(item.part_number) or "a part without a number"
        group = f" of group {code(item.group_id)}" if item.group_id else ""
        yield f"- {counted(item.chips, 'chip')} that nobody ordered: {part}{group}"


def _repeats(audit: Audit) -> Iterator[str]:
    for overlap in audit.overlaps:
        yield (
            f"- {counted(overlap.devices, 'device')} of {code(overlap.first)} in "
            f"{code(overlap.second)} again"
        )
    for seen in audit.seen_before:
        yield (
            f"- {counted(seen.devices, 'device')} seen in {code(seen.source)}, "
            f"audited {prose(seen.at)}"
        )


def write_targets(page: Page, audit: Audit) -> None:
    """How the devices stand on each target."""
    if not audit.targets and not audit.elsewhere:
        return
    page.heading("On the targets")
    page.fill(map(_target, audit.targets), _TARGETS, "targets are")
    elsewhere = (
        f"- {counted(item.devices, 'device')} registered on {code(item.target)} too, "
        "which was not read"
        for item in audit.elsewhere
    )
    page.fill(elsewhere, _REPEATS, "targets are")


def _target(target: AuditedTarget) -> str:
    place = f"- **{code(target.name)}** ({prose(target.cloud)}, {prose(target.place)}): "
    if target.problem:
        return f"{place}could not be read: {prose(target.problem)}"
    counts = [
        f"{target.counts[standing]:,} {standing.value}"
        for standing in Standing
        if target.counts.get(standing)
    ]
    strangers = target.unknown_count + target.recorded_count
    if strangers:
        first = " ".join(code(item.name or item.key) for item in target.unknown[:_SERIALS])
        counts.append(f"{strangers:,} that are in no source, first {first}")
    if not target.listed:
        counts.append("what else it holds was not asked for")
    return f"{place}{', '.join(counts) or 'nothing'}"
