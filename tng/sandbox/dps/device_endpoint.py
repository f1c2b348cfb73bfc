"""The device side of the stand-in: MQTT over TLS, as devices reach the real service.

Listens, talks, and hands every request to `DeviceRegistrations`, which decides. A user name
that names a hub is for `IotHubs`, which share the port. One thread serves one connection. Not
spoken: MQTT over WebSockets, AMQP, HTTPS, TPM and symmetric keys.

What is refused where follows what was seen of the real service: a client id or a user name
that do not belong together end in CONNACK 5; whoever is unknown, mismatched or in the wrong id
scope may connect and subscribe, and has its registration answered with 401.
"""

import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from urllib.parse import quote, unquote

import orjson

from tng.sandbox.authority import SandboxAuthority
from tng.sandbox.dps.device_registration import Answer, Caller, DeviceRegistrations
from tng.sandbox.dps.hub import IotHubs, hub_login, serve_hub_packet
from tng.sandbox.mqtt import codec as mqtt
from tng.sandbox.mqtt.listener import DeviceListener
from tng.sandbox.mqtt.tls import DeviceConnection, anyone

DEVICE_PORT = 8883
"""What the service listens on; azure-iot-device knows no other."""

_RESPONSES = "$dps/registrations/res/#"
_USERNAME = re.compile(
    r"(?P<scope>[0-9A-Za-z]{1,64})/registrations/(?P<id>[^/]{1,384})/api-version=[^/]{1,512}"
)
_LONGEST_SILENCE = 20 * 60.0
"""For clients that ask for no keep-alive, or for a very long one."""


class _RefusedError(Exception):
    """A client that is not served; ``code`` is the CONNACK's return code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class _Session:
    """A connected device; ``qos`` is what it subscribed with, ``None`` before."""

    connection: DeviceConnection
    caller: Caller
    qos: int | None = None
    last_packet_id: int = 0


class DeviceEndpoint:
    """A running device side; a context manager. ``hubs`` are served on the same port.

    ``host`` is an address of this machine that ``authority`` must be valid for; ``port`` 0
    takes a free one. Raises `ConfigurationError` where it cannot listen there.
    """

    def __init__(
        self,
        registrations: DeviceRegistrations,
        authority: SandboxAuthority,
        *,
        hubs: IotHubs | None = None,
        host: str = "127.0.0.1",
        port: int = DEVICE_PORT,
    ) -> None:
        self._registrations = registrations
        self._hubs = hubs
        self._authority = authority
        self._listener = DeviceListener(host, port, "dps-devices")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are listened on."""
        return self._listener.address

    def __enter__(self) -> "DeviceEndpoint":
        self._listener.start(self._serve)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.stop()

    def _serve(self, accepted: socket.socket) -> None:
        connection = anyone(accepted, self._authority)
        self._converse(accepted, connection)
        connection.close()

    def _converse(self, accepted: socket.socket, connection: DeviceConnection) -> None:
        try:
            connect = _first(connection)
            serve = self._admit(connect, connection)
        except _RefusedError as refused:
            connection.write(mqtt.connect_acknowledged(refused.code))
            return
        # One and a half times the keep-alive (MQTT 3.1.1 §3.1.2.10).
        accepted.settimeout(min(connect.keep_alive * 1.5, _LONGEST_SILENCE) or _LONGEST_SILENCE)
        connection.write(mqtt.connect_acknowledged(mqtt.ACCEPTED))
        while serve(mqtt.read_packet(connection.read)):
            pass

    def _admit(
        self, connect: mqtt.Connect, connection: DeviceConnection
    ) -> Callable[[mqtt.Packet], bool]:
        """What answers the packets that follow, and says whether there are to be more."""
        login = None if self._hubs is None else hub_login(connect.username)
        if self._hubs is None or login is None:
            session = _Session(connection, _caller(connect, connection.certificate))
            return partial(self._serve_one, session)
        if not self._hubs.admits(login, connect.client_id, connection.certificate):
            raise _RefusedError(mqtt.NOT_AUTHORIZED)
        return partial(serve_hub_packet, connection, self._hubs, login)

    def _serve_one(self, session: _Session, packet: mqtt.Packet) -> bool:
        match packet:
            case mqtt.Subscribe():
                _subscribe(session, packet)
            case mqtt.Publish():
                self._publish(session, packet)
            case mqtt.PingRequest():
                session.connection.write(mqtt.ping_answer())
            case mqtt.PublishAcknowledged():
                pass
            case mqtt.Disconnect():
                return False
            case mqtt.Connect() | mqtt.Unsubscribe():
                raise mqtt.MqttError("a second CONNECT, or what devices of the service never send")
        return True

    def _publish(self, session: _Session, message: mqtt.Publish) -> None:
        path, _, query = message.topic.partition("?")
        parameters = _parameters(query)
        registrations = self._registrations
        if message.qos:
            session.connection.write(mqtt.publish_acknowledged(message.packet_id))
        if registrations.behaviour.silent:
            return
        match path:
            case "$dps/registrations/PUT/iotdps-register/":
                answer = registrations.register(session.caller, message.payload)
            case "$dps/registrations/GET/iotdps-get-operationstatus/":
                operation = parameters.get("operationId", "")
                answer = registrations.operation_status(session.caller, operation)
            case _:
                raise mqtt.MqttError("a topic that is none of the service's")
        if session.qos is not None:
            _send(session, answer, parameters.get("$rid", ""))


def _first(connection: DeviceConnection) -> mqtt.Connect:
    try:
        packet = mqtt.read_packet(connection.read)
    except mqtt.MqttVersionError as error:
        raise _RefusedError(mqtt.BAD_PROTOCOL) from error
    if not isinstance(packet, mqtt.Connect):
        raise mqtt.MqttError("something before CONNECT")
    return packet


def _caller(connect: mqtt.Connect, certificate: bytes) -> Caller:
    """Who connects; `_RefusedError` where the parts do not belong together."""
    match = _USERNAME.fullmatch(connect.username)
    if match is None or not certificate:
        raise _RefusedError(mqtt.NOT_AUTHORIZED)
    registration_id = unquote(match["id"])
    if connect.client_id.lower() != registration_id.lower():
        raise _RefusedError(mqtt.NOT_AUTHORIZED)
    return Caller(match["scope"], registration_id, certificate)


def _subscribe(session: _Session, packet: mqtt.Subscribe) -> None:
    codes = []
    for name, qos in packet.filters:
        if name == _RESPONSES and qos <= 1:
            session.qos = qos
            codes.append(qos)
        else:
            codes.append(mqtt.SUBSCRIPTION_FAILED)
    session.connection.write(mqtt.subscribe_acknowledged(packet.packet_id, tuple(codes)))


def _send(session: _Session, answer: Answer, request_id: str) -> None:
    topic = f"$dps/registrations/res/{answer.status}/?$rid={quote(request_id, safe='')}"
    if answer.retry_seconds is not None:
        topic += f"&retry-after={answer.retry_seconds}"
    qos = session.qos or 0
    if qos:
        session.last_packet_id = session.last_packet_id % 0xFFFF + 1
    message = mqtt.Publish(topic, orjson.dumps(answer.document), qos, session.last_packet_id)
    session.connection.write(mqtt.publish(message))


def _parameters(query: str) -> Mapping[str, str]:
    # Not `parse_qs`, which takes + for a space; the SDKs do not write it so.
    pairs = (part.partition("=") for part in query.split("&"))
    return {unquote(name): unquote(value) for name, _, value in pairs}
