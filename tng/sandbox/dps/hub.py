"""The IoT hub that a device was assigned to, as far as proving that it gets in needs it.

Devices are found where the service has put them: whose enrollment says *assigned* to that hub,
with that device id and the thumbprint of the certificate whose key was proven in TLS. Taken are
messages to the cloud; there are no twins, methods or messages to devices. Deleting or disabling
an enrollment ends the device here at once, which the real hub does not do. Source: "Communicate
with an IoT hub using the MQTT protocol".
"""

import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from tng.sandbox.dps.state import DpsState, Enrollment
from tng.sandbox.mqtt import codec as mqtt
from tng.sandbox.mqtt.tls import DeviceConnection
from tng.x509.certificate import CertificateError, read_certificate

_USERNAME = re.compile(
    r"(?P<hub>[0-9A-Za-z.-]{1,253})/(?P<device>[^/]{1,128})/\?api-version=[^/]{1,512}"
)
_KEPT = 1000


@dataclass(frozen=True, slots=True)
class HubLogin:
    """What a device says it is: the host name of a hub, and its id there."""

    hub: str
    device_id: str


@dataclass(frozen=True, slots=True)
class HubMessage:
    """What a device sent to the cloud; ``properties`` as they stand in the topic."""

    hub: str
    device_id: str
    properties: str
    payload: bytes


class IotHubs:
    """The hubs that are linked to the instances of a sandbox; safe for threads."""

    def __init__(
        self, state: DpsState, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._state = state
        self._now = now
        self._lock = threading.Lock()
        self._messages: deque[HubMessage] = deque(maxlen=_KEPT)

    @property
    def messages(self) -> tuple[HubMessage, ...]:
        """The last messages that were taken, in their order."""
        with self._lock:
            return tuple(self._messages)

    def admits(self, login: HubLogin, client_id: str, certificate: bytes) -> bool:
        """Whether a device with this certificate (DER) may connect."""
        if client_id != login.device_id or not self._is_valid(certificate):
            return False
        thumbprint = sha256(certificate).hexdigest()
        for instance in self._state.instances:
            with instance.lock:
                for enrollment in instance.enrollments.values():
                    if enrollment.sha256 == thumbprint and _is_assigned(enrollment, login):
                        return True
        return False

    def take(self, message: HubMessage) -> None:
        """Keep a message."""
        with self._lock:
            self._messages.append(message)

    def _is_valid(self, certificate: bytes) -> bool:
        try:
            read = read_certificate(certificate)
        except CertificateError:
            return False
        return read.not_before <= self._now() <= read.not_after


def hub_login(username: str) -> HubLogin | None:
    """The login that a user name means, if it is one for a hub."""
    found = _USERNAME.fullmatch(username)
    return None if found is None else HubLogin(found["hub"].lower(), found["device"])


def serve_hub_packet(
    connection: DeviceConnection, hubs: IotHubs, login: HubLogin, packet: mqtt.Packet
) -> bool:
    """Answer one packet of an admitted device; ``False`` where the connection ends."""
    match packet:
        case mqtt.Publish():
            return _publish(connection, hubs, login, packet)
        case mqtt.Subscribe(packet_id, filters):
            codes = (mqtt.SUBSCRIPTION_FAILED,) * len(filters)
            connection.write(mqtt.subscribe_acknowledged(packet_id, codes))
        case mqtt.Unsubscribe(packet_id):
            connection.write(mqtt.unsubscribe_acknowledged(packet_id))
        case mqtt.PingRequest():
            connection.write(mqtt.ping_answer())
        case mqtt.PublishAcknowledged():
            pass
        case mqtt.Disconnect():
            return False
        case mqtt.Connect():
            raise mqtt.MqttError("a second CONNECT")
    return True


def _publish(
    connection: DeviceConnection, hubs: IotHubs, login: HubLogin, message: mqtt.Publish
) -> bool:
    events = f"devices/{login.device_id}/messages/events/"
    if not message.topic.startswith(events):
        return False
    properties = message.topic.removeprefix(events)
    hubs.take(HubMessage(login.hub, login.device_id, properties, message.payload))
    if message.qos:
        connection.write(mqtt.publish_acknowledged(message.packet_id))
    return True


def _is_assigned(enrollment: Enrollment, login: HubLogin) -> bool:
    registration = enrollment.registration or {}
    return (
        enrollment.document.get("provisioningStatus") != "disabled"
        and registration.get("status") == "assigned"
        and str(registration.get("assignedHub")).lower() == login.hub
        and registration.get("deviceId") == login.device_id
    )
