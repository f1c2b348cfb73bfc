"""All that a service holds, and whether it holds certain certificates. Read-only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import cast

from tng.clouds.azure.api import DpsApi
from tng.clouds.azure.comparison import compared_part
from tng.clouds.azure.enrollment import RemoteEnrollment, read_enrollment, text
from tng.clouds.azure.failures import clean
from tng.clouds.azure.inspection import PAGE, Inspector
from tng.clouds.azure.rates import QUERY
from tng.clouds.azure.registration_ids import id_problem
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.azure.wanted import wanted_ids
from tng.clouds.interface import Caller, HeldDevice
from tng.clouds.listing import all_pages
from tng.plan.models import PlannableDevice, device_key
from tng.plan.view import RemoteView

_ENABLED = "enabled"
"""The provisioning status of an enrollment that names none (service contract)."""


def held_devices(api: DpsApi, caller: Caller) -> Iterator[HeldDevice]:
    """Every individual enrollment, of whatever attestation; raises `CloudError` siblings."""

    def read(continuation: str | None) -> tuple[Sequence[Mapping[str, object]], str | None]:
        page = caller(QUERY, partial(api.page, PAGE, continuation))
        return page.items, page.continuation

    for items in all_pages(read):
        yield from (_held(read_enrollment(item)) for item in items)


def inspect_held(
    settings: AzureSettings, devices: Sequence[PlannableDevice], held: Iterable[HeldDevice]
) -> RemoteView:
    """What ``held``, which is everything there, says of these devices. Pure."""
    keys: dict[str, list[str]] = {}
    for device in devices:
        keys.setdefault(wanted_ids(settings, device).registration_id, []).append(device_key(device))
    keys.pop("", None)
    states: dict[str, Mapping[str, object]] = {}
    count = 0
    for item in held:
        count += 1
        for key in keys.get(item.name, ()):
            # The view is this adapter's own, made by `held_devices`.
            found = compared_part(settings, cast("RemoteEnrollment", item.state))
            states[key] = cast("Mapping[str, object]", found)
    return RemoteView(states, count)


def holds(inspector: Inspector, certificates: Mapping[str, str]) -> dict[str, HeldDevice]:
    """Which of the certificates are enrolled under their common names."""
    ids = {
        key: name.lower() for key, name in certificates.items() if name and not id_problem(name, "")
    }
    enrollments = inspector.enrollments(list(dict.fromkeys(ids.values())))
    found = {key: _held(enrollments[name]) for key, name in ids.items() if name in enrollments}
    return {key: item for key, item in found.items() if key in item.keys}


def _held(enrollment: RemoteEnrollment) -> HeldDevice:
    certificates = (enrollment["primary"], enrollment["secondary"])
    status = text(enrollment["document"].get("provisioningStatus"))
    return HeldDevice(
        tuple(clean(key) for key in certificates if key),
        clean(enrollment["registration_id"]).lower(),
        clean(status) or _ENABLED,
        cast("Mapping[str, object]", enrollment),
    )
