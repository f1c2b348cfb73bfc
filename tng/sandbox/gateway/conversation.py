"""MQTT with one admitted device: policies at every step, and the fleet topics.

The limits are those of "AWS IoT Core message broker and protocol limits and quotas"; a packet
that breaks them, or the protocol, ends the connection. Quality of service 2, wills and retained
messages are not kept up; topics that begin with ``$`` are answered where they are fleet
provisioning's, and otherwise lead nowhere: there are no shadows and no jobs.
"""

import socket
import time
from dataclasses import dataclass

from tng.sandbox.gateway import topics
from tng.sandbox.gateway.broker import Broker
from tng.sandbox.gateway.fleet import FleetResponder
from tng.sandbox.gateway.policy import Action, Policies
from tng.sandbox.gateway.registry import Registry, RegistryError
from tng.sandbox.gateway.session import Session
from tng.sandbox.mqtt import codec as mqtt
from tng.sandbox.mqtt.tls import DeviceConnection
from tng.x509.certificate import CertificateError, read_certificate

MAX_PAYLOAD_BYTES = 128 * 1024
_MAX_PACKET_BYTES = MAX_PAYLOAD_BYTES + 1024
_MAX_CLIENT_ID_BYTES = 128
_LONGEST_SILENCE = 20 * 60.0
"""AWS's longest keep-alive, which is also taken for none."""


@dataclass(frozen=True, slots=True)
class AccountSide:
    """What devices of one account meet."""

    registry: Registry
    broker: Broker
    fleet: FleetResponder


class Conversation:
    """One connection of a device whose certificate was admitted to an account."""

    def __init__(
        self, side: AccountSide, connection: DeviceConnection, stream: socket.socket
    ) -> None:
        self._side = side
        self._connection = connection
        self._stream = stream
        self._silence = _LONGEST_SILENCE

    def run(self) -> None:
        """Talk to the end. Raises `MqttError`, `DeviceTlsError` and `OSError`."""
        try:
            connect = self._first()
        except mqtt.MqttVersionError:
            self._connection.write(mqtt.connect_acknowledged(mqtt.BAD_PROTOCOL))
            return
        session, code = self._admit(connect)
        if session is None:
            self._connection.write(mqtt.connect_acknowledged(code))
            return
        # One and a half times the keep-alive (MQTT 3.1.1 §3.1.2.10).
        self._silence = min(connect.keep_alive * 1.5, _LONGEST_SILENCE) or _LONGEST_SILENCE
        self._side.broker.join(session)
        try:
            self._connection.write(mqtt.connect_acknowledged(mqtt.ACCEPTED))
            self._serve(session)
        finally:
            self._side.broker.leave(session)
            session.close()

    def _first(self) -> mqtt.Connect:
        packet = mqtt.read_packet(self._connection.read, _MAX_PACKET_BYTES)
        if not isinstance(packet, mqtt.Connect):
            raise mqtt.MqttError("something before CONNECT")
        return packet

    def _admit(self, connect: mqtt.Connect) -> tuple[Session | None, int]:
        """The session, or the return code of a refusal."""
        client_id = connect.client_id
        if not 0 < len(client_id.encode()) <= _MAX_CLIENT_ID_BYTES:
            return None, mqtt.BAD_CLIENT_ID
        registry = self._side.registry
        try:
            policies = self._policies(client_id)
        except RegistryError:
            return None, mqtt.UNAVAILABLE
        if not policies.allow(Action.CONNECT, registry.arn(f"client/{client_id}")):
            return None, mqtt.NOT_AUTHORIZED
        return Session(client_id, policies, registry, self._stream), mqtt.ACCEPTED

    def _policies(self, client_id: str) -> Policies:
        registry = self._side.registry
        arn = registry.certificate_arn(self._connection.certificate)
        variables = {"iot:ClientId": client_id, "iot:Connection.Thing.IsAttached": "false"}
        if client_id in registry.things(arn):
            variables["iot:Connection.Thing.IsAttached"] = "true"
            variables["iot:Connection.Thing.ThingName"] = client_id
        common_name = _common_name(self._connection.certificate)
        if common_name:
            variables["iot:Certificate.Subject.CommonName"] = common_name
        return Policies(registry.policies(arn), variables)

    def _serve(self, session: Session) -> None:
        last = time.monotonic()
        while (left := last + self._silence - time.monotonic()) > 0:
            while (message := session.take()) is not None:
                self._connection.write(mqtt.publish(message))
            if self._connection.has_arrived(left, session.wake):
                if not self._serve_one(session):
                    return
                last = time.monotonic()

    def _serve_one(self, session: Session) -> bool:
        packet = mqtt.read_packet(self._connection.read, _MAX_PACKET_BYTES)
        match packet:
            case mqtt.Publish():
                return self._publish(session, packet)
            case mqtt.Subscribe(packet_id, filters):
                codes = tuple(
                    qos if qos <= 1 and session.subscribe(text, qos) else mqtt.SUBSCRIPTION_FAILED
                    for text, qos in filters
                )
                self._connection.write(mqtt.subscribe_acknowledged(packet_id, codes))
            case mqtt.Unsubscribe(packet_id, names):
                for text in names:
                    session.unsubscribe(text)
                self._connection.write(mqtt.unsubscribe_acknowledged(packet_id))
            case mqtt.PingRequest():
                self._connection.write(mqtt.ping_answer())
            case mqtt.PublishAcknowledged():
                pass
            case mqtt.Disconnect():
                return False
            case mqtt.Connect():
                raise mqtt.MqttError("a second CONNECT")
        return True

    def _publish(self, session: Session, message: mqtt.Publish) -> bool:
        if len(message.payload) > MAX_PAYLOAD_BYTES or not topics.is_topic(message.topic):
            return False
        wanted = [Action.PUBLISH, *([Action.RETAIN] if message.retain else [])]
        if not all(session.may(action, f"topic/{message.topic}") for action in wanted):
            return False
        if not message.topic.startswith("$"):
            # Before the acknowledgement: whoever has it finds the message taken.
            self._side.broker.publish(session, message.topic, message.payload, message.qos)
        if message.qos:
            self._connection.write(mqtt.publish_acknowledged(message.packet_id))
        if self._side.fleet.handles(message.topic):
            return self._provision(session, message)
        return True

    def _provision(self, session: Session, message: mqtt.Publish) -> bool:
        answer = self._side.fleet.answer(message.topic, message.payload)
        if answer.disconnects:
            return False
        session.ended.wait(answer.seconds_late)
        if answer.reply is not None:
            session.offer(answer.reply.topic, answer.reply.payload, 1)
        return True


def _common_name(certificate: bytes) -> str:
    try:
        return read_certificate(certificate).subject.common_name or ""
    except CertificateError:
        return ""
