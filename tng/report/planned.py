"""A plan as people and programs read it: per target what is there, what will be done.

The JSON form is the plan's own document (``tng.plan/1``) and is written by its room.
"""

from collections.abc import Iterator
from datetime import timedelta

from tng.csr.model import RequestedDevice
from tng.models import Source, Undecodable
from tng.plan.models import (
    Disposition,
    IneligibleDevice,
    Plan,
    TargetPlan,
    UnverifiedAllowedDevice,
)
from tng.report.rows import Row
from tng.report.text import printable

_LABELS = {
    Disposition.REGISTER: "to register",
    Disposition.COMPLETE: "to complete",
    Disposition.RIGHT: "already there and right",
    Disposition.DIFFERENT: "there but different",
    Disposition.CONFLICT: "conflict",
}
_EXPLAINED = (Disposition.COMPLETE, Disposition.DIFFERENT, Disposition.CONFLICT)
MAX_EXPLAINED = 20
"""Devices explained one by one before columns only count; JSON and CSV have them all."""


def plan_lines(plan: Plan) -> Iterator[str]:
    """The plan in columns, a line at a time."""
    for target in plan.targets:
        yield from _target_lines(target)
    for failed in plan.failed:
        yield f"target {printable(failed.name)} cannot be used: {printable(failed.message)}"
        if failed.hint:
            yield f"  hint: {printable(failed.hint)}"
    yield from _ineligible_lines(plan.ineligible)


def begin_lines(plan: Plan) -> Iterator[str]:
    """What a run without a question says first: where it goes, warnings, the unverified."""
    for target in plan.targets:
        place = target.target
        count = sum(bool(device.calls) for device in target.devices)
        facts = "".join(f", {k} {printable(v)}" for k, v in target.facts if k == "endpoint")
        yield (f"{printable(place.name)}: {count:,} to register, {place.place}{facts}")
        yield from _finding_lines(target)
        yield from _allowed_lines(target)


def plan_rows(plan: Plan) -> Iterator[Row]:
    """One row a device and target, and one for each device that is not eligible."""
    for target in plan.targets:
        for device in target.devices:
            yield {
                "target": target.target.name,
                "account": target.target.account,
                "region": target.target.region,
                "device_id": device.device.record.device_id,
                "status": _status(device.device),
                "name": device.name,
                "certificate_sha256": device.key,
                "disposition": device.disposition.value,
                "differences": "; ".join(device.differences),
                "calls": " ".join(device.operations),
            }
    for item in plan.ineligible:
        yield {
            "target": None,
            "account": None,
            "region": None,
            "device_id": _device_id(item),
            "status": item.outcome.status.value,
            "name": None,
            "certificate_sha256": None,
            "disposition": "not-eligible",
            "differences": item.reason,
            "calls": "",
        }


def duration_text(duration: timedelta) -> str:
    """A duration as people say it: ``45 s``, ``12 min``, ``27.8 h``."""
    seconds = duration.total_seconds()
    if 0 < seconds < 1:
        return "1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _target_lines(plan: TargetPlan) -> Iterator[str]:
    target = plan.target
    name = printable(target.name)
    yield f"target {name}: {target.cloud}, {target.place}"
    for label, text in plan.facts:
        if label not in ("account", "region", "host"):
            yield f"  {printable(label)}: {printable(text)}"
    yield from _finding_lines(plan)
    for disposition, label in _LABELS.items():
        yield from _disposition_lines(plan, disposition, label)
    yield from _allowed_lines(plan)
    yield from _call_lines(plan)


def _finding_lines(plan: TargetPlan) -> Iterator[str]:
    for found in plan.findings:
        yield f"  {found.severity.value}: {found.code}: {printable(found.message)}"


def _allowed_lines(plan: TargetPlan) -> Iterator[str]:
    allowed = sum(isinstance(item.device, UnverifiedAllowedDevice) for item in plan.devices)
    if allowed:
        yield f"  {allowed:>9,}  of them UNVERIFIED, let through by --allow-unverified"


def _disposition_lines(plan: TargetPlan, disposition: Disposition, label: str) -> Iterator[str]:
    devices = [item for item in plan.devices if item.disposition is disposition]
    if devices or disposition is Disposition.REGISTER:
        yield f"  {len(devices):>9,}  {label}"
    if disposition in _EXPLAINED:
        for item in devices[:MAX_EXPLAINED]:
            why = printable("; ".join(item.differences))
            yield f"             {printable(item.device.record.device_id)}: {why}"
        if len(devices) > MAX_EXPLAINED:
            yield f"             … and {len(devices) - MAX_EXPLAINED:,} more"


def _call_lines(plan: TargetPlan) -> Iterator[str]:
    if not plan.calls:
        yield "  no calls"
        return
    calls = ", ".join(f"{count:,} {name}" for name, count in plan.calls.items())
    yield f"  calls: {calls}"
    yield f"  takes about {duration_text(plan.duration)} at this target's rates"


def _ineligible_lines(ineligible: tuple[IneligibleDevice, ...]) -> Iterator[str]:
    if not ineligible:
        return
    yield f"not eligible: {len(ineligible):,}"
    for item in ineligible[:MAX_EXPLAINED]:
        name = _device_id(item) or str(_source(item))
        yield f"  {item.outcome.status.value}: {printable(name)}: {printable(item.reason)}"
    if len(ineligible) > MAX_EXPLAINED:
        yield f"  … and {len(ineligible) - MAX_EXPLAINED:,} more"


def _status(device: object) -> str:
    if isinstance(device, RequestedDevice):
        return "requested"
    return "unverified" if isinstance(device, UnverifiedAllowedDevice) else "verified"


def _device_id(item: IneligibleDevice) -> str | None:
    return None if isinstance(item.outcome, Undecodable) else item.outcome.record.device_id


def _source(item: IneligibleDevice) -> Source:
    outcome = item.outcome
    return outcome.source if isinstance(outcome, Undecodable) else outcome.record.source
