"""Certificate requests as text and data: a line each, or ``tng.requests/1``.

It writes while they pass by, so that a bench that waits for the next device shows each at once.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from tng.csr.model import RequestedDevice, RequestOutcome
from tng.findings import Severity
from tng.models import InputSummary, Status, Undecodable
from tng.report.json_text import to_json
from tng.report.rows import Row, finding_member, source_member
from tng.report.text import printable

REQUESTS_SCHEMA = "tng.requests/1"
REQUEST_LINES_SCHEMA = "tng.request-lines/1"
USABLE = "usable"
STATUSES = (USABLE, Status.REJECTED.value, Status.UNDECODABLE.value)

_STATUS_STYLES = {USABLE: "32", STATUSES[1]: "1;31", STATUSES[2]: "1;31"}
_SEVERITY_STYLES = {Severity.NOTICE: "2", Severity.WARNING: "33", Severity.ERROR: "31"}


@dataclass(slots=True)
class RequestTally:
    """Counts of requests by status and of findings by code, while they pass by."""

    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: RequestOutcome) -> None:
        """Count one."""
        self.statuses[status_of(outcome)] += 1
        self.codes.update(item.code for item in outcome.findings)

    @property
    def usable(self) -> int:
        """Requests whose proof of possession holds."""
        return self.statuses[USABLE]

    @property
    def are_all_usable(self) -> bool:
        """Whether there is any, and no other one."""
        return self.usable == self.statuses.total() > 0

    @property
    def is_unreadable(self) -> bool:
        """Whether nothing was a request at all."""
        return self.statuses[Status.UNDECODABLE.value] == self.statuses.total()


class RequestReport(Protocol):
    """One form of output."""

    def begin(self) -> None:
        """Write what comes before the requests."""

    def item(self, outcome: RequestOutcome) -> None:
        """Write one request."""

    def end(self, inputs: Sequence[InputSummary], tally: RequestTally) -> None:
        """Write what comes after them."""


def make_request_report(
    name: str, stream: BinaryIO, *, colored: bool, with_notices: bool
) -> RequestReport:
    """The report of that form; ``colored`` and ``with_notices`` are for columns alone."""
    match name:
        case "json":
            return JsonRequests(stream)
        case "jsonl":
            return JsonLinesRequests(stream)
        case "columns":
            return RequestColumns(stream, colored=colored, with_notices=with_notices)
        case _:
            raise ValueError(f"no form of requests is called {name}")


def status_of(outcome: RequestOutcome) -> str:
    """``"usable"``, ``"rejected"`` or ``"undecodable"``."""
    return USABLE if isinstance(outcome, RequestedDevice) else outcome.status.value


class RequestColumns:
    """Status, device id, key and source; findings below. Lines are never cut."""

    def __init__(self, stream: BinaryIO, *, colored: bool, with_notices: bool) -> None:
        self._stream = stream
        self._colored = colored
        self._with_notices = with_notices

    def begin(self) -> None:
        """The heading."""
        self._write(f"{'STATUS':<12} {'DEVICE':<36} {'KEY':<10} SOURCE")

    def item(self, outcome: RequestOutcome) -> None:
        """A line for the request, and one for each trouble."""
        status = status_of(outcome)
        source = outcome.source if isinstance(outcome, Undecodable) else outcome.record.source
        device = "-" if isinstance(outcome, Undecodable) else outcome.record.device_id
        key = outcome.request.key_type if isinstance(outcome, RequestedDevice) else "-"
        styled = self._style(f"{status:<12}", _STATUS_STYLES[status])
        self._write(f"{styled} {printable(device):<36} {key:<10} {printable(source)}")
        for line in self._findings(outcome):
            self._write(line)
        self._stream.flush()

    def end(self, inputs: Sequence[InputSummary], tally: RequestTally) -> None:
        """Nothing: the summary is talk, and goes to stderr."""

    def _findings(self, outcome: RequestOutcome) -> Iterator[str]:
        for item in outcome.findings:
            if self._with_notices or item.severity is not Severity.NOTICE:
                severity = self._style(item.severity.value, _SEVERITY_STYLES[item.severity])
                yield f"  {severity}: {item.code}: {printable(item.message)}"

    def _style(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colored else text

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n".encode("utf-8", "backslashreplace"))


class JsonRequests:
    """All of them as one object, written while they pass by."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._separator = b"\n"

    def begin(self) -> None:
        """Open the object."""
        self._stream.write(to_json({"schema": REQUESTS_SCHEMA})[:-1] + b',"requests":[')

    def item(self, outcome: RequestOutcome) -> None:
        """Add one request."""
        self._stream.write(self._separator + to_json(request_row(outcome)))
        self._separator = b",\n"

    def end(self, inputs: Sequence[InputSummary], tally: RequestTally) -> None:
        """Close the list; inputs and summary are known only now."""
        tail = to_json({"inputs": [_input(item) for item in inputs], "summary": _summary(tally)})
        self._stream.write(b"\n]," + tail[1:] + b"\n")


class JsonLinesRequests:
    """The same as lines, each with its ``message_type``; the summary is last."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def begin(self) -> None:
        """A line ``begin``."""
        self._line("begin", {"schema": REQUEST_LINES_SCHEMA})

    def item(self, outcome: RequestOutcome) -> None:
        """A line ``request``."""
        self._line("request", request_row(outcome))

    def end(self, inputs: Sequence[InputSummary], tally: RequestTally) -> None:
        """A line ``input`` for each input, then ``summary``."""
        for item in inputs:
            self._line("input", _input(item))
        self._line("summary", _summary(tally))

    def _line(self, message_type: str, members: Row) -> None:
        self._stream.write(to_json({"message_type": message_type, **members}) + b"\n")
        self._stream.flush()


def request_row(outcome: RequestOutcome) -> Row:
    """The members of ``requests[]``; what is not known is ``None``."""
    request = outcome.request if isinstance(outcome, RequestedDevice) else None
    source = outcome.source if isinstance(outcome, Undecodable) else outcome.record.source
    return {
        "status": status_of(outcome),
        "device_id": None if isinstance(outcome, Undecodable) else outcome.record.device_id,
        "key_type": request.key_type if request else None,
        "public_key_sha256": request.key if request else None,
        "common_name": request.common_name if request else None,
        "subject": request.subject if request else None,
        "source": source_member(source),
        "findings": [finding_member(item) for item in outcome.findings],
    }


def _input(item: InputSummary) -> Row:
    return {
        "path": item.path,
        "sha256": item.sha256 or None,
        "kind": item.kind,
        "entries": item.entries,
    }


def _summary(tally: RequestTally) -> Row:
    return {
        "requests": tally.statuses.total(),
        "outcomes": {status: tally.statuses[status] for status in STATUSES},
        "findings": dict(sorted(tally.codes.items())),
    }
