"""Comparing what is wanted with what is there, and from that a device's plan. Pure.

Only what is asked for is compared: what others have set beside it is theirs.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from tng.clouds.azure.enrollment import RemoteEnrollment, mapping, text
from tng.clouds.azure.rates import CREATE, UPDATE
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.azure.wanted import WantedIds, wanted_document, wanted_ids
from tng.findings import Finding, finding
from tng.plan.models import (
    DevicePlan,
    Disposition,
    PlannableDevice,
    certificate_of,
    device_key,
)
from tng.plan.view import RemoteView

Json = Mapping[str, object]

_NO_END = 9999
"""99991231235959Z means that a certificate has no end (RFC 5280 §4.1.2.5)."""

_ONE_HUB = "iotHubHostName"
_COMPARED_OTHERWISE = frozenset({"attestation", "deviceId", "registrationId"})
"""Members that are read into fields of their own."""

_CREATING = ((CREATE, ""),)
_NO_IDS = WantedIds("", "")


def plan_device(
    settings: AzureSettings, now: datetime, device: PlannableDevice, view: RemoteView
) -> DevicePlan:
    """What is to be done about one device."""
    key = device_key(device)
    ids = wanted_ids(settings, device)
    if ids.problem:
        return DevicePlan(device, key, "", Disposition.CONFLICT, (ids.problem,), ())
    # The view is this adapter's own, made by `Inspector`.
    found = cast("RemoteEnrollment | None", view.states.get(key))
    disposition, differences, calls = _judged(settings, device, ids, found)
    claims = (("device id", ids.device_id),)
    remarks = _lifetime(certificate_of(device).not_after, now) if calls else ()
    return DevicePlan(
        device, key, ids.registration_id, disposition, differences, calls, claims, remarks
    )


def certificate_difference(sha256: str, found: RemoteEnrollment) -> str:
    """How an enrollment is not one of the certificate; empty where it is."""
    if found["attestation"] not in ("x509", ""):
        return f"the device is enrolled with {found['attestation'][:32]}, expected a certificate"
    if sha256 in (found["primary"], found["secondary"]):
        return ""
    other = found["primary"][:64] or "none that is known"
    return f"another certificate is enrolled, {other}, expected {sha256}"


def setting_differences(wanted: Json, sha256: str, found: RemoteEnrollment) -> tuple[str, ...]:
    """How an enrollment of the certificate differs from the ``wanted`` document."""
    there = found["document"]
    pairs = [
        ("device id", text(wanted.get("deviceId")), found["device_id"]),
        ("provisioning status", _word(wanted, "provisioningStatus"), _status(there)),
        ("allocation policy", _word(wanted, "allocationPolicy"), _word(there, "allocationPolicy")),
        ("IoT hub", _hubs(wanted), _hubs(there)),
    ]
    differences = [
        f"the {what} is {is_there[:128] or 'not set'}, expected {expected}"
        for what, expected, is_there in pairs
        if expected and expected != is_there
    ]
    twin, twin_there = mapping(wanted.get("initialTwin")), mapping(there.get("initialTwin"))
    objects = [
        ("reprovision policy is", wanted.get("reprovisionPolicy"), there.get("reprovisionPolicy")),
        ("tags are", twin.get("tags"), twin_there.get("tags")),
        ("desired properties are", _desired(twin), _desired(twin_there)),
    ]
    differences += [
        f"the {what} not as wanted"
        for what, expected, is_there in objects
        if expected is not None and not _holds(is_there, expected)
    ]
    return (*differences, *_second_certificate(sha256, found))


def compared_part(settings: AzureSettings, found: RemoteEnrollment) -> RemoteEnrollment:
    """The enrollment with that of its document alone which ``settings`` have an opinion on.

    For who keeps very many: a twin may have 40 kB.
    """
    members = wanted_document(settings, _NO_IDS, "").keys() - _COMPARED_OTHERWISE | {_ONE_HUB}
    document = {name: item for name, item in found["document"].items() if name in members}
    return {**found, "document": document}


def all_differences(wanted: Json, sha256: str, found: RemoteEnrollment) -> tuple[str, ...]:
    """How an enrollment differs from what is wanted, certificate and settings."""
    other = certificate_difference(sha256, found)
    return (other,) if other else setting_differences(wanted, sha256, found)


def _judged(
    settings: AzureSettings,
    device: PlannableDevice,
    ids: WantedIds,
    found: RemoteEnrollment | None,
) -> tuple[Disposition, tuple[str, ...], tuple[tuple[str, str], ...]]:
    if found is None:
        return Disposition.REGISTER, (), _CREATING
    key = device_key(device)
    other = certificate_difference(key, found)
    wanted = wanted_document(settings, ids, "")
    differences = (other,) if other else setting_differences(wanted, key, found)
    if not differences:
        return Disposition.RIGHT, (), ()
    if settings.update and found["etag"]:
        changed = (f"{other}; it is replaced",) if other else differences
        return Disposition.COMPLETE, changed, ((UPDATE, found["etag"]),)
    hint = "it has no etag, so it is not changed" if settings.update else "--update changes it"
    left = (*differences[:-1], f"{differences[-1]}; {hint}")
    return (Disposition.CONFLICT if other else Disposition.DIFFERENT), left, ()


def _lifetime(not_after: datetime, now: datetime) -> tuple[Finding, ...]:
    """No rule of the service about the end of a certificate is known: it is only told."""
    if not_after < now:
        message = f"the certificate expired on {not_after:%Y-%m-%d}"
        return (finding("expired-certificate-planned", message),)
    if not_after.year == _NO_END:
        return (finding("endless-certificate-planned", "the certificate never expires"),)
    return ()


def _word(document: Json, member: str) -> str:
    return text(document.get(member)).lower()


def _status(there: Json) -> str:
    return _word(there, "provisioningStatus") or "enabled"


def _hubs(document: Json) -> str:
    """The hubs in a form that can be compared: their order and case mean nothing."""
    hubs = document.get("iotHubs")
    names = hubs if isinstance(hubs, list) else [document.get(_ONE_HUB)]
    return ", ".join(sorted({text(name).lower() for name in names if text(name)}))


def _desired(twin: Json) -> object:
    return mapping(twin.get("properties")).get("desired")


def _holds(there: object, wanted: object) -> bool:
    """Whether ``there`` has all of ``wanted``; objects may have more."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(
            name in there and _holds(there[name], item) for name, item in wanted.items()
        )
    if isinstance(wanted, bool) or isinstance(there, bool):
        return wanted is there
    return bool(wanted == there)


def _second_certificate(sha256: str, found: RemoteEnrollment) -> tuple[str, ...]:
    other = found["secondary"] if found["primary"] == sha256 else found["primary"]
    if not other:
        return ()
    return (f"a second certificate is enrolled beside it, {other[:64]}",)
