"""Comparing what is wanted with what is there: a device's plan. Pure."""

from functools import lru_cache
from typing import cast

from tng.clouds.aws.names import Place
from tng.clouds.aws.rates import REGISTER
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.aws.state import (
    RemoteDevice,
    RemoteThing,
    WantedThing,
    thing_differences,
    wanted_thing,
)
from tng.clouds.interface import ISSUE
from tng.csr.model import RequestedDevice
from tng.plan.models import DevicePlan, Disposition, PlannableDevice, device_key
from tng.plan.view import RemoteView

NOTHING = RemoteDevice(status=None, policies=(), thing=None)
_CHANGEABLE = frozenset({"ACTIVE", "INACTIVE"})
"""States between which UpdateCertificate moves freely; a REVOKED one is never revived."""

Call = tuple[str, str]
Calls = list[Call]


@lru_cache(maxsize=256)
def _shared(operation: str, subject: str) -> Call:
    """One object for what is said of every device of a fleet on each of its targets."""
    return operation, subject


def plan_device(
    settings: AwsSettings, place: Place, device: PlannableDevice, view: RemoteView
) -> DevicePlan:
    """What is to be done about one device."""
    key = device_key(device)
    # The view is this adapter's own, made by `Inspector`.
    found = cast("RemoteDevice", view.states.get(key, NOTHING))
    thing = wanted_thing(settings, device)
    name = thing.name if thing else ""

    def planned(disposition: Disposition, differences: tuple[str, ...], calls: Calls) -> DevicePlan:
        return DevicePlan(device, key, name, disposition, differences, tuple(calls))

    own = found.get("own")
    arn = place.certificate_arn(key if own is None else own.certificate_id)
    conflicts = _conflicts(settings, arn, thing, found)
    if conflicts:
        return planned(Disposition.CONFLICT, conflicts, [])
    status, status_difference = _status_calls(settings, found["status"])
    if status is None:
        return planned(Disposition.DIFFERENT, (status_difference,), [])
    calls = _making_calls(device, found) + status + _policy_calls(settings, found)
    if thing is not None:
        calls += _thing_calls(settings, arn, thing.name, found["thing"])
    if found["status"] is None:
        return planned(Disposition.REGISTER, (), calls)
    if not calls:
        return planned(Disposition.RIGHT, (), [])
    return planned(Disposition.COMPLETE, _missing(status_difference, calls, found), calls)


def _conflicts(
    settings: AwsSettings, arn: str, thing: WantedThing | None, found: RemoteDevice
) -> tuple[str, ...]:
    own = found.get("own")
    if own is not None and own.problem:
        return (own.problem,)
    if thing is None:
        return ()
    if thing.problem:
        return (thing.problem,)
    remote = found["thing"]
    if remote is None:
        return ()
    others = [principal for principal in remote["principals"] if principal != arn]
    if others and arn not in remote["principals"]:
        return (f"the thing {thing.name} belongs to another certificate, {others[0]}",)
    return thing_differences(settings, thing.attributes, remote)


def _making_calls(device: PlannableDevice, found: RemoteDevice) -> Calls:
    """The call that makes the certificate known; of one that was made, that it is written down."""
    if not isinstance(device, RequestedDevice):
        return [_shared(REGISTER, "")] if found["status"] is None else []
    own = found.get("own")
    return [] if own is not None and own.is_written else [(ISSUE, device.request.key)]


def _status_calls(settings: AwsSettings, found: str | None) -> tuple[Calls | None, str]:
    """The calls that make the status right, or ``None`` where it is left alone; and why."""
    if found is None or found == settings.status:
        return [], ""
    difference = f"the certificate is {found}, expected {settings.status}"
    if found not in _CHANGEABLE:
        return None, difference + "; that is never changed"
    if not settings.update:
        return None, difference + "; --update changes it"
    return [_shared("UpdateCertificate", settings.status)], difference


def _policy_calls(settings: AwsSettings, found: RemoteDevice) -> Calls:
    return [
        _shared("AttachPolicy", policy)
        for policy in settings.policies
        if policy not in found["policies"]
    ]


def _thing_calls(settings: AwsSettings, arn: str, name: str, found: RemoteThing | None) -> Calls:
    calls: Calls = [] if found else [("CreateThing", name)]
    if found is None or arn not in found["principals"]:
        calls.append(("AttachThingPrincipal", name))
    groups = () if found is None else found["groups"]
    calls += [
        _shared("AddThingToThingGroup", group) for group in settings.groups if group not in groups
    ]
    return calls


_MISSING = {
    "AttachPolicy": "the policy {} is not attached",
    "CreateThing": "there is no thing {}",
    "AttachThingPrincipal": "the thing {} is not attached",
    "AddThingToThingGroup": "the thing is not in the group {}",
}


def _missing(status_difference: str, calls: Calls, found: RemoteDevice) -> tuple[str, ...]:
    """What is missing, in words."""
    differences = [status_difference] if status_difference else []
    for operation, subject in calls:
        if operation == ISSUE and "own" in found:
            certificate_id = found["own"].certificate_id
            differences.append(f"its certificate {certificate_id} is not written down here")
        if operation in _MISSING:
            differences.append(_MISSING[operation].format(subject))
    return tuple(differences)
