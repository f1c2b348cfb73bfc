"""Markdown for tickets: the summary, then what is wrong, then every device."""

import tempfile
from collections.abc import Sequence
from typing import BinaryIO

from tng.findings import CHECKS
from tng.models import InputSummary, Outcome, Undecodable
from tng.report.interface import ReportContext, Summary
from tng.report.rows import timestamp
from tng.report.text import markdown_cell


class MarkdownReport:
    """The summary stands first although it is known last: rows wait in a temporary file."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.render = _device_row
        self._rows = tempfile.TemporaryFile()  # noqa: SIM115 - closed in end()
        self._heading = ""

    def begin(self, context: ReportContext) -> None:
        """Remember how the devices were judged."""
        strict = ", strict" if context.strict else ""
        self._heading = (
            f"Judged as of {timestamp(context.at)}{strict} by tng {context.tool_version}."
        )

    def item(self, rendered: bytes) -> None:
        """Put one row aside."""
        self._rows.write(rendered)

    def end(self, inputs: Sequence[InputSummary], summary: Summary) -> None:
        """Write everything."""
        self._write(f"# Devices\n\n{self._heading}\n\n")
        self._write(_table(["Outcome", "Devices"]))
        for status, count in summary.outcome_counts().items():
            self._write(_row([status, count]))
        self._write("\n" + _table(["Vouched", "By", "Origin"]))
        for anchor, count in sorted(summary.vouching.items(), key=lambda item: item[0].id):
            self._write(_row([count, anchor.id, anchor.origin]))
        self._write("\n" + _table(["Finding", "Severity", "Times", "Meaning"]))
        for code, count in sorted(summary.codes.items()):
            check = CHECKS[code]
            self._write(_row([code, check.severity.value, count, check.title]))
        self._write("\n" + _table(["Input", "Kind", "Entries", "SHA-256"]))
        for item in inputs:
            self._write(_row([item.path, item.kind, item.entries, item.sha256]))
        heading = ["Status", "Device", "Part", "Common name", "Source", "Trouble"]
        self._write("\n" + _table(heading))
        self._rows.seek(0)
        while chunk := self._rows.read(64 * 1024):
            self._stream.write(chunk)
        self._rows.close()

    def _write(self, text: str) -> None:
        self._stream.write(text.encode("utf-8", "backslashreplace"))


def _device_row(outcome: Outcome) -> bytes:
    if isinstance(outcome, Undecodable):
        cells = [outcome.status, "", "", "", outcome.source]
    else:
        record = outcome.record
        name = record.leaf.subject.common_name if record.leaf else ""
        cells = [outcome.status, record.device_id, record.part_number, name, record.source]
    troubles = "; ".join(f.message for f in outcome.findings if f.severity.rank > 0)
    return _row([*cells, troubles]).encode()


def _table(heading: Sequence[str]) -> str:
    return _row(heading) + _row(["---"] * len(heading))


def _row(cells: Sequence[object]) -> str:
    shown = (cell if cell == "---" else markdown_cell(cell) for cell in cells)
    return f"| {' | '.join(map(str, shown))} |\n"
