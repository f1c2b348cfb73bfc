"""Who is planned, and what is to be done about each of them on each target. Pure.

No call is made here and nothing is written: the caller inspects the targets before
(`InspectedTarget`) and applies the plan afterwards.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from tng.findings import Finding, finding
from tng.plan.eligibility import Selection
from tng.plan.models import DevicePlan, Disposition, FailedTarget, Plan, TargetPlan
from tng.plan.view import DevicePlanner, RemoteView, TargetFacts

_EMPTY_VIEW = RemoteView({})
_CONNECTIVITY = "nxp-connectivity-object"


@dataclass(frozen=True, slots=True)
class InspectedTarget:
    """A target after its preflight; ``view`` is ``None`` where it was not read (offline).

    ``name`` is the user's own name for it, for messages.
    """

    name: str
    cloud: DevicePlanner
    facts: TargetFacts
    view: RemoteView | None


def make_plan(
    selection: Selection,
    targets: Sequence[InspectedTarget],
    failed: Sequence[FailedTarget] = (),
) -> Plan:
    """Plan every selected device on every target.

    Two targets that turn out to be the same account and region would register everything
    twice and share their quotas unknowingly: the second one becomes a `FailedTarget`.
    """
    plans: list[TargetPlan] = []
    refused = list(failed)
    names: dict[str, str] = {}
    for target in targets:
        key = target.cloud.description.key
        if key in names:
            refused.append(_same(target, names[key]))
            continue
        names[key] = target.name
        plans.append(_plan_target(selection, target))
    return Plan(tuple(plans), tuple(refused), selection.ineligible)


def duration(calls: Mapping[str, int], rates: Mapping[str, float]) -> timedelta:
    """How long the calls take: the slowest operation, as each has a bucket of its own.

    ``rates`` are calls a second by operation, ``"*"`` for the others.
    """
    seconds = (count / rates.get(name, rates["*"]) for name, count in calls.items())
    return timedelta(seconds=max(seconds, default=0.0))


def _plan_target(selection: Selection, target: InspectedTarget) -> TargetPlan:
    cloud = target.cloud
    view = _EMPTY_VIEW if target.view is None else target.view
    devices = [cloud.plan_device(device, view) for device in selection.devices]
    devices, findings = _refuse_shared_names(devices)
    if target.view is None:
        findings.append(
            finding("remote-state-not-read", "planned offline, as if nothing were registered")
        )
    findings.extend(_nameless(devices))
    findings.extend(_warn_of_connectivity(devices))
    calls = Counter(operation for plan in devices for operation in plan.operations)
    return TargetPlan(
        target=cloud.description,
        facts=target.facts.facts,
        devices=tuple(devices),
        calls=dict(calls),
        duration=duration(calls, cloud.rates),
        findings=target.facts.findings + tuple(findings),
    )


def _refuse_shared_names(devices: list[DevicePlan]) -> tuple[list[DevicePlan], list[Finding]]:
    """Devices that would get the same name are all left alone: none has a better right."""
    holders = Counter(plan.name for plan in devices if plan.name)
    shared = {name: count for name, count in holders.items() if count > 1}
    if not shared:
        return devices, []
    planned = [_in_conflict(plan, shared) for plan in devices]
    name, count = next(iter(shared.items()))
    message = (
        f"{sum(shared.values())} devices share {len(shared)} names, for example {count} would "
        f"be {name!r}; expected one device per name"
    )
    return planned, [finding("thing-name-duplicate", message)]


def _in_conflict(plan: DevicePlan, shared: Mapping[str, int]) -> DevicePlan:
    if plan.name not in shared:
        return plan
    others = shared[plan.name] - 1
    difference = f"the name {plan.name!r} is also that of {others} other planned devices"
    return replace(
        plan,
        disposition=Disposition.CONFLICT,
        differences=(difference, *plan.differences),
        calls=(),
    )


def _nameless(devices: Iterable[DevicePlan]) -> list[Finding]:
    """An adapter gives no name to a device for which the template makes none that is allowed."""
    failed = [
        plan for plan in devices if plan.disposition is Disposition.CONFLICT and not plan.name
    ]
    if not failed:
        return []
    first = failed[0]
    message = (
        f"{len(failed)} devices are left alone, for example {first.device.record.device_id}: "
        f"{first.differences[0]}"
    )
    return [finding("thing-name-invalid", message)]


def _warn_of_connectivity(devices: Iterable[DevicePlan]) -> list[Finding]:
    found = sum(
        any(item.code == _CONNECTIVITY for item in plan.device.findings)
        for plan in devices
        if plan.calls
    )
    if not found:
        return []
    message = f"{found} of the certificates to be registered are EdgeLock 2GO connectivity objects"
    return [finding("connectivity-object-planned", message)]


def _same(target: InspectedTarget, other: str) -> FailedTarget:
    description = target.cloud.description
    return FailedTarget(
        target.name,
        f"{target.name} and {other} are both account {description.account} in {description.region}",
        "Name one of the two targets only, or correct its account and region.",
    )
