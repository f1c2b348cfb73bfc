"""Enrollment documents: what may be asked for, and what is answered for it.

Rules are those of the service contract (2021-10-01) and of recorded traffic (2023-05): nulls
count as not said and are not answered; read-only members may be sent back and are not heeded.
Stricter than the contract: members that it does not name are refused, and so is every
attestation but X.509 client certificates.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tng.sandbox.dps.answers import bad_request
from tng.sandbox.dps.certificates import ClientCertificate, read_client_certificate
from tng.sandbox.dps.state import DpsInstance

Json = dict[str, object]

_REGISTRATION_ID = re.compile(r"[A-Za-z0-9\-._:]{0,127}[A-Za-z0-9\-]")
_DEVICE_ID = re.compile(r"[A-Za-z0-9\-.+%_#*?!(),:=@;$']{1,128}")
_READ_ONLY = frozenset(
    {"etag", "createdDateTimeUtc", "lastUpdatedDateTimeUtc", "registrationState"}
)
_STATIC = "static"
_CUSTOM = "custom"
_DEFAULT_REPROVISIONING = {"updateHubAssignment": True, "migrateDeviceData": True}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A valid document: what is to be kept and answered, without etag and times."""

    registration_id: str
    document: Json
    sha256: str


def check_registration_id(text: object) -> str:
    """A registration id, or a refusal (400)."""
    if isinstance(text, str) and _REGISTRATION_ID.fullmatch(text):
        return text
    raise bad_request("The registration id is not valid")


def read_enrollment(content: Mapping[str, object], instance: DpsInstance) -> Wanted:
    """The enrollment that a document asks an instance for, or a refusal (400)."""
    unknown = content.keys() - _READ_ONLY - _MEMBERS.keys() - {"registrationId", "attestation"}
    if unknown:
        raise bad_request(f"The enrollment has an unknown member: {min(unknown)[:64]}")
    registration_id = check_registration_id(content.get("registrationId"))
    primary, secondary = _attestation(content.get("attestation"))
    certificates = {"primary": {"info": primary.info}, "secondary": {"info": secondary.info}}
    said: Json = {
        name: check(content[name])
        for name, check in _MEMBERS.items()
        if content.get(name) is not None
    }
    _check_hubs(said, instance)
    document: Json = {
        "registrationId": registration_id,
        "attestation": {"type": "x509", "x509": {"clientCertificates": certificates}},
        "provisioningStatus": "enabled",
        "allocationPolicy": "hashed",
    }
    # Recorded: a null is answered by nothing, so only an absent policy gets the default.
    if "reprovisionPolicy" not in content:
        document["reprovisionPolicy"] = dict(_DEFAULT_REPROVISIONING)
    return Wanted(registration_id, document | said, primary.sha256)


def _attestation(content: object) -> tuple[ClientCertificate, ClientCertificate]:
    attestation = _object(content, "attestation", {"type", "x509"})
    if attestation.get("type") != "x509":
        raise bad_request("The stand-in knows no attestation type but x509")
    x509 = _object(attestation.get("x509"), "x509", {"clientCertificates"})
    pair = _object(x509.get("clientCertificates"), "clientCertificates", {"primary", "secondary"})
    primary = _certificate(pair.get("primary"), "primary")
    if pair.get("secondary") is None:
        return primary, primary
    return primary, _certificate(pair["secondary"], "secondary")


def _certificate(content: object, name: str) -> ClientCertificate:
    return read_client_certificate(
        _object(content, name, {"certificate", "info"}).get("certificate")
    )


def _check_hubs(said: Mapping[str, object], instance: DpsInstance) -> None:
    linked = {hub.lower() for hub in instance.hubs}
    hubs = said.get("iotHubs", [])
    named = [*(hubs if isinstance(hubs, list) else []), said.get("iotHubHostName")]
    for hub in named:
        if isinstance(hub, str) and hub.lower() not in linked:
            raise bad_request(f"The IoT hub is not linked to this service: {hub[:128]}")
    policy = said.get("allocationPolicy")
    if policy == _STATIC and len(named) - 1 != 1:
        raise bad_request("Static allocation needs exactly one IoT hub")
    if (policy == _CUSTOM) != ("customAllocationDefinition" in said):
        raise bad_request("Custom allocation and its definition need each other")


def _object(content: object, name: str, members: set[str]) -> Mapping[str, object]:
    if not isinstance(content, dict) or content.keys() - members:
        raise bad_request(f"{name} is not an object of {', '.join(sorted(members))}")
    return content


def _one_of(*words: str) -> Callable[[object], object]:
    def check(content: object) -> object:
        if content not in words:
            raise bad_request(f"Expected one of {', '.join(words)}")
        return content

    return check


def _device_id(content: object) -> object:
    if not isinstance(content, str) or not _DEVICE_ID.fullmatch(content):
        raise bad_request("The device id is not valid")
    return content


def _text(content: object) -> object:
    if not isinstance(content, str):
        raise bad_request("Expected a text")
    return content


def _hubs(content: object) -> object:
    if not isinstance(content, list) or not all(isinstance(hub, str) for hub in content):
        raise bad_request("iotHubs is not a list of host names")
    return content


def _flags(name: str, *members: str) -> Callable[[object], object]:
    def check(content: object) -> object:
        flags = _object(content, name, set(members))
        if not all(isinstance(flag, bool) for flag in flags.values()):
            raise bad_request(f"{name} holds true and false only")
        return {member: flags.get(member, True) for member in members}

    return check


def _collection(content: object) -> object:
    if not isinstance(content, dict):
        raise bad_request("Tags and properties are objects")
    return content


def _twin(content: object) -> object:
    twin = _object(content, "initialTwin", {"tags", "properties"})
    properties = twin.get("properties")
    if properties is not None:
        desired = _object(properties, "properties", {"desired"}).get("desired")
        _collection({} if desired is None else desired)
    _collection({} if twin.get("tags") is None else twin["tags"])
    return {name: value for name, value in twin.items() if value is not None}


def _definition(content: object) -> object:
    definition = _object(content, "customAllocationDefinition", {"webhookUrl", "apiVersion"})
    if not all(isinstance(definition.get(name), str) for name in ("webhookUrl", "apiVersion")):
        raise bad_request("customAllocationDefinition needs webhookUrl and apiVersion")
    return dict(definition)


_MEMBERS: Mapping[str, Callable[[object], object]] = {
    "deviceId": _device_id,
    "provisioningStatus": _one_of("enabled", "disabled"),
    "reprovisionPolicy": _flags("reprovisionPolicy", "updateHubAssignment", "migrateDeviceData"),
    "initialTwin": _twin,
    "allocationPolicy": _one_of("hashed", "geoLatency", _STATIC, _CUSTOM),
    "iotHubs": _hubs,
    "iotHubHostName": _text,
    "customAllocationDefinition": _definition,
    "capabilities": _flags("capabilities", "iotEdge"),
    "optionalDeviceInformation": _collection,
}
