"""What connecting as a device can come to; one type an end.

The reasons are stable words for scripts; what to do about each is in
`tng.device.connection_hints`. A registration that ends before there is a hub to connect to has
the words of `tng.device.result`.
"""

from dataclasses import dataclass
from enum import StrEnum

from tng.device.result import Reason

SCHEMA = "tng.connection/1"
"""What `tng connect` calls its JSON."""


class ConnectReason(StrEnum):
    """Why a device does not reach its cloud."""

    HOST_UNRESOLVED = "host-unresolved"
    HOST_UNREACHABLE = "host-unreachable"
    NO_CONNECTION = "no-connection"
    NOT_TLS = "not-tls"
    TLS_VERSION = "tls-version"
    TLS_CLOSED = "tls-closed"
    TLS_FAILED = "tls-failed"
    ALPN_REFUSED = "alpn-refused"
    SERVER_UNTRUSTED = "server-untrusted"
    SERVER_EXPIRED = "server-expired"
    CLOCK_WRONG = "clock-wrong"
    WRONG_ENDPOINT = "wrong-endpoint"
    CERTIFICATE_REFUSED = "certificate-refused"
    CERTIFICATE_EXPIRED = "certificate-expired"
    KEY_REFUSED = "key-refused"
    NOT_REGISTERED = "not-registered"
    NOT_ACTIVE = "not-active"
    NO_POLICY = "no-policy"
    CONNECT_DENIED = "connect-denied"
    SUBSCRIBE_DENIED = "subscribe-denied"
    PUBLISH_DENIED = "publish-denied"
    NOT_RECEIVED = "not-received"
    CLIENT_ID_TAKEN = "client-id-taken"
    UNAVAILABLE = "unavailable"
    CONNECTION_LOST = "connection-lost"
    SERVER_MISBEHAVES = "server-misbehaves"
    SILENT = "silent"
    HUB_REFUSED = "hub-refused"


@dataclass(frozen=True, slots=True)
class Connected:
    """The device was accepted, and the cloud took a message of its.

    ``topic`` is what was published to; ``received`` says whether the message came back, which a
    hub's never does. ``device_id`` is the hub's name of the device, empty where there is none.
    """

    host: str
    topic: str
    received: bool
    device_id: str = ""


@dataclass(frozen=True, slots=True)
class Denied:
    """The cloud was reached and refuses this device."""

    reason: ConnectReason | Reason
    message: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No end by the deadline, or one that trying again may change."""

    reason: ConnectReason | Reason
    message: str


@dataclass(frozen=True, slots=True)
class Unsafe:
    """There is nothing at that address that could be spoken to, or not safely."""

    reason: ConnectReason | Reason
    message: str


Failure = Denied | Unanswered | Unsafe
ConnectResult = Connected | Failure
