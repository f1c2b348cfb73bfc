"""JSON: ``tng.report/1`` as ``tng verify`` writes it, and what the audit adds to it.

Everything that is about the whole comes first, so that a reader has the verdict without
reading the devices, which stand one a line at the end. The schema is
``docs/schemas/tng.report.1.json``.
"""

from typing import BinaryIO

from tng.audit.models import (
    Audit,
    AuditedTarget,
    AuditInput,
    LineResult,
    Making,
    Reconciliation,
    Standing,
    Trouble,
    UsedAnchor,
)
from tng.audit.rows import row_of
from tng.models import Status
from tng.orders import OrderLine
from tng.report.json_report import REPORT_SCHEMA
from tng.report.json_text import to_json
from tng.report.rows import Row, finding_member, source_member, timestamp


def write_json(audit: Audit, stream: BinaryIO) -> None:
    """Write the report as one object."""
    head = to_json(
        {
            "schema": REPORT_SCHEMA,
            "run": _run(audit.making),
            "verdict": {
                "decision": audit.verdict.decision.value,
                "sentence": audit.verdict.sentence,
                "reasons": list(audit.verdict.reasons),
            },
            "summary": _summary(audit),
            **_sections(audit),
        }
    )
    stream.write(head[:-1] + b',"devices":[')
    separator = b"\n"
    for device in audit.devices:
        stream.write(separator + to_json(row_of(device)))
        separator = b",\n"
    stream.write(b"\n]}\n")


def _run(making: Making) -> Row:
    return {
        "tool": "tng",
        "version": making.tool_version,
        "at": timestamp(making.at),
        "strict": making.strict,
        "command": making.command,
        "added_trust": [
            {"role": role, "id": identity, "source": source}
            for role, identity, source in making.added
        ],
    }


def _summary(audit: Audit) -> Row:
    tally = audit.tally
    return {
        "devices": len(audit.devices),
        "outcomes": {status.value: tally.statuses.get(status, 0) for status in Status},
        "findings": {
            trouble.check.code: trouble.count
            for trouble in sorted(audit.troubles, key=lambda item: item.check.code)
        },
        "chips": tally.chips,
        "accepted_chips": tally.accepted_chips,
        # A part number is free text, which is safe as a value, and not as a name.
        "parts": [
            {"part_number": part, "accepted": accepted, "others": others}
            for part, (accepted, others) in tally.parts.items()
        ],
        "provisioned": dict(tally.provisioned),
        "ends": dict(tally.ends),
    }


def _sections(audit: Audit) -> Row:
    return {
        "troubles": [_trouble(item) for item in audit.troubles],
        "general_findings": [
            {
                "subject": {"kind": item.subject.kind, "name": item.subject.name},
                "finding": finding_member(item.finding),
            }
            for item in audit.general
        ],
        "reconciliation": _reconciliation(audit.reconciliation),
        "overlaps": [
            {"first": item.first, "second": item.second, "devices": item.devices}
            for item in audit.overlaps
        ],
        "seen_before": [
            {"at": item.at, "source": item.source, "devices": item.devices}
            for item in audit.seen_before
        ],
        "targets": [_target(item) for item in audit.targets],
        "elsewhere": [{"target": item.target, "devices": item.devices} for item in audit.elsewhere],
        "anchors": [_anchor(item) for item in audit.anchors],
        "inputs": [_input(item) for item in audit.inputs],
        "checks": [check.code for check in audit.checks],
    }


def _trouble(trouble: Trouble) -> Row:
    check = trouble.check
    return {
        "code": check.code,
        "severity": check.severity.value,
        "title": check.title,
        "meaning": check.meaning,
        "remedy": check.remedy,
        "basis": check.source,
        "count": trouble.count,
        "devices": trouble.devices,
        "examples": [
            {"name": item.name, "source": item.source, "message": item.message}
            for item in trouble.examples
        ],
    }


def _reconciliation(found: Reconciliation | None) -> Row | None:
    if found is None:
        return None
    return {
        "lines": [_line(item) for item in found.lines],
        "unordered": [
            {"part_number": item.part_number, "group_id": item.group_id, "chips": item.chips}
            for item in found.unordered
        ],
    }


def _line(result: LineResult) -> Row:
    line = result.line
    return {
        "order": line.order,
        "part_number": line.part_number,
        "group_id": line.group_id,
        "date": line.date.isoformat() if line.date else None,
        "quantity": line.quantity,
        "listed_serials": _listed(line),
        "source": source_member(line.source),
        "delivered": result.delivered,
        "short": result.short,
        "over": result.over,
        "not_genuine": result.not_genuine,
        "missing": list(result.missing),
        "missing_count": result.missing_count,
    }


def _listed(line: OrderLine) -> int:
    """How many serial numbers the line names, as far as a 64-bit number can tell."""
    count = sum(int(item.last, 16) - int(item.first, 16) + 1 for item in line.serials)
    return max(0, min(count, 2**63 - 1))


def _target(target: AuditedTarget) -> Row:
    return {
        "name": target.name,
        "cloud": target.cloud,
        "place": target.place,
        "facts": [{"name": name, "value": value} for name, value in target.facts],
        "counts": {standing.value: target.counts.get(standing, 0) for standing in Standing},
        "unknown": [
            {"key": item.key, "name": item.name, "recorded": item.recorded}
            for item in target.unknown
        ],
        "unknown_count": target.unknown_count,
        "recorded_count": target.recorded_count,
        "listed": target.listed,
        "problem": target.problem or None,
    }


def _anchor(anchor: UsedAnchor) -> Row:
    return {
        "id": anchor.reference.id,
        "built_in": anchor.reference.built_in,
        "role": anchor.role,
        "subject": anchor.subject,
        "sha256": anchor.sha256 or None,
        "source": anchor.source,
        "devices": anchor.devices,
    }


def _input(item: AuditInput) -> Row:
    return {
        "role": item.role.value,
        "path": item.path,
        "sha256": item.sha256 or None,
        "kind": item.kind,
        "entries": item.entries,
    }
