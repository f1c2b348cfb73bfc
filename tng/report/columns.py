"""Columns for people at a terminal: a line a device, and a line for each trouble.

Lines are never cut. Notices are shown with ``-v`` only; a summary goes to stderr
from the command, not from here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from tng.findings import Severity
from tng.models import InputSummary, JudgedDevice, Outcome, Status, Undecodable
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
        self.render = _Lines(colored, with_notices)

    def begin(self, context: ReportContext) -> None:  # noqa: ARG002 - the interface's form
        """Write the heading."""
        self._stream.write(f"{'STATUS':<12} {'DEVICE':<36} {'PART':<22} SOURCE\n".encode())

    def item(self, rendered: bytes) -> None:
        """Write one device."""
        self._stream.write(rendered)

    def end(self, inputs: Sequence[InputSummary], summary: Summary) -> None:
        """Nothing: the summary is talk, and goes to stderr."""


@dataclass(frozen=True, slots=True)
class _Lines:
    colored: bool
    with_notices: bool

    def __call__(self, outcome: Outcome) -> bytes:
        lines = [self._device(outcome), *self._findings(outcome)]
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")

    def _device(self, outcome: Outcome) -> str:
        status = self._style(f"{outcome.status.value:<12}", _STATUS_STYLES[outcome.status])
        if isinstance(outcome, Undecodable):
            return f"{status} {'-':<36} {'-':<22} {printable(outcome.source)}"
        record = outcome.record
        part = " ".join(filter(None, (record.part_number, _object(outcome))))
        return (
            f"{status} {printable(record.device_id):<36} {printable(part or '-'):<22} "
            f"{printable(record.source)}"
        )

    def _findings(self, outcome: Outcome) -> Iterator[str]:
        for item in outcome.findings:
            if self.with_notices or item.severity is not Severity.NOTICE:
                severity = self._style(item.severity.value, _SEVERITY_STYLES[item.severity])
                yield f"  {severity}: {item.code}: {printable(item.message)}"

    def _style(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.colored else text


def _object(outcome: JudgedDevice) -> str | None:
    return outcome.record.object_id if outcome.record.vendor == "nxp" else None
