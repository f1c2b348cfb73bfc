"""JSON: one object (``tng.report/1``), or one message a line (``tng.report-lines/1``)."""

from collections.abc import Sequence
from typing import BinaryIO

from tng.models import InputSummary, Outcome
from tng.report.interface import ReportContext, Summary
from tng.report.json_text import to_json
from tng.report.rows import Row, device_row, timestamp

REPORT_SCHEMA = "tng.report/1"
LINES_SCHEMA = "tng.report-lines/1"


class JsonReport:
    """The whole report as one object, written while the devices pass by."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._separator = b"\n"
        self.render = _device

    def begin(self, context: ReportContext) -> None:
        """Open the object: schema, run, and the list of devices."""
        head = to_json({"schema": REPORT_SCHEMA, "run": _run(context)})
        self._stream.write(head[:-1] + b',"devices":[')

    def item(self, rendered: bytes) -> None:
        """Add one device."""
        self._stream.write(self._separator + rendered)
        self._separator = b",\n"

    def end(self, inputs: Sequence[InputSummary], summary: Summary) -> None:
        """Close the list; inputs and summary are known only now."""
        tail = to_json({"inputs": [_input(item) for item in inputs], "summary": _summary(summary)})
        self._stream.write(b"\n]," + tail[1:] + b"\n")


class JsonLinesReport:
    """The same as a stream of lines, each with its ``message_type``; the summary is last."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.render = _device_line

    def begin(self, context: ReportContext) -> None:
        """The first line: ``begin``."""
        self._line("begin", {"schema": LINES_SCHEMA, "run": _run(context)})

    def item(self, rendered: bytes) -> None:
        """A line ``device``."""
        self._stream.write(rendered)

    def end(self, inputs: Sequence[InputSummary], summary: Summary) -> None:
        """A line ``input`` for each input, then ``summary``."""
        for item in inputs:
            self._line("input", _input(item))
        self._line("summary", _summary(summary))

    def _line(self, message_type: str, members: Row) -> None:
        self._stream.write(_line(message_type, members))


def _device(outcome: Outcome) -> bytes:
    return to_json(device_row(outcome))


def _device_line(outcome: Outcome) -> bytes:
    return _line("device", device_row(outcome))


def _line(message_type: str, members: Row) -> bytes:
    return to_json({"message_type": message_type, **members}) + b"\n"


def _run(context: ReportContext) -> Row:
    return {
        "tool": "tng",
        "version": context.tool_version,
        "at": timestamp(context.at),
        "strict": context.strict,
        "added_trust": [
            {"role": role, "id": identity, "source": source}
            for role, identity, source in context.added
        ],
    }


def _input(item: InputSummary) -> Row:
    return {
        "path": item.path,
        "sha256": item.sha256 or None,
        "kind": item.kind,
        "entries": item.entries,
    }


def _summary(summary: Summary) -> Row:
    return {
        "devices": summary.total,
        "outcomes": summary.outcome_counts(),
        "findings": dict(sorted(summary.codes.items())),
    }
