"""What changed between two reports, as people and programs read it.

``tng.diff/1`` for JSON. Everything is written while it passes by, in the same order in every
form: what is about the whole first, then the devices.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from tng.audit.comparison import Comparison
from tng.audit.diff import DeviceChange
from tng.audit.fact_changes import FactChange
from tng.audit.report_file import ReportFacts
from tng.audit.reported import ReportedDevice
from tng.findings import Finding, Severity
from tng.report.audit.markdown_text import code, prose
from tng.report.json_text import to_json
from tng.report.rows import Row, finding_member
from tng.report.text import printable, spreadsheet_cell

SCHEMA = "tng.diff/1"
COLUMNS = (
    "change",
    "severity",
    "name",
    "vendor",
    "object_id",
    "part_number",
    "old_certificate_sha256",
    "new_certificate_sha256",
    "old_status",
    "new_status",
    "old_source",
    "new_source",
    "message",
)
_STYLES = {Severity.NOTICE: "2", Severity.WARNING: "33", Severity.ERROR: "31"}
_NOTHING = "–"  # noqa: RUF001 - a dash for a place that is empty


def write_diff(name: str, comparison: Comparison, stream: BinaryIO, *, colored: bool) -> None:
    """Write the comparison in that form; ``colored`` is for columns alone."""
    match name:
        case "json":
            _write_json(comparison, stream)
        case "csv":
            stream.write(_csv_line(COLUMNS))
            for row in _rows(comparison):
                stream.write(_csv_line([spreadsheet_cell(row.get(name)) for name in COLUMNS]))
        case "markdown":
            for line in _markdown(comparison):
                stream.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        case "columns":
            for line in _columns(comparison, colored=colored):
                stream.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        case _:
            raise ValueError(f"no form of a comparison is called {name}")


def _write_json(comparison: Comparison, stream: BinaryIO) -> None:
    head = to_json(
        {
            "schema": SCHEMA,
            "old": _report_member(comparison.old),
            "new": _report_member(comparison.new),
            "facts": [_fact_member(fact) for fact in comparison.facts],
        }
    )
    stream.write(head[:-1] + b',"devices":[')
    separator = b"\n"
    for change in comparison.changes():
        stream.write(separator + to_json(_change_member(change)))
        separator = b",\n"
    summary = comparison.summary()
    counts = {"devices": summary.devices, "findings": dict(sorted(summary.codes.items()))}
    stream.write(b"\n]," + to_json({"summary": counts})[1:] + b"\n")


def _report_member(report: ReportFacts) -> Row:
    return {
        "path": report.name,
        "version": report.version,
        "at": report.at,
        "devices": report.devices,
    }


def _fact_member(fact: FactChange) -> Row:
    return {
        "topic": fact.topic,
        "name": fact.name,
        "old": fact.old,
        "new": fact.new,
        "finding": None if fact.finding is None else finding_member(fact.finding),
    }


def _change_member(change: DeviceChange) -> Row:
    device = change.device
    return {
        "vendor": device.vendor,
        "device_id": device.device_id,
        "object_id": device.object_id,
        "part_number": device.part_number,
        "old": _side_member(change.old),
        "new": _side_member(change.new),
        "findings": [finding_member(item) for item in change.findings],
    }


def _side_member(device: ReportedDevice | None) -> Row | None:
    if device is None:
        return None
    return {
        "number": device.number,
        "status": device.status.value,
        "certificate_sha256": device.certificate,
        "source": device.source,
    }


def _rows(comparison: Comparison) -> Iterator[Row]:
    for fact in comparison.facts:
        yield {
            "change": fact.finding.code if fact.finding else fact.topic,
            "severity": fact.finding.severity.value if fact.finding else None,
            "name": fact.name,
            "message": f"{fact.old or _NOTHING} → {fact.new or _NOTHING}",
        }
    for change in comparison.changes():
        for found in change.findings:
            yield _device_row(change, found)


def _device_row(change: DeviceChange, found: Finding) -> Row:
    device, old, new = change.device, change.old, change.new
    return {
        "change": found.code,
        "severity": found.severity.value,
        "name": device.device_id or device.certificate,
        "vendor": device.vendor,
        "object_id": device.object_id,
        "part_number": device.part_number,
        "old_certificate_sha256": old.certificate if old else None,
        "new_certificate_sha256": new.certificate if new else None,
        "old_status": old.status.value if old else None,
        "new_status": new.status.value if new else None,
        "old_source": old.source if old else None,
        "new_source": new.source if new else None,
        "message": found.message,
    }


def _columns(comparison: Comparison, *, colored: bool) -> Iterator[str]:
    yield f"{'CHANGE':<20} {'DEVICE':<36} {'PART':<22} WHAT"
    for row in _rows(comparison):
        change = f"{printable(row['change']):<20}"
        if colored and row["severity"] is not None:
            change = f"\x1b[{_STYLES[Severity(str(row['severity']))]}m{change}\x1b[0m"
        name, part = printable(row["name"]), printable(row.get("part_number") or "-")
        yield f"{change} {name:<36} {part:<22} {printable(row['message'])}"


def _markdown(comparison: Comparison) -> Iterator[str]:
    yield "# What changed"
    yield ""
    yield from _markdown_table(("", "Report", "As of", "Made by", "Devices"))
    for label, report in (("old", comparison.old), ("new", comparison.new)):
        names = (code(report.name), code(report.at), code(f"tng {report.version}"))
        yield _markdown_row((label, *names, f"{report.devices:,}"))
    yield ""
    yield from _markdown_table(("Change", "Severity", "Device", "Part", "What"))
    for row in _rows(comparison):
        device, part = code(row["name"]), code(row.get("part_number"))
        what = " → ".join(map(prose, str(row["message"]).split(" → ")))
        yield _markdown_row((row["change"], row["severity"] or "", device, part, what))


def _markdown_table(heading: Sequence[str]) -> Iterator[str]:
    yield _markdown_row(heading)
    yield f"|{' --- |' * len(heading)}"


def _markdown_row(cells: Sequence[object]) -> str:
    """A row of cells whose text is harmless already."""
    return f"| {' | '.join(map(str, cells))} |"


def _csv_line(cells: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode("utf-8", "backslashreplace")
