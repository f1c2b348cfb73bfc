"""What a removal would do, as people and programs read it (``tng.removal/1``)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import orjson

from tng.plan.models import FailedTarget
from tng.registration import Removal
from tng.report.planned import duration_text
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
                "devices": list(_rows(removals)),
                "failed_targets": [failed_target(item) for item in failed],
            }
            stream.write(orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE))
        case "jsonl":
            for row in _rows(removals):
                stream.write(orjson.dumps({"message_type": "device", **row}) + b"\n")
        case "csv":
            joined = ({**row, "calls": " ".join(map(str, _calls(row)))} for row in _rows(removals))
            stream.writelines(csv_rows(joined))
        case _:
            for line in _lines(removals, failed):
                stream.write(f"{line}\n".encode("utf-8", "backslashreplace"))


def _calls(row: Row) -> list[object]:
    calls = row["calls"]
    return calls if isinstance(calls, list) else []


def _rows(removals: Sequence[Removal]) -> Iterator[Row]:
    for removal in removals:
        for device in removal.devices:
            steps = removal.target.cloud.undo_steps(device)
            yield {
                "target": removal.description.name,
                "account": removal.description.account,
                "region": removal.description.region,
                "device_id": device.device_id,
                "name": device.name or None,
                "certificate_sha256": device.key,
                "certificate_id": device.certificate_id or None,
                "calls": [step.operation for step in steps],
            }


def _lines(removals: Sequence[Removal], failed: Sequence[FailedTarget]) -> Iterator[str]:
    for removal in removals:
        target, cloud = removal.description, removal.target.cloud
        yield f"target {target.name}: {target.cloud}, {target.place}"
        yield f"  {len(removal.devices):>9,}  to deregister"
        calls = Counter(
            step.operation for device in removal.devices for step in cloud.undo_steps(device)
        )
        if calls:
            yield "  calls: " + ", ".join(f"{count:,} {name}" for name, count in calls.items())
            seconds = duration_text(cloud.rates.duration(calls))
            yield f"  takes about {seconds} at this target's rates"
    for item in failed:
        yield f"target {printable(item.name)} cannot be used: {printable(item.message)}"
