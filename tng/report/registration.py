"""Results of registering, deregistering and ``tng status``, from the ledger.

JSON is ``tng.registration/1``, JSON lines ``tng.registration-lines/1``. Devices are
read while they are written, so that memory does not grow with them.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import orjson

from tng.ledger import DeviceRow, DeviceState
from tng.plan.models import FailedTarget, TargetDescription
from tng.report.rows import Row
from tng.report.text import printable, spreadsheet_cell

SCHEMA = "tng.registration/1"
LINES_SCHEMA = "tng.registration-lines/1"

_COLUMNS = (
    "target", "account", "region", "device_id", "name", "certificate_sha256",
    "state", "reason", "code", "updated_at", "unverified", "certificate_id",
)  # fmt: skip
_FLEET = "aws-fleet"
"""Where what is done may have something to tell, too: certificates that may be active besides."""
_TROUBLED = (DeviceState.FAILED, DeviceState.ATTENTION)


@dataclass(frozen=True, slots=True)
class TargetView:
    """One target as it is shown.

    ``counts`` are devices by state, ``already`` those that a run found right before.
    ``stopped`` says why the target was ended early. ``next`` are the commands that go on.
    ``devices`` reads the rows, of all states or of those given. ``facts`` are what the
    preflight found (endpoint, policy …). ``unverified`` are the certificates that
    ``--allow-unverified`` let through; ``None`` where the ledger alone is asked.
    """

    target: TargetDescription
    counts: Mapping[DeviceState, int]
    already: int | None
    stopped: str
    next: tuple[str, ...]
    devices: Callable[[Sequence[DeviceState]], Iterator[DeviceRow]]
    facts: tuple[tuple[str, str], ...] = ()
    unverified: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ResultView:
    """What one command has to show; ``result`` is the exit code's name."""

    command: str
    result: str
    targets: tuple[TargetView, ...]
    failed: tuple[FailedTarget, ...]


def write_result(name: str, view: ResultView, stream: BinaryIO) -> None:
    """Write the result in that form: ``columns``, ``json``, ``jsonl`` or ``csv``."""
    writers = {"columns": _columns, "json": _json, "jsonl": _lines, "csv": _csv}
    for piece in writers[name](view):
        stream.write(piece)


def _columns(view: ResultView) -> Iterator[bytes]:
    for line in _column_lines(view):
        yield f"{line}\n".encode("utf-8", "backslashreplace")


def _column_lines(view: ResultView) -> Iterator[str]:
    for item in view.targets:
        yield from _target_lines(item)
    for failed in view.failed:
        yield f"target {printable(failed.name)} cannot be used: {printable(failed.message)}"
        if failed.hint:
            yield f"  hint: {printable(failed.hint)}"


def _target_lines(item: TargetView) -> Iterator[str]:
    target = item.target
    yield f"target {printable(target.name)}: {target.cloud}, {target.place}"
    for label, text in item.facts:
        if label not in ("account", "region", "host"):
            yield f"  {printable(label)}: {printable(text)}"
    yield from _count_lines(item)
    for row in item.devices(_TROUBLED):
        yield f"  {row.state.value}: {printable(row.device_id)}: {printable(row.reason)}"
    if target.cloud == _FLEET:
        for row in item.devices((DeviceState.DONE,)):
            if row.reason:
                yield f"  {row.state.value}: {printable(row.device_id)}: {printable(row.reason)}"
    if item.stopped:
        yield f"  stopped: {printable(item.stopped)}"
    for command in item.next:
        yield f"  next: {printable(command)}"


def _count_lines(item: TargetView) -> Iterator[str]:
    for state in DeviceState:
        if item.counts.get(state):
            yield f"  {item.counts[state]:>9,}  {state.value}"
    if item.unverified:
        count = len(item.unverified)
        yield f"  {count:>9,}  of them UNVERIFIED, let through by --allow-unverified"
    if item.already:
        yield f"  {item.already:>9,}  of them there and right before"


def _json(view: ResultView) -> Iterator[bytes]:
    head = orjson.dumps({"schema": SCHEMA, "command": view.command, "result": view.result})
    yield head[:-1] + b',"failed_targets":' + orjson.dumps([failed_target(x) for x in view.failed])
    yield b',"targets":['
    for number, item in enumerate(view.targets):
        yield (b",\n" if number else b"\n") + orjson.dumps(_target(item))[:-1] + b',"devices":['
        for index, row in enumerate(item.devices(())):
            yield (b",\n" if index else b"\n") + orjson.dumps(_device(row, item))
        yield b"\n]}"
    yield b"\n]}\n"


def _lines(view: ResultView) -> Iterator[bytes]:
    yield _message("begin", {"schema": LINES_SCHEMA, "command": view.command})
    for item in view.targets:
        for row in item.devices(()):
            yield _message("device", {"target": item.target.name, **_device(row, item)})
    for failed in view.failed:
        yield _message("failed_target", failed_target(failed))
    targets = [_target(item) for item in view.targets]
    yield _message("summary", {"result": view.result, "targets": targets})


def _csv(view: ResultView) -> Iterator[bytes]:
    yield _csv_line(_COLUMNS)
    for item in view.targets:
        place = (item.target.name, item.target.account, item.target.region)
        for row in item.devices(()):
            yield _csv_line((*place, *_device(row, item).values()))


def csv_rows(rows: Iterator[Row]) -> Iterator[bytes]:
    """Rows of the same members as CSV with a heading; nothing if there are none."""
    for number, row in enumerate(rows):
        if number == 0:
            yield _csv_line(tuple(row))
        yield _csv_line(tuple(row.values()))


def _csv_line(values: Sequence[object]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([spreadsheet_cell(x) for x in values])
    return buffer.getvalue().encode("utf-8", "backslashreplace")


def _message(message_type: str, members: Row) -> bytes:
    return orjson.dumps({"message_type": message_type, **members}) + b"\n"


def _target(item: TargetView) -> Row:
    return {
        "name": item.target.name,
        "cloud": item.target.cloud,
        "account": item.target.account,
        "region": item.target.region,
        "counts": {state.value: item.counts.get(state, 0) for state in DeviceState},
        "already": item.already,
        "stopped": item.stopped or None,
        "next": list(item.next),
        "facts": [{"label": label, "text": text} for label, text in item.facts],
    }


def _device(row: DeviceRow, item: TargetView) -> Row:
    return {
        "device_id": row.device_id,
        "name": row.name or None,
        "certificate_sha256": row.key,
        "state": row.state.value,
        "reason": row.reason or None,
        "code": row.code or None,
        "updated_at": row.updated_at,
        "unverified": None if item.unverified is None else row.key in item.unverified,
        "certificate_id": row.certificate_id or None,
    }


def failed_target(failed: FailedTarget) -> Row:
    """A target that could not be used, as every JSON form has it."""
    return {"name": failed.name, "message": failed.message, "hint": failed.hint or None}
