"""What trying a registration from the device's side can come to; one type an end.

The reasons are stable words for scripts; what to do about each is in `tng.device.explanations`.
"""

from dataclasses import dataclass
from enum import StrEnum

SCHEMA = "tng.device-check/1"
"""What `tng check-device` calls its JSON."""


class Reason(StrEnum):
    """Why a device was not assigned."""

    HOST_UNRESOLVED = "host-unresolved"
    HOST_UNREACHABLE = "host-unreachable"
    NO_CONNECTION = "no-connection"
    SERVER_UNTRUSTED = "server-untrusted"
    SERVER_MISBEHAVES = "server-misbehaves"
    CONNECTION_LOST = "connection-lost"
    TLS_REFUSED = "tls-refused"
    CONNECT_REFUSED = "connect-refused"
    NOT_AUTHORIZED = "not-authorized"
    DISABLED = "disabled"
    HUB_NOT_ASSIGNED = "hub-not-assigned"
    REQUEST_REFUSED = "request-refused"
    THROTTLED = "throttled"
    SERVICE_UNWELL = "service-unwell"
    SILENT = "silent"
    STILL_ASSIGNING = "still-assigning"


@dataclass(frozen=True, slots=True)
class Assigned:
    """The device has its hub. ``substatus`` tells a first assignment from a moved device."""

    hub: str
    device_id: str
    substatus: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The cloud was asked and refuses; ``error_code`` and ``tracking_id`` are its own."""

    reason: Reason
    message: str
    error_code: int | None = None
    tracking_id: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """There was no answer, or none that is final, by the deadline; trying again may do."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Unreached:
    """There is nothing at that address that could be asked safely."""

    reason: Reason
    message: str


CheckResult = Assigned | Refused | Unfinished | Unreached
