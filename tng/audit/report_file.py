"""Reading reports (``tng.report/1``) of ``tng verify`` and ``tng audit`` from disk.

As a stream: a million devices are a gigabyte. Compressed ones are opened too. A report that
is not whole, or is none, ends the run, since half a report cannot be compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tng.audit.fact_changes import Topics
from tng.audit.report_facts import read_facts, read_time, read_version
from tng.audit.report_stream import JsonStream, ReportSyntaxError
from tng.audit.reported import ReportedDevice, read_device
from tng.errors import InputError
from tng.models import Undecodable
from tng.report.json_report import REPORT_SCHEMA
from tng.sources import Archive, InputStreamError, open_inputs
from tng.sources.names import STDIN
from tng.sources.types import Opened
from tng.storage.locations import is_url, local_path

MAX_DEVICE_BYTES = 1024 * 1024
"""A thousand times a usual one."""
MAX_MEMBER_BYTES = 16 * 1024 * 1024
"""Of each member beside the devices: fifty thousand inputs, the most of one archive, take ten."""
MAX_MEMBERS = 100
DEVICES = "devices"
COMPARED = frozenset(
    {"schema", "run", "summary", "inputs", "verdict", "reconciliation", "targets", "anchors"}
)
"""What is kept to be compared; of the rest only the form is looked at."""
_HINT = "Make it with: tng audit … --format json --output audit.json"


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What a report says beside its devices; ``name`` is how the user named it.

    ``topics`` are as in `read_facts`; ``at`` is its time (RFC 3339), ``devices`` how many it has.
    """

    name: str
    version: str
    at: str
    devices: int
    topics: Topics


class ReportFile:
    """One report, or standard input for ``-``.

    Walk its `devices` once, then ask for its `facts`.
    """

    def __init__(self, name: str, stdin: BinaryIO) -> None:
        self._name = name
        self._stdin = stdin
        self._facts: ReportFacts | None = None

    @property
    def facts(self) -> ReportFacts:
        """What stands beside the devices; `RuntimeError` before all of them were walked."""
        if self._facts is None:
            raise RuntimeError("the devices have to be walked first")
        return self._facts

    def devices(self) -> Iterator[ReportedDevice]:
        """Every device in the report's order; `InputError` for what is no whole report."""
        # Named here, because the input is closed when nobody holds what opened it.
        inputs = self._open()
        opened = next(inputs, None)
        if opened is None or isinstance(opened, Archive | Undecodable):
            raise self._unusable(_why(opened))
        members: dict[str, object] = {}
        count = 0
        try:
            stream = JsonStream(opened.stream)
            for name, value in stream.members(DEVICES, MAX_MEMBER_BYTES):
                if len(members) == MAX_MEMBERS:
                    raise ReportSyntaxError(f"it has more than {MAX_MEMBERS} members")
                if name in members:
                    raise ReportSyntaxError(f"it has {name!r:.40} twice")
                members[name] = value if name in COMPARED else None
                if name == DEVICES:
                    for count, item in enumerate(stream.items(MAX_DEVICE_BYTES), start=1):
                        yield _device(item, count)
            stream.end()
        except (ReportSyntaxError, InputStreamError) as error:
            raise self._unusable(str(error)) from error
        self._facts = self._read_facts(members, count)

    def _open(self) -> Iterator[Opened]:
        path = Path(local_path(self._name))
        is_elsewhere = self._name == STDIN or is_url(self._name)
        if not is_elsewhere and (path.is_dir() or not path.exists()):
            problem = "is a folder" if path.is_dir() else "does not exist"
            raise InputError(f"{self._name} {problem}", _HINT)
        return open_inputs([self._name], self._stdin)

    def _read_facts(self, members: Mapping[str, object], devices: int) -> ReportFacts:
        found = members.get("schema")
        if found is None:
            raise self._unusable(f"it names no schema, expected {REPORT_SCHEMA!r}")
        if found != REPORT_SCHEMA:
            raise self._unusable(f"its schema is {found!r:.60}, expected {REPORT_SCHEMA!r}")
        if DEVICES not in members:
            raise self._unusable("it has no devices")
        try:
            topics = read_facts(members)
            return ReportFacts(
                self._name, read_version(members), read_time(members), devices, topics
            )
        except KeyError as error:
            raise self._unusable(f"it has no {error}") from error
        except (TypeError, ValueError) as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, problem: str) -> InputError:
        return InputError(f"{self._name} is no report that can be compared: {problem}", _HINT)


def _why(opened: Archive | Undecodable | None) -> str:
    if isinstance(opened, Undecodable):
        return "; ".join(item.message for item in opened.findings)
    return "it is an archive; expand it and name the report" if opened else "there is nothing"


def _device(item: object, number: int) -> ReportedDevice:
    if not isinstance(item, dict):
        raise ReportSyntaxError(f"device {number:,} is not an object")
    try:
        return read_device(item, number)
    except (TypeError, ValueError) as error:
        raise ReportSyntaxError(f"device {number:,}: {error}") from error
