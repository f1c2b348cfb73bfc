"""Devices that asked for certificates, as people and programs read it: a line for each.

JSON is ``tng.issued/1``, JSON lines ``tng.issued-lines/1``. Every line is written when its device
is done. No secret is part of a result.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO

from tng.provisioning.preview import PreviewedDevice
from tng.provisioning.result import DeviceResult
from tng.report.json_text import to_json
from tng.report.rows import Row
from tng.report.text import printable

SCHEMA = "tng.issued/1"
LINES_SCHEMA = "tng.issued-lines/1"

_STYLES = {True: "32", False: "1;31"}


@dataclass(slots=True)
class IssuedTally:
    """How many passed, failed, and had their certificate already."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, result: DeviceResult) -> None:
        """Count one device."""
        self.counts["passed" if result.passed else "failed"] += 1
        self.counts["attention"] += result.attention
        if not result.passed and not result.key:
            self.counts["unusable"] += 1
        if result.passed and result.issued is not None and result.issued.already:
            self.counts["already"] += 1

    @property
    def passed(self) -> int:
        """Devices that have what they asked for."""
        return self.counts["passed"]

    @property
    def failed(self) -> int:
        """Devices that do not."""
        return self.counts["failed"]

    @property
    def unusable(self) -> int:
        """Those of them whose request cannot be asked with, however often it is tried."""
        return self.counts["unusable"]

    @property
    def text(self) -> str:
        """In words."""
        total = self.passed + self.failed
        noun = "device" if total == 1 else "devices"
        again, left = self.counts["already"], self.counts["attention"]
        more = f" ({again:,} had their certificate before)" if again else ""
        more += f"; {left:,} of the failed need attention" if left else ""
        return f"{total:,} {noun}: {self.passed:,} passed, {self.failed:,} failed{more}"


class IssuedReport:
    """Writes one form: ``columns``, ``json`` or ``jsonl``."""

    def __init__(self, form: str, stream: BinaryIO, *, colored: bool) -> None:
        self.tally = IssuedTally()
        self._form = form
        self._stream = stream
        self._colored = colored
        self._is_first = True

    def begin(self, target: str) -> None:
        """Before the first device; ``target`` is who issues, for people and programs."""
        members: Row = {"target": target}
        if self._form == "jsonl":
            self._line("begin", {"schema": LINES_SCHEMA, **members})
        elif self._form == "json":
            head = to_json({"schema": SCHEMA, **members})
            self._stream.write(head[:-1] + b',"devices":[')

    def item(self, result: DeviceResult) -> None:
        """One device, at once."""
        self.tally.add(result)
        if self._form == "jsonl":
            self._line("device", _members(result))
        elif self._form == "json":
            comma = b"\n" if self._is_first else b",\n"
            self._stream.write(comma + to_json(_members(result)))
        else:
            self._stream.write(f"{self._columns(result)}\n".encode("utf-8", "backslashreplace"))
        self._is_first = False
        self._stream.flush()

    def end(self) -> None:
        """After the last device."""
        summary: Row = {
            "passed": self.tally.passed,
            "failed": self.tally.failed,
            "already": self.tally.counts["already"],
        }
        if self._form == "jsonl":
            self._line("summary", summary)
        elif self._form == "json":
            self._stream.write(b'\n],"summary":' + to_json(summary) + b"}\n")

    def _line(self, message_type: str, members: Row) -> None:
        self._stream.write(to_json({"message_type": message_type, **members}) + b"\n")

    def _columns(self, result: DeviceResult) -> str:
        issued = result.issued
        word = "PASS" if result.passed else "FAIL"
        if self._colored:
            word = f"\x1b[{_STYLES[result.passed]}m{word}\x1b[0m"
        notes = ["had it already"] if issued and issued.already else []
        if result.passed and result.may_be_active:
            notes.append(f"may be active besides: {', '.join(result.may_be_active)}")
        thing = (issued and issued.thing_name) or "-"
        identity = (issued and issued.certificate_id) or "-"
        line = (
            f"{result.number:>5}  {word}  {printable(result.device_id or '-'):<20}  "
            f"{printable(thing):<24}  {printable(identity)}  {result.seconds:.1f} s  "
        )
        return f"{line}{printable(result.reason or '; '.join(notes))}".rstrip()


def preview_line(device: PreviewedDevice, form: str) -> bytes:
    """What would be done with one device: a line in columns, or one of JSON."""
    if form == "columns":
        text = f"{device.state:<9} {device.device_id or '-':<20} {device.text}".rstrip()
        return f"{printable(text)}\n".encode("utf-8", "backslashreplace")
    members: Row = {
        "message_type": "preview",
        "state": device.state,
        "device_id": device.device_id or None,
        "public_key_sha256": device.key or None,
        "parameters": dict(device.parameters),
        "reason": device.text if device.state == "refused" else None,
    }
    return to_json(members) + b"\n"


def _members(result: DeviceResult) -> Row:
    issued = result.issued
    return {
        "number": result.number,
        "result": "pass" if result.passed else "fail",
        "device_id": result.device_id or None,
        "public_key_sha256": result.key or None,
        "thing_name": (issued and issued.thing_name) or None,
        "certificate_id": (issued and issued.certificate_id) or None,
        "certificate_pem": issued.pem if issued else None,
        "device_configuration": dict(issued.configuration) if issued else None,
        "already": issued.already if issued else None,
        "seconds": round(result.seconds, 3),
        "reason": result.reason or None,
        "hint": result.hint or None,
        "attention": result.attention,
        "may_be_active": list(result.may_be_active),
    }
