"""Outcomes for tests of the audit, as a scan would hand them over."""

from dataclasses import replace
from functools import cache

from tests.planned_devices import record, verified
from tng.findings import finding
from tng.models import Outcome, RejectedDevice, Source, Undecodable, VerifiedDevice


@cache
def _verified(number: int) -> VerifiedDevice:
    return verified(number)


def outcomes(count: int) -> list[VerifiedDevice]:
    """``count`` verified chips of one manifest; a few certificates serve for all."""
    items = []
    for number in range(1, count + 1):
        genuine = _verified(1 + (number - 1) % 8)
        source = Source("manifest.json", entry=number)
        device_id = f"{number:018x}" if number > 8 else genuine.record.device_id
        items.append(
            replace(genuine, record=replace(genuine.record, source=source, device_id=device_id))
        )
    return items


def duplicate(item: VerifiedDevice, file: str) -> RejectedDevice:
    """The same chip once more, in ``file``."""
    source = Source(file, entry=1)
    found = finding("duplicate-certificate", f"the same certificate stands in {item.record.source}")
    return RejectedDevice(replace(item.record, source=source), (found,))


def rejected(number: int) -> RejectedDevice:
    """Chip ``number`` with a wrong signature."""
    found = finding("manifest-signature-invalid", "the signature is wrong")
    return RejectedDevice(record(number), (found,))


def undecodable(source: Source | None = None) -> Outcome:
    """A place that cannot be read."""
    found = finding("entry-malformed", "x5c is not base64")
    return Undecodable(source or Source("manifest.json", entry=7), (found,))
