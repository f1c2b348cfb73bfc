"""The part of MQTT 3.1.1 that the local clouds speak with devices.

Reads what a client sends and writes what a server answers, bounded and without belief in any
length that is not there. It keeps no session, retries nothing and knows nothing of topics.
Source: OASIS MQTT 3.1.1, whose section numbers stand beside the packets.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

MAX_PACKET_BYTES = 64 * 1024
"""Registrations take a few hundred bytes; IoT Hub's own limit is 256 KB."""

_MAX_FILTERS = 16


class _Kind(IntEnum):
    """The packet types that a client sends (§2.2.1)."""

    CONNECT = 1
    PUBLISH = 3
    PUBLISH_ACKNOWLEDGED = 4
    SUBSCRIBE = 8
    UNSUBSCRIBE = 10
    PING_REQUEST = 12
    DISCONNECT = 14


_PROTOCOL_NAME = "MQTT"
_PROTOCOL_LEVEL = 4
_RETAIN = 0x01
_WILL, _PASSWORD, _USERNAME = 0x04, 0x40, 0x80
_MAX_QOS = 1

ACCEPTED = 0
BAD_PROTOCOL = 1
BAD_CLIENT_ID = 2
UNAVAILABLE = 3
NOT_AUTHORIZED = 5
SUBSCRIPTION_FAILED = 0x80


class MqttError(ValueError):
    """The bytes are not MQTT 3.1.1 as this server speaks it; the connection must end (§4.8)."""


class MqttVersionError(MqttError):
    """The client speaks another version: CONNACK with `BAD_PROTOCOL` (§3.1.2.2)."""


@dataclass(frozen=True, slots=True)
class Connect:
    """CONNECT (§3.1). ``keep_alive`` in seconds, 0 for none; a will and a password are skipped."""

    client_id: str
    username: str
    keep_alive: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    """SUBSCRIBE (§3.8): topic filters with the quality of service asked for."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """UNSUBSCRIBE (§3.10)."""

    packet_id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Publish:
    """PUBLISH (§3.3). ``packet_id`` is 0 where ``qos`` is 0; ``qos`` 2 is not spoken.

    ``retain`` is what a client asks for; nothing that is sent has it.
    """

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class PublishAcknowledged:
    """PUBACK (§3.4)."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class PingRequest:
    """PINGREQ (§3.12)."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """DISCONNECT (§3.14)."""


Packet = (
    Connect | Subscribe | Unsubscribe | Publish | PublishAcknowledged | PingRequest | Disconnect
)


def read_packet(read: Callable[[int], bytes], limit: int = MAX_PACKET_BYTES) -> Packet:
    """The next packet of a client; ``read(n)`` gives exactly n bytes or raises.

    ``limit`` is the most bytes that a packet may have behind its length. Raises `MqttError`
    for what is malformed, too long, or not for a server.
    """
    first = read(1)[0]
    length = _remaining_length(read)
    if length > limit:
        raise MqttError(f"a packet of {length} bytes, at most {limit} are taken")
    return _parse(first >> 4, first & 0x0F, _Fields(read(length) if length else b""))


def connect_acknowledged(code: int) -> bytes:
    """CONNACK (§3.2) with a return code and without a session."""
    return bytes((0x20, 2, 0, code))


def subscribe_acknowledged(packet_id: int, codes: tuple[int, ...]) -> bytes:
    """SUBACK (§3.9): the granted quality of service, or `SUBSCRIPTION_FAILED`, a filter."""
    return _packet(0x90, struct.pack(">H", packet_id) + bytes(codes))


def unsubscribe_acknowledged(packet_id: int) -> bytes:
    """UNSUBACK (§3.11)."""
    return _packet(0xB0, struct.pack(">H", packet_id))


def publish_acknowledged(packet_id: int) -> bytes:
    """PUBACK (§3.4)."""
    return _packet(0x40, struct.pack(">H", packet_id))


def publish(message: Publish) -> bytes:
    """PUBLISH (§3.3)."""
    number = struct.pack(">H", message.packet_id) if message.qos else b""
    topic = message.topic.encode("utf-8")
    body = struct.pack(">H", len(topic)) + topic + number + message.payload
    return _packet(0x30 | message.qos << 1, body)


def ping_answer() -> bytes:
    """PINGRESP (§3.13)."""
    return _packet(0xD0, b"")


def _packet(first: int, body: bytes) -> bytes:
    length = len(body)
    octets = bytearray((first,))
    while True:
        length, low = divmod(length, 128)
        octets.append(low | (0x80 if length else 0))
        if not length:
            return bytes(octets) + body


def _remaining_length(read: Callable[[int], bytes]) -> int:
    length = 0
    for position in range(4):
        octet = read(1)[0]
        length |= (octet & 0x7F) << 7 * position
        if not octet & 0x80:
            return length
    raise MqttError("a remaining length of more than four bytes")


class _Fields:
    """The fields of a packet's body, taken from the front."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._position = 0

    @property
    def left(self) -> int:
        return len(self._body) - self._position

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise MqttError(f"a packet ends {count - self.left} bytes too early")
        start = self._position
        self._position += count
        return self._body[start : self._position]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def octets(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            text = self.octets().decode("utf-8")
        except UnicodeDecodeError as error:
            raise MqttError("text that is not UTF-8") from error
        if "\0" in text:
            raise MqttError("text with a null character")
        return text

    def packet_id(self) -> int:
        number = self.number()
        if not number:
            raise MqttError("packet id 0")
        return number

    def end(self) -> None:
        if self.left:
            raise MqttError(f"{self.left} bytes behind a packet's end")


def _parse(kind: int, flags: int, fields: _Fields) -> Packet:
    if kind == _Kind.PUBLISH:
        return _parse_publish(flags, fields)
    if flags != (0x02 if kind in (_Kind.SUBSCRIBE, _Kind.UNSUBSCRIBE) else 0):
        raise MqttError(f"packet type {kind} with the flags {flags:04b}")
    match kind:
        case _Kind.CONNECT:
            return _parse_connect(fields)
        case _Kind.SUBSCRIBE:
            return _parse_subscribe(fields)
        case _Kind.UNSUBSCRIBE:
            return _parse_unsubscribe(fields)
        case _Kind.PUBLISH_ACKNOWLEDGED:
            packet: Packet = PublishAcknowledged(fields.packet_id())
        case _Kind.PING_REQUEST:
            packet = PingRequest()
        case _Kind.DISCONNECT:
            packet = Disconnect()
        case _:
            raise MqttError(f"packet type {kind}, which this server does not take")
    fields.end()
    return packet


def _parse_connect(fields: _Fields) -> Connect:
    name, level = fields.text(), fields.byte()
    if name != _PROTOCOL_NAME or level != _PROTOCOL_LEVEL:
        raise MqttVersionError("another protocol than MQTT 3.1.1")
    flags, keep_alive = fields.byte(), fields.number()
    client_id = fields.text()
    if flags & _WILL:
        fields.text()
        fields.octets()
    username = fields.text() if flags & _USERNAME else ""
    if flags & _PASSWORD:
        fields.octets()
    fields.end()
    return Connect(client_id, username, keep_alive)


def _parse_subscribe(fields: _Fields) -> Subscribe:
    packet_id = fields.packet_id()
    filters: list[tuple[str, int]] = []
    while fields.left:
        if len(filters) == _MAX_FILTERS:
            raise MqttError(f"more than {_MAX_FILTERS} topic filters")
        filters.append((fields.text(), fields.byte() & 0x03))
    if not filters:
        raise MqttError("a subscription without a topic filter")
    return Subscribe(packet_id, tuple(filters))


def _parse_unsubscribe(fields: _Fields) -> Unsubscribe:
    packet_id = fields.packet_id()
    filters: list[str] = []
    while fields.left:
        if len(filters) == _MAX_FILTERS:
            raise MqttError(f"more than {_MAX_FILTERS} topic filters")
        filters.append(fields.text())
    if not filters:
        raise MqttError("an end of a subscription without a topic filter")
    return Unsubscribe(packet_id, tuple(filters))


def _parse_publish(flags: int, fields: _Fields) -> Publish:
    qos = flags >> 1 & 0x03
    if qos > _MAX_QOS:
        raise MqttError(f"quality of service {qos}; 0 and 1 are spoken")
    topic = fields.text()
    packet_id = fields.packet_id() if qos else 0
    return Publish(topic, fields.take(fields.left), qos, packet_id, retain=bool(flags & _RETAIN))
