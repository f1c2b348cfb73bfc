"""What a device is to have: its ids, whether they can work, and the document to send. Pure.

Which ids can work is said in `registration_ids`.
"""

import json
import re
from dataclasses import dataclass

from tng.clouds.azure.registration_ids import certificate_problem, id_problem, mismatch
from tng.clouds.azure.settings import (
    ALLOCATION_POLICIES,
    REPROVISION_POLICIES,
    AzureSettings,
)
from tng.csr.model import RequestedDevice
from tng.plan.models import PlannableDevice
from tng.plan.template import TemplateError, device_fields

_DEVICE_ID = re.compile(r"[A-Za-z0-9\-.%_*?!(),:=@$']{1,128}")
"""IoT Hub developer guide, identity registry, deviceId."""


@dataclass(frozen=True, slots=True)
class WantedIds:
    """The ids of a device; ``problem`` says why it cannot be enrolled, if it cannot."""

    registration_id: str
    device_id: str
    problem: str = ""


def wanted_ids(settings: AzureSettings, device: PlannableDevice) -> WantedIds:
    """The ids that ``settings`` want for ``device``."""
    if isinstance(device, RequestedDevice):
        return WantedIds("", "", "DPS takes certificates, not requests for one")
    leaf = device.leaf
    problem = certificate_problem(leaf)
    if problem:
        return WantedIds("", "", problem)
    fields = device_fields(device)
    try:
        registration_id = settings.registration_id.render(fields)
        device_id = settings.device_id.render(fields)
    except TemplateError as error:
        return WantedIds("", "", str(error))
    problem = (
        id_problem(registration_id, "registration id")
        or mismatch(registration_id, leaf.subject.common_name or "")
        or _device_id_problem(device_id)
    )
    if problem:
        return WantedIds("", "", problem)
    return WantedIds(registration_id.lower(), device_id)


def wanted_document(settings: AzureSettings, ids: WantedIds, pem: str) -> dict[str, object]:
    """The individual enrollment to be sent; only what is asked for is in it.

    ``pem`` is the leaf alone: a chain is refused by the service.
    """
    document: dict[str, object] = {
        "registrationId": ids.registration_id,
        # Always said: hubs tell upper from lower case, registration ids do not.
        "deviceId": ids.device_id,
        "attestation": {
            "type": "x509",
            "x509": {"clientCertificates": {"primary": {"certificate": pem}}},
        },
        "provisioningStatus": settings.provisioning_status,
    }
    if settings.allocation_policy:
        document["allocationPolicy"] = ALLOCATION_POLICIES[settings.allocation_policy]
    if settings.iot_hubs:
        document["iotHubs"] = list(settings.iot_hubs)
    if settings.reprovision_policy:
        update, migrate = REPROVISION_POLICIES[settings.reprovision_policy]
        document["reprovisionPolicy"] = {
            "updateHubAssignment": update,
            "migrateDeviceData": migrate,
        }
    twin = _twin(settings)
    if twin:
        document["initialTwin"] = twin
    return document


def _twin(settings: AzureSettings) -> dict[str, object]:
    twin: dict[str, object] = {}
    if settings.tags:
        twin["tags"] = json.loads(settings.tags)
    if settings.desired:
        twin["properties"] = {"desired": json.loads(settings.desired)}
    return twin


def _device_id_problem(device_id: str) -> str:
    if _DEVICE_ID.fullmatch(device_id):
        return ""
    return (
        f"{device_id[:128]!r} is no device id of an IoT hub: expected 1 to 128 of letters, digits "
        "and - . % _ * ? ! ( ) , : = @ $ '"
    )
