"""Reports on disk and devices in memory, made up for the tests of comparing."""

import io
import json
from dataclasses import replace
from pathlib import Path

from tests.audit.sample import sample_audit
from tng.audit.comparison import Comparison
from tng.audit.models import Audit, AuditedDevice
from tng.report.audit.json_form import write_json


class Devices(list[AuditedDevice]):
    """A shelf of given devices."""


def sample(*devices: AuditedDevice) -> Audit:
    """An audit of exactly these."""
    return replace(sample_audit(3), devices=Devices(devices))


def write_report(path: Path, audit: Audit) -> str:
    with path.open("wb") as stream:
        write_json(audit, stream)
    return str(path)


def write_members(path: Path, members: object) -> str:
    path.write_text(json.dumps(members))
    return str(path)


def report_members(count: int = 3) -> dict[str, object]:
    stream = io.BytesIO()
    write_json(sample_audit(count), stream)
    return json.loads(stream.getvalue())


def changed_codes(old: str, new: str) -> list[tuple[str | None, list[str]]]:
    """Device id and codes of each change, in order."""
    with Comparison(old, new, io.BytesIO()) as comparison:
        return [
            (change.device.device_id, [item.code for item in change.findings])
            for change in comparison.changes()
        ]
