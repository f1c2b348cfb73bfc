"""Columns for people at a terminal: a line a device, and a line for each trouble.

Lines are never cut. Notices are shown with ``-v`` only; a summary goes to stderr
from the command, not from here.
"""

from collections.abc import Sequence
from typing import BinaryIO

from tng.findings import Severity
from tng.models import InputSummary, Outcome, Status, Undecodable
from tng.report.interface import ReportContext, Summary
from tng.report.text import printable

_STATUS_STYLES = {
    Status.VERIFIED: "32",
    Status.ATTESTED: "36",
    Status.UNVERIFIED: "33",
    Status.REJECTED: "1;31",
    Status.UNDECODABLE: "1;31",
}
_SEVERITY_STYLES = {Severity.NOTICE: "2", Severity.WARNING: "33", Severity.ERROR: "31"}


class ColumnsReport:
    """Status, device id, part, source; findings below.

    The common name repeats the id; it is in the other formats.
    """

    def __init__(self, stream: BinaryIO, *, colored: bool, with_notices: bool) -> None:
        self._stream = stream
        self._colored = colored
        self._with_notices = with_notices

    def begin(self, context: ReportContext) -> None:  # noqa: ARG002 - the interface's form
        """Write the heading."""
        self._write(f"{'STATUS':<12} {'DEVICE':<36} {'PART':<22} SOURCE")

    def item(self, outcome: Outcome) -> None:
        """Write one device."""
        status = self._style(f"{outcome.status.value:<12}", _STATUS_STYLES[outcome.status])
        if isinstance(outcome, Undecodable):
            self._write(f"{status} {'-':<36} {'-':<22} {printable(outcome.source)}")
        else:
            record = outcome.record
            part = " ".join(filter(None, (record.part_number, self._object(outcome))))
            self._write(
                f"{status} {printable(record.device_id):<36} {printable(part or '-'):<22} "
                f"{printable(record.source)}"
            )
        for item in outcome.findings:
            if self._with_notices or item.severity is not Severity.NOTICE:
                severity = self._style(item.severity.value, _SEVERITY_STYLES[item.severity])
                self._write(f"  {severity}: {item.code}: {printable(item.message)}")

    def end(self, inputs: Sequence[InputSummary], summary: Summary) -> None:
        """Nothing: the summary is talk, and goes to stderr."""

    def _object(self, outcome: Outcome) -> str | None:
        if isinstance(outcome, Undecodable) or outcome.record.vendor != "nxp":
            return None
        return outcome.record.object_id

    def _style(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colored else text

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n".encode("utf-8", "backslashreplace"))
