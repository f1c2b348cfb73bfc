"""What a removal would do and leave, as people and programs read it (``tng.removal/1``)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

import orjson

from tng.clouds.interface import RegisteredDevice
from tng.plan.models import FailedTarget
from tng.registration import Removal
from tng.report.planned import MAX_EXPLAINED, duration_text
from tng.report.registration import csv_rows, failed_target
from tng.report.rows import Row
from tng.report.text import printable

SCHEMA = "tng.removal/1"


def write_removals(
    name: str, removals: Sequence[Removal], failed: Sequence[FailedTarget], stream: BinaryIO
) -> None:
    """Write it in that form: ``columns``, ``json``, ``jsonl`` or ``csv``."""
    match name:
        case "json":
            members = {
                "schema": SCHEMA,
                "devices": list(_removed(removals)),
                "kept": list(_kept(removals)),
                "failed_targets": [failed_target(item) for item in failed],
            }
            stream.write(orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE))
        case "jsonl":
            for kind, rows in (("device", _removed(removals)), ("kept", _kept(removals))):
                for row in rows:
                    stream.write(orjson.dumps({"message_type": kind, **row}) + b"\n")
        case "csv":
            rows = chain(_removed(removals), _kept(removals))
            stream.writelines(csv_rows(_flat(row) for row in rows))
        case _:
            for line in _lines(removals, failed):
                stream.write(f"{line}\n".encode("utf-8", "backslashreplace"))


def _flat(row: Row) -> Row:
    """The row with its lists as text."""
    joined = {"calls": " ", "left": "; "}
    return {
        name: joined[name].join(map(str, value)) if isinstance(value, list) else value
        for name, value in row.items()
    }


def _removed(removals: Sequence[Removal]) -> Iterator[Row]:
    for removal in removals:
        for device in removal.devices:
            yield _row(removal, device)


def _kept(removals: Sequence[Removal]) -> Iterator[Row]:
    for removal in removals:
        for device in removal.kept():
            yield _row(removal, device)


def _row(removal: Removal, device: RegisteredDevice) -> Row:
    cloud = removal.target.cloud
    return {
        "target": removal.description.name,
        "account": removal.description.account,
        "region": removal.description.region,
        "device_id": device.device_id,
        "name": device.name or None,
        "certificate_sha256": device.key,
        "certificate_id": device.certificate_id or None,
        "calls": [step.operation for step in cloud.undo_steps(device)],
        "left": list(cloud.left(device)),
        "reason": device.reason or None,
    }


def _lines(removals: Sequence[Removal], failed: Sequence[FailedTarget]) -> Iterator[str]:
    for removal in removals:
        target, cloud = removal.description, removal.target.cloud
        yield f"target {target.name}: {target.cloud}, {target.place}"
        yield f"  {len(removal.devices):>9,}  to deregister"
        in_part = (device for device in removal.devices if cloud.left(device))
        yield from _left_lines(removal, in_part, "of them in part: the rest was there before tng")
        yield from _left_lines(removal, removal.kept(), "left as they are: tng made none of them")
        calls = Counter(
            step.operation for device in removal.devices for step in cloud.undo_steps(device)
        )
        if calls:
            yield "  calls: " + ", ".join(f"{count:,} {name}" for name, count in calls.items())
            seconds = duration_text(cloud.rates.duration(calls))
            yield f"  takes about {seconds} at this target's rates"
    for item in failed:
        yield f"target {printable(item.name)} cannot be used: {printable(item.message)}"


def _left_lines(removal: Removal, devices: Iterator[RegisteredDevice], label: str) -> Iterator[str]:
    """How many there are, and what is left of the first of them."""
    count, shown = 0, []
    for device in devices:
        count += 1
        if count <= MAX_EXPLAINED:
            why = ", ".join(removal.target.cloud.left(device)) or f"left alone: {device.reason}"
            shown.append(f"             {printable(device.device_id)}: {printable(why)}")
    if count:
        yield f"  {count:>9,}  {label}"
    yield from shown
    if count > MAX_EXPLAINED:
        yield f"             … and {count - MAX_EXPLAINED:,} more"
