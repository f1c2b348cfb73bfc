"""CSV: a row a device, for spreadsheets; formulas in the input stay text."""

import csv
import io
from collections.abc import Sequence
from typing import BinaryIO

from tng.findings import Finding
from tng.models import InputSummary, Outcome
from tng.report.interface import ReportContext, Summary
from tng.report.rows import Row, device_row
from tng.report.text import spreadsheet_cell

COLUMNS = (
    "status",
    "vendor",
    "device_id",
    "part_number",
    "group_id",
    "object_id",
    "provisioned_at",
    "certificate_sha256",
    "serial_number",
    "subject_common_name",
    "issuer_common_name",
    "not_before",
    "not_after",
    "anchor",
    "anchor_built_in",
    "file",
    "entry",
    "line",
    "findings",
    "messages",
)


class CsvReport:
    """RFC 4180 with a header row; inputs and summary have no place in it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.render = _device_line

    def begin(self, context: ReportContext) -> None:  # noqa: ARG002 - the interface's form
        """Write the header row."""
        self._stream.write(csv_line(COLUMNS))

    def item(self, rendered: bytes) -> None:
        """Write one device."""
        self._stream.write(rendered)

    def end(self, inputs: Sequence[InputSummary], summary: Summary) -> None:
        """Nothing: a table has rows alone."""


def _device_line(outcome: Outcome) -> bytes:
    return csv_line(device_cells(device_row(outcome), outcome.findings))


def device_cells(row: Row, findings: Sequence[Finding]) -> list[object]:
    """The cells of `COLUMNS` for a row; only warnings and errors have their message."""
    anchor = row["anchor"] if isinstance(row["anchor"], dict) else {}
    source = row["source"] if isinstance(row["source"], dict) else {}
    cells = {
        **row,
        "anchor": anchor.get("id"),
        "anchor_built_in": anchor.get("built_in"),
        **source,
        "findings": " ".join(item.code for item in findings),
        "messages": "; ".join(item.message for item in findings if item.severity.rank > 0),
    }
    return [cells.get(column) for column in COLUMNS]


def csv_line(cells: Sequence[object]) -> bytes:
    """One row in UTF-8; whatever a spreadsheet would take for a formula is text."""
    line = io.StringIO()
    csv.writer(line).writerow([spreadsheet_cell(cell) for cell in cells])
    return line.getvalue().encode("utf-8", "backslashreplace")
