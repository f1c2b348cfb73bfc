"""CSV: a row a device, for spreadsheets; formulas in the input stay text."""

import csv
import io
from collections.abc import Sequence
from typing import BinaryIO

from tng.models import InputSummary, Outcome
from tng.report.interface import ReportContext, Summary
from tng.report.rows import device_row
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

    def begin(self, context: ReportContext) -> None:  # noqa: ARG002 - the interface's form
        """Write the header row."""
        self._write(COLUMNS)

    def item(self, outcome: Outcome) -> None:
        """Write one device; only warnings and errors have their message."""
        row = device_row(outcome)
        source = outcome_source(row)
        anchor = row["anchor"] if isinstance(row["anchor"], dict) else {}
        cells = {
            **row,
            "anchor": anchor.get("id"),
            "anchor_built_in": anchor.get("built_in"),
            **source,
            "findings": " ".join(item.code for item in outcome.findings),
            "messages": "; ".join(
                item.message for item in outcome.findings if item.severity.rank > 0
            ),
        }
        self._write([spreadsheet_cell(cells.get(column)) for column in COLUMNS])

    def end(self, inputs: Sequence[InputSummary], summary: Summary) -> None:
        """Nothing: a table has rows alone."""

    def _write(self, cells: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line).writerow(cells)
        self._stream.write(line.getvalue().encode("utf-8", "backslashreplace"))


def outcome_source(row: dict[str, object]) -> dict[str, object]:
    """The source's members as columns of their own."""
    source = row["source"]
    return source if isinstance(source, dict) else {}
