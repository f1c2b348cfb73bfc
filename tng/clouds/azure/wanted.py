"""What a device is to have: its ids, whether they can work, and the document to send. Pure.

The service does not check that the registration id is the certificate's CN, so it is checked
here: the device would be refused only in the field.
"""

import json
import re
from dataclasses import dataclass

from tng.clouds.azure.settings import (
    ALLOCATION_POLICIES,
    REPROVISION_POLICIES,
    AzureSettings,
)
from tng.plan.models import PlannableDevice
from tng.plan.template import TemplateError, device_fields
from tng.x509.certificate import Certificate

MAX_REGISTRATION_ID = 64
"""A registration id may have 128 characters, but must be a CN, which has at most 64."""

_REGISTRATION_ID = re.compile(r"[A-Za-z0-9\-._:]{0,63}[A-Za-z0-9\-]")
_ALLOWED = re.compile(r"[A-Za-z0-9\-._:]")
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
    leaf = device.leaf
    problem = _certificate_problem(leaf)
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
        or _mismatch(registration_id, leaf.subject.common_name or "")
        or _device_id_problem(device_id)
    )
    if problem:
        return WantedIds("", "", problem)
    return WantedIds(registration_id.lower(), device_id)


def id_problem(text: str, what: str) -> str:
    """Why ``text`` is no registration id; empty where it is one (service contract)."""
    if _REGISTRATION_ID.fullmatch(text):
        return ""
    if not text:
        return f"the {what} is empty"
    if len(text) > MAX_REGISTRATION_ID:
        return f"the {what} has {len(text)} characters, expected at most {MAX_REGISTRATION_ID}"
    wrong = next((character for character in text if not _ALLOWED.fullmatch(character)), "")
    if wrong:
        return f"the {what} {text!r} has {wrong!r}, expected letters, digits and - . _ : only"
    return f"the {what} {text!r} ends with {text[-1]!r}, expected a letter, a digit or -"


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


def _certificate_problem(leaf: Certificate) -> str:
    if leaf.extensions.is_ca:
        return "the certificate is a CA's, expected a device's own (a leaf)"
    name = leaf.subject.common_name
    if not name:
        return "the certificate has no common name, which would be the registration id"
    if " " in name:
        return (
            f"the certificate's common name {name[:128]!r} has a space, as old Microchip "
            "certificates have: no registration id can hold it, so the device could never "
            "register; use a chip of a newer lot or its other certificate"
        )
    return id_problem(name[:256], "certificate's common name")


def _mismatch(registration_id: str, name: str) -> str:
    # Both are ASCII: `id_problem` has passed them.
    if registration_id.lower() == name.lower():
        return ""
    return (
        f"the registration id {registration_id!r} is not the certificate's common name {name!r}: "
        "the device could never register"
    )


def _device_id_problem(device_id: str) -> str:
    if _DEVICE_ID.fullmatch(device_id):
        return ""
    return (
        f"{device_id[:128]!r} is no device id of an IoT hub: expected 1 to 128 of letters, digits "
        "and - . % _ * ? ! ( ) , : = @ $ '"
    )
