"""Who is planned, and what is to be done about each of them on each target. Pure.

No call is made here and nothing is written: the caller inspects the targets before
(`InspectedTarget`) and applies the plan afterwards.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tng.csr.model import RequestedDevice
from tng.findings import Finding, finding
from tng.plan.counting import count_calls
from tng.plan.eligibility import Selection
from tng.plan.models import (
    UNKNOWN_ACCOUNT,
    DevicePlan,
    Disposition,
    FailedTarget,
    Plan,
    TargetPlan,
)
from tng.plan.shard import Shard
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
    """Plan every selected device of the shard, if there is one, on every target.

    Two targets that turn out to be the same account and region would register everything
    twice and share their quotas unknowingly: the second one becomes a `FailedTarget`.
    """
    plans: list[TargetPlan] = []
    refused = list(failed)
    names: dict[str, str] = {}
    for target in targets:
        key = target.cloud.description.key
        # Offline, nobody can say whether two that are not known yet are the same.
        is_known = target.cloud.description.account != UNKNOWN_ACCOUNT
        if is_known and key in names:
            refused.append(_same(target, names[key]))
            continue
        names[key] = target.name
        planned = _plan_target(selection, target)
        if isinstance(planned, FailedTarget):
            refused.append(planned)
        else:
            plans.append(planned)
    return Plan(tuple(plans), tuple(refused), selection.ineligible, selection.shard)


def _plan_target(selection: Selection, target: InspectedTarget) -> TargetPlan | FailedTarget:
    cloud = target.cloud
    view = _EMPTY_VIEW if target.view is None else target.view
    devices = [cloud.plan_device(device, view) for device in selection.devices]
    devices, findings = _refuse_shared_names(devices)
    full = _over_capacity(devices, selection.shard, target)
    if full is not None:
        return full
    if selection.shard is not None:
        devices = [plan for plan in devices if selection.shard.holds(plan.key)]
    if target.view is None:
        findings.append(
            finding("remote-state-not-read", "planned offline, as if nothing were registered")
        )
    findings.extend(_nameless(devices))
    findings.extend(_warn_of_connectivity(devices))
    findings.extend(_warn_of_requests(devices))
    findings.extend(_remarks(devices))
    counted = count_calls((plan.operations for plan in devices), cloud.rates)
    return TargetPlan(
        target=cloud.description,
        facts=target.facts.facts,
        devices=tuple(devices),
        calls=counted.calls,
        duration=counted.duration,
        findings=target.facts.findings + tuple(findings),
    )


def _over_capacity(
    devices: Sequence[DevicePlan], shard: Shard | None, target: InspectedTarget
) -> FailedTarget | None:
    """A target that cannot hold all that is planned is not begun: the rest would be left over.

    All shards count, whichever is planned: each process would find room for its own.
    """
    capacity = target.facts.capacity
    if capacity is None:
        return None
    new = [plan for plan in devices if plan.disposition is Disposition.REGISTER]
    view = _EMPTY_VIEW if target.view is None else target.view
    held, count = view.held or 0, len(new) - view.beside
    adds = any(shard is None or shard.holds(plan.key) for plan in new)
    if not adds or held + count <= capacity:
        return None
    of = "" if shard is None else " in all shards"
    return FailedTarget(
        target.name,
        f"{target.name} would hold {held + count:,} devices ({held:,} are there, {count:,} "
        f"new{of}), its limit is {capacity:,}",
        "Use a further target for some of them, or set the limit that the provider granted.",
    )


def _claims(plan: DevicePlan) -> tuple[tuple[str, str], ...]:
    return ((("name", plan.name),) if plan.name else ()) + plan.claims


def _refuse_shared_names(devices: list[DevicePlan]) -> tuple[list[DevicePlan], list[Finding]]:
    """Devices that would get the same name are all left alone: none has a better right."""
    holders = Counter(claim for plan in devices for claim in _claims(plan))
    shared = {claim: count for claim, count in holders.items() if count > 1}
    if not shared:
        return devices, []
    planned = [_in_conflict(plan, shared) for plan in devices]
    alone = sum(plan is not before for plan, before in zip(planned, devices, strict=True))
    (what, name), count = next(iter(shared.items()))
    message = (
        f"{alone} devices share {len(shared)} names, for example {count} would have the {what} "
        f"{name!r}; expected one device per name"
    )
    return planned, [finding("target-name-duplicate", message)]


def _in_conflict(plan: DevicePlan, shared: Mapping[tuple[str, str], int]) -> DevicePlan:
    differences = tuple(
        f"the {what} {name!r} is also that of {shared[what, name] - 1} other planned devices"
        for what, name in _claims(plan)
        if (what, name) in shared
    )
    if not differences:
        return plan
    return replace(
        plan,
        disposition=Disposition.CONFLICT,
        differences=differences + plan.differences,
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
    return [finding("target-name-invalid", message)]


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


def _warn_of_requests(devices: Iterable[DevicePlan]) -> list[Finding]:
    planned = sum(isinstance(plan.device, RequestedDevice) and bool(plan.calls) for plan in devices)
    if not planned:
        return []
    message = (
        f"certificates are made by {planned} of the devices' own requests: each proves that its "
        "maker has the key, no vendor vouches for the chip"
    )
    return [finding("request-not-attested", message)]


def _remarks(devices: Iterable[DevicePlan]) -> list[Finding]:
    """One finding a code: how many devices, and what is said of the first."""
    found: dict[str, list[tuple[DevicePlan, Finding]]] = {}
    for plan in devices:
        for remark in plan.remarks:
            found.setdefault(remark.code, []).append((plan, remark))
    return [
        finding(
            code,
            f"{len(items)} devices, for example {items[0][0].device.record.device_id}: "
            f"{items[0][1].message}",
        )
        for code, items in found.items()
    ]


def _same(target: InspectedTarget, other: str) -> FailedTarget:
    description = target.cloud.description
    return FailedTarget(
        target.name,
        f"{target.name} and {other} are both {description.place}",
        "Name one of the two targets only, or correct which account or instance it is.",
    )
