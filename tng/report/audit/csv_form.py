"""CSV: a row a device as ``tng verify`` writes it, then how it stands to orders and targets."""

from collections.abc import Sequence
from typing import BinaryIO

from tng.audit.models import Audit, AuditedDevice
from tng.audit.rows import row_of
from tng.report.csv_report import COLUMNS, csv_line, device_cells


def write_csv(audit: Audit, stream: BinaryIO) -> None:
    """RFC 4180 with a header row; what is about no device has no place in it."""
    targets = [target.name for target in audit.targets]
    headings = [f"target {name}" for name in targets]
    stream.write(csv_line([*COLUMNS, "order", "delivery", *headings, "differences"]))
    for device in audit.devices:
        stream.write(csv_line(_cells(device, targets)))


def _cells(device: AuditedDevice, targets: Sequence[str]) -> list[object]:
    standings = {item.target: item for item in device.standings}
    order = device.order
    return [
        *device_cells(row_of(device), device.findings),
        order.order if order else None,
        order.delivery.value if order else None,
        *(standings[name].standing.value if name in standings else None for name in targets),
        "; ".join(
            f"{item.target}: {text}" for item in device.standings for text in item.differences
        ),
    ]
