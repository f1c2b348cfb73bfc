"""From a plan to its document, and what a saved plan still allows later. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tng.models import InputSummary, Outcome, Source, Undecodable
from tng.plan.counting import count_calls
from tng.plan.models import UNKNOWN_ACCOUNT, DevicePlan, Plan, TargetDescription, TargetPlan
from tng.plan.saved import (
    Origin,
    PlanDocument,
    PlannedDevice,
    PlannedExclusion,
    PlannedFailure,
    PlannedSource,
    PlannedTarget,
    PlanOptions,
)
from tng.plan.view import Rates

MAX_NAMED = 5
"""Devices that a message names before it only counts."""


def make_document(
    plan: Plan,
    sources: Sequence[InputSummary],
    options: PlanOptions,
    settings: Mapping[str, Mapping[str, object]],
    origin: Origin,
) -> PlanDocument:
    """The document of a plan; ``settings`` are the targets' tables by name, without secrets."""
    return PlanDocument(
        made_at=origin.made_at,
        tool_version=origin.tool_version,
        sources=tuple(PlannedSource(item.path, item.sha256) for item in sources),
        options=options,
        targets=tuple(_target(item, settings.get(item.target.name, {})) for item in plan.targets),
        failed=tuple(PlannedFailure(item.name, item.message, item.hint) for item in plan.failed),
        ineligible=tuple(
            PlannedExclusion(
                source=str(_source(item.outcome)),
                device_id=_device_id(item.outcome),
                status=item.outcome.status.value,
                reason=item.reason,
            )
            for item in plan.ineligible
        ),
    )


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """What of a fresh plan a saved one allows; ``departures`` say in words what differs."""

    plan: Plan
    departures: tuple[str, ...]


def check_against(
    document: PlanDocument,
    sources: Sequence[InputSummary],
    plan: Plan,
    rates: Mapping[str, Rates],
) -> CheckedPlan:
    """Cut a freshly made ``plan`` down to what ``document`` decided.

    Only devices whose certificate stands in the document for that target stay, and only
    targets that stand in it, in the same account and region. Everything else is reported:
    changed sources, devices that are new or missing, and other calls than were planned
    (the remote state has changed; the fresh calls are the right ones). ``rates`` are those
    of the targets by name (`Cloud.rates`), for the time that the rest takes.
    """
    departures = list(_source_departures(document, sources))
    saved = {target.name: target for target in document.targets}
    kept: list[TargetPlan] = []
    for target in plan.targets:
        decided = saved.get(target.target.name)
        if decided is None:
            departures.append(f"the target {target.target.name} is not in the plan: left out")
        elif not _same_place(decided, target):
            departures.append(
                f"the target {decided.name} is {target.target.place}, "
                f"the plan says {_decided_place(decided)}: left out"
            )
        else:
            devices, found = _restrict(decided, target)
            kept.append(_with_devices(target, devices, rates[decided.name]))
            departures += found
    return CheckedPlan(replace(plan, targets=tuple(kept)), tuple(departures))


def _source_departures(document: PlanDocument, sources: Sequence[InputSummary]) -> list[str]:
    planned = {source.path: source.sha256 for source in document.sources}
    found = {source.path: source.sha256 for source in sources}
    departures = [f"{path} is not there any more" for path in planned if path not in found]
    for path, sha256 in found.items():
        if path not in planned:
            departures.append(f"{path} was not there when the plan was made")
        elif sha256 != planned[path]:
            departures.append(f"{path} has changed since the plan was made")
    return departures


def _decided_place(decided: PlannedTarget) -> str:
    return TargetDescription(decided.name, decided.cloud, decided.account, decided.region).place


def _same_place(decided: PlannedTarget, target: TargetPlan) -> bool:
    """An offline plan may not have known the account."""
    place = target.target
    same_account = decided.account in (place.account, UNKNOWN_ACCOUNT)
    return same_account and (decided.cloud, decided.region) == (place.cloud, place.region)


def _restrict(
    decided: PlannedTarget, target: TargetPlan
) -> tuple[tuple[DevicePlan, ...], list[str]]:
    """The devices that stay, and what is to be said about the others."""
    planned = {device.certificate_sha256: device for device in decided.devices}
    known = [device for device in target.devices if device.key in planned]
    kept = tuple(device for device in known if device.name == planned[device.key].name)
    fresh = {device.key for device in known}
    groups = (
        (
            "devices are not in the plan and left out",
            [_id(device) for device in target.devices if device.key not in planned],
        ),
        (
            "devices of the plan are not among the eligible ones any more",
            [item.device_id for key, item in planned.items() if key not in fresh],
        ),
        (
            "devices would be named otherwise than planned and are left out",
            [_id(device) for device in known if device.name != planned[device.key].name],
        ),
        (
            "devices need other calls than planned, because the target has changed",
            [_id(item) for item in kept if item.operations != planned[item.key].operations],
        ),
    )
    return kept, [
        f"{decided.name}: {len(devices)} {what}: {_named(devices)}"
        for what, devices in groups
        if devices
    ]


def _id(device: DevicePlan) -> str:
    return device.device.record.device_id


def _with_devices(target: TargetPlan, devices: tuple[DevicePlan, ...], rates: Rates) -> TargetPlan:
    counted = count_calls((device.operations for device in devices), rates)
    return replace(target, devices=devices, calls=counted.calls, duration=counted.duration)


def _named(devices: Sequence[str]) -> str:
    text = ", ".join(devices[:MAX_NAMED])
    return text if len(devices) <= MAX_NAMED else f"{text} …"


def _target(plan: TargetPlan, settings: Mapping[str, object]) -> PlannedTarget:
    return PlannedTarget(
        name=plan.target.name,
        cloud=plan.target.cloud,
        account=plan.target.account,
        region=plan.target.region,
        settings=settings,
        facts=plan.facts,
        findings=tuple((item.code, item.message) for item in plan.findings),
        calls=plan.calls,
        duration_seconds=plan.duration.total_seconds(),
        devices=tuple(
            PlannedDevice(
                certificate_sha256=device.key,
                device_id=device.device.record.device_id,
                name=device.name,
                disposition=device.disposition.value,
                differences=device.differences,
                operations=device.operations,
            )
            for device in plan.devices
        ),
    )


def _source(outcome: Outcome) -> Source:
    return outcome.source if isinstance(outcome, Undecodable) else outcome.record.source


def _device_id(outcome: Outcome) -> str | None:
    return None if isinstance(outcome, Undecodable) else outcome.record.device_id
