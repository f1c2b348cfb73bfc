"""How a device stands on a target, out of what is planned for it and what was found. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from tng.audit.looking import SeenTarget
from tng.audit.models import DeviceStanding, Standing
from tng.clouds.interface import HeldDevice
from tng.findings import Finding, finding
from tng.plan.models import DevicePlan, Disposition

_STANDINGS: Mapping[Disposition, Standing] = {
    Disposition.REGISTER: Standing.MISSING,
    Disposition.RIGHT: Standing.IN_PLACE,
    Disposition.COMPLETE: Standing.INCOMPLETE,
    Disposition.DIFFERENT: Standing.DIFFERENT,
    Disposition.CONFLICT: Standing.CONFLICT,
}
_CODES: Mapping[Standing, str] = {
    Standing.MISSING: "device-not-registered",
    Standing.INCOMPLETE: "registration-incomplete",
    Standing.DIFFERENT: "registration-differs",
    Standing.CONFLICT: "registration-conflict",
    Standing.UNEXPECTED: "not-genuine-registered",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """How one certificate stands on one target, and what is to be said about that."""

    standing: DeviceStanding
    findings: tuple[Finding, ...] = ()


def place_planned(target: str, plan: DevicePlan, seen: SeenTarget) -> Placed:
    """A device that should be there as ``plan`` wants it."""
    standing = _STANDINGS[plan.disposition]
    names = seen.names.get(plan.key, ())
    if standing is Standing.CONFLICT and not plan.name:
        # No name is possible for it (`tng.plan.planner`): nothing has its place.
        standing = Standing.DIFFERENT if _is_there(plan.key, seen) else Standing.MISSING
    strays = [name for name in names if name != plan.name]
    if strays and standing is not Standing.CONFLICT:
        standing = Standing.DIFFERENT
    differences = plan.differences
    if strays:
        listed = ", ".join(sorted(strays))
        expected = f"expected as {plan.name}" if plan.name else "expected nowhere"
        differences = (*differences, f"the certificate is registered as {listed}, {expected}")
    return _placed(target, standing, plan.name, differences)


def place_other(target: str, held: HeldDevice | None) -> Placed:
    """A certificate that should not be there."""
    if held is None:
        return Placed(DeviceStanding(target, Standing.ABSENT, "", ()))
    name = f" as {held.name}" if held.name else ""
    difference = f"the certificate is registered{name} ({held.status or 'status unknown'})"
    return _placed(target, Standing.UNEXPECTED, held.name, (f"{difference}, expected not to be",))


def place_unread(target: str) -> Placed:
    """Any certificate, on a target that could not be read."""
    return Placed(DeviceStanding(target, Standing.UNKNOWN, "", ()))


def _is_there(key: str, seen: SeenTarget) -> bool:
    view = seen.inspected.view
    return key in seen.names or (view is not None and key in view.states)


def _placed(target: str, standing: Standing, name: str, differences: tuple[str, ...]) -> Placed:
    code = _CODES.get(standing)
    if code is None:
        return Placed(DeviceStanding(target, standing, name, differences))
    what = "; ".join(differences) or "the certificate is not there, expected it registered"
    return Placed(
        DeviceStanding(target, standing, name, differences), (finding(code, f"{target}: {what}"),)
    )
