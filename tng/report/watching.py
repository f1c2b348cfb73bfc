"""What a watch saw, as people and programs read it.

JSON is ``tng.watch/1``, JSON lines ``tng.watch-lines/1``: only these stream the changes while
they are seen. Devices come at the end, the stragglers first, and are written one by one.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from tng.clouds.interface import Sighting, Standing
from tng.plan.models import FailedTarget
from tng.report.json_text import to_json
from tng.report.planned import duration_text
from tng.report.registration import csv_rows, failed_target
from tng.report.rows import Row, timestamp
from tng.report.text import printable
from tng.watch import Change, DeviceSight, Tally, Watch, WatchedDevice, WatchEnd

SCHEMA = "tng.watch/1"
LINES_SCHEMA = "tng.watch-lines/1"


class WatchReport:
    """Writes one form: ``columns``, ``json``, ``jsonl`` or ``csv``."""

    def __init__(self, form: str, command: str, stream: BinaryIO) -> None:
        """``command`` is the one that was typed, without secrets."""
        self._form = form
        self._command = command
        self._stream = stream

    def begin(self) -> None:
        """Before the first look."""
        if self._form == "jsonl":
            self._line("begin", {"schema": LINES_SCHEMA, "command": self._command})

    def change(self, change: Change) -> None:
        """A device's standing is another now."""
        if self._form == "jsonl":
            self._line("change", _change(change))

    def end(self, watch: Watch, end: WatchEnd) -> None:
        """Write every device and the summary."""
        writers = {"columns": _columns, "json": self._json, "jsonl": self._lines, "csv": _csv}
        for piece in writers[self._form](watch, end):
            self._stream.write(piece)

    def _line(self, message_type: str, members: Row) -> None:
        self._stream.write(_message(message_type, members))
        self._stream.flush()

    def _json(self, watch: Watch, end: WatchEnd) -> Iterator[bytes]:
        head = to_json({"schema": SCHEMA, "command": self._command, "result": _result(end)})
        yield head[:-1] + b',"failed_targets":' + to_json([failed_target(x) for x in end.failed])
        yield b',"targets":['
        for number, (tally, sights) in enumerate(watch.devices()):
            yield (b",\n" if number else b"\n") + to_json(_target(tally))[:-1] + b',"devices":['
            for index, sight in enumerate(sights):
                yield (b",\n" if index else b"\n") + to_json(_device(sight))
            yield b"\n]}"
        yield b"\n]}\n"

    def _lines(self, watch: Watch, end: WatchEnd) -> Iterator[bytes]:
        for tally, sights in watch.devices():
            for sight in sights:
                yield _message("device", {"target": tally.name, **_device(sight)})
        for failed in end.failed:
            yield _message("failed_target", failed_target(failed))
        targets = [_target(tally) for tally in end.tallies]
        yield _message("summary", {"result": _result(end), "targets": targets})


def change_text(change: Change) -> str:
    """A change in one harmless line."""
    sighting = change.sighting
    line = (
        f"{change.target}: {_names(change.device)}: {change.before.value} → "
        f"{sighting.standing.value}{_whereabouts(change.device, sighting)}, "
        f"{duration_text(timedelta(seconds=change.after))} after it was registered"
    )
    return printable(f"{line}: {sighting.message}" if sighting.message else line)


def tally_text(tally: Tally) -> str:
    """Where the devices of a target stand, how fast it goes, and who has waited longest."""
    parts = [f"{tally.assigned:,}/{tally.total:,} assigned"]
    parts += [
        f"{count:,} {standing.value}"
        for standing, count in tally.counts.items()
        if count and standing is not Standing.ASSIGNED
    ]
    if tally.unseen:
        parts.append(f"{tally.unseen:,} not seen yet")
    if tally.rate:
        parts.append(_rate_text(tally.rate))
    if tally.left is not None:
        parts.append(f"{duration_text(timedelta(seconds=tally.left))} left")
    if tally.failing:
        parts.append(f"{tally.failing:,} could not be looked at ({tally.error})")
    if tally.longest is not None and not tally.unseen:
        waited = duration_text(timedelta(seconds=tally.waited))
        parts.append(f"longest: {_names(tally.longest)}, {waited}")
    return printable(", ".join(parts))


def _rate_text(rate: float) -> str:
    if rate >= 1:
        return f"{rate:.1f}/s"
    return f"{rate * 60:.1f}/min" if rate * 60 >= 1 else f"{rate * 3600:.1f}/h"


def _columns(watch: Watch, end: WatchEnd) -> Iterator[bytes]:
    for line in _column_lines(watch, end.failed):
        yield f"{printable(line)}\n".encode("utf-8", "backslashreplace")


def _column_lines(watch: Watch, failed: Sequence[FailedTarget]) -> Iterator[str]:
    for tally, sights in watch.devices():
        target = tally.description
        yield f"target {tally.name}: {target.cloud}, {target.place}"
        for standing, count in tally.counts.items():
            if count:
                yield f"  {count:>9,}  {standing.value}"
        if tally.unseen:
            yield f"  {tally.unseen:>9,}  not seen"
        for sight in sights:
            yield _sight_line(sight)
        if tally.stopped:
            yield f"  stopped: {tally.stopped}"
    for item in failed:
        yield f"target {item.name} cannot be watched: {item.message}"
        if item.hint:
            yield f"  hint: {item.hint}"


def _sight_line(sight: DeviceSight) -> str:
    sighting = sight.sighting
    standing = "not seen" if sighting is None else sighting.standing.value
    line = f"  {standing}: {_names(sight.device)}"
    if sighting is not None:
        line += _whereabouts(sight.device, sighting)
        line += f", {sighting.updated_at}" if sighting.updated_at else ""
        line += f": {sighting.message}" if sighting.message else ""
    return f"{line} (could not be looked at: {sight.error})" if sight.error else line


def _names(device: WatchedDevice) -> str:
    """The chip's id, and its name there where that is not the same."""
    if not device.name or device.name == device.device_id:
        return device.device_id
    return f"{device.device_id} ({device.name})"


def _whereabouts(device: WatchedDevice, sighting: Sighting) -> str:
    other = sighting.device_id and sighting.device_id.lower() != device.name.lower()
    place = f" to {sighting.place}" if sighting.place else ""
    return f"{place} as {sighting.device_id}" if other else place


def _csv(watch: Watch, _end: WatchEnd) -> Iterator[bytes]:
    return csv_rows(
        {
            "target": tally.name,
            "account": tally.description.account,
            "region": tally.description.region,
            **_device(sight),
        }
        for tally, sights in watch.devices()
        for sight in sights
    )


def _message(message_type: str, members: Row) -> bytes:
    return to_json({"message_type": message_type, **members}) + b"\n"


def _result(end: WatchEnd) -> str:
    return end.exit_code.name.lower()


def _target(tally: Tally) -> Row:
    return {
        "name": tally.name,
        "cloud": tally.description.cloud,
        "account": tally.description.account,
        "region": tally.description.region,
        "devices_watched": tally.total,
        "counts": {standing.value: tally.counts.get(standing, 0) for standing in Standing},
        "unseen": tally.unseen,
        "failed_looks": tally.failing,
        "assigned_per_second": round(tally.rate, 6),
        "seconds_left": None if tally.left is None else round(tally.left, 1),
        "stopped": tally.stopped or None,
    }


def _device(sight: DeviceSight) -> Row:
    sighting, device = sight.sighting, sight.device
    return {
        "device_id": device.device_id,
        "name": device.name or None,
        "standing": None if sighting is None else sighting.standing.value,
        **_sighting(sighting),
        "error": sight.error or None,
        "registered_at": timestamp(datetime.fromtimestamp(device.registered_at, UTC)),
    }


def _change(change: Change) -> Row:
    return {
        "target": change.target,
        "device_id": change.device.device_id,
        "name": change.device.name or None,
        "before": change.before.value,
        "standing": change.sighting.standing.value,
        **_sighting(change.sighting),
        "seconds": round(change.after, 3),
    }


def _sighting(sighting: Sighting | None) -> Row:
    return {
        "place": (sighting and sighting.place) or None,
        "assigned_device_id": (sighting and sighting.device_id) or None,
        "updated_at": (sighting and sighting.updated_at) or None,
        "message": (sighting and sighting.message) or None,
    }
