"""One MQTT connection with a key in a file, as a plain sequence of steps under one deadline.

The one place that knows ``paho-mqtt``: 1.6 and 2.x, whose callbacks differ. paho's loop is
turned by the caller's own thread, so nothing runs beside it and nothing reconnects.
"""

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import paho.mqtt.client as paho

from tng.device.bounded_socket import BoundedSocket, Bounds, TlsEndError, open_tcp
from tng.device.mqtt_model import (
    MAX_CONVERSATION_BYTES,
    MqttDeadlineError,
    MqttFloodError,
    MqttGarbledError,
    MqttLostError,
    MqttMessage,
    MqttRefusedError,
    MqttUnavailableError,
)

__all__ = [
    "MAX_CONVERSATION_BYTES",
    "MqttConversation",
    "MqttDeadlineError",
    "MqttFloodError",
    "MqttLostError",
    "MqttMessage",
    "MqttPeer",
    "MqttRefusedError",
]

_TURN_SECONDS = 0.2
_KEEP_ALIVE_SECONDS = 60
_ACCEPTED = 0
_UNAVAILABLE = (3, 0x88)
"""CONNACK in MQTT 3.1.1, and as paho 2.x translates it to MQTT 5."""
_FAILURE = 0x80
"""From here on a SUBACK's code is a refusal (MQTT 3.1.1 §3.9.3)."""


@dataclass(frozen=True, slots=True)
class MqttPeer:
    """Whom to connect to, and as whom.

    ``host`` is the name that is checked and the SNI; ``address`` is what TCP connects to, where
    that is another one. Without a ``username`` none is sent.
    """

    host: str
    port: int
    client_id: str
    username: str = ""
    address: tuple[str, int] | None = None


class MqttConversation:
    """One connection; a context manager that disconnects at its end.

    ``context`` becomes this conversation's own. ``deadline`` is a time of ``clock`` (seconds).
    """

    def __init__(
        self,
        peer: MqttPeer,
        context: ssl.SSLContext,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._peer = peer
        self._bounds = Bounds(deadline, clock)
        BoundedSocket.keep_within(context, self._bounds)
        self._answer: int | None = None
        self._grants: deque[int] = deque()
        self._unconfirmed: set[int] = set()
        self._messages: deque[MqttMessage] = deque()
        self._client = _new_client(peer, self._bounds)
        if peer.username:
            self._client.username_pw_set(peer.username)
        self._client.tls_set_context(context)
        # Both versions of paho give these the same places, up to the last one asked for here.
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        connection = self._client.socket()
        # What ended the conversation is told; that nobody hears the goodbye is not.
        with suppress(OSError, MqttLostError):
            self._client.disconnect()
        if connection is not None:
            connection.close()
        # Without this circle paho's own sockets are closed at once, not whenever memory is tidied.
        self._client.on_connect = self._client.on_subscribe = self._client.on_message = None
        self._client.on_publish = None

    @property
    def seconds_left(self) -> float:
        """Until the deadline; 0 when it has passed."""
        return self._bounds.seconds_left

    def renew(self, seconds: float) -> None:
        """Set a new deadline, so many seconds from now; what may be received counts anew."""
        self._bounds.renew(seconds)

    def connect(self) -> None:
        """Connect and be accepted.

        Raises `MqttRefusedError`, `MqttLostError`, `MqttDeadlineError`, and `OSError` as TCP
        and TLS raise it (`socket.gaierror`, `ssl.SSLError`, …).
        """
        try:
            self._client.connect(self._peer.host, self._peer.port, _KEEP_ALIVE_SECONDS)
        except TimeoutError as error:
            if self.seconds_left:
                raise
            raise MqttDeadlineError from error
        except ValueError as error:
            if isinstance(error, OSError):
                raise
            self._client.give_up()
            # What cannot be the name of a host, and so has no address.
            raise socket.gaierror(socket.EAI_NONAME, "no host name") from error
        self._turn_until(lambda: self._answer is not None)
        if self._answer in _UNAVAILABLE:
            raise MqttUnavailableError
        if self._answer != _ACCEPTED:
            raise MqttRefusedError("the server refuses the connection: not authorized")

    def subscribe(self, topic: str) -> None:
        """Subscribe and be granted it; raises as `connect` does."""
        self._client.subscribe(topic, qos=1)
        self._turn_until(lambda: bool(self._grants))
        if self._grants.popleft() >= _FAILURE:
            raise MqttRefusedError("the server refuses the subscription")

    def publish(self, topic: str, payload: bytes) -> None:
        """Send, at least once; what answers it comes by `receive`."""
        self._unconfirmed.add(self._client.publish(topic, payload, qos=1).mid)

    def confirm(self) -> None:
        """Wait until all that was published is acknowledged; raises as `connect` does."""
        self._turn_until(lambda: not self._unconfirmed)

    def receive(self) -> MqttMessage:
        """The next message; raises as `connect` does."""
        self._turn_until(lambda: bool(self._messages))
        return self._messages.popleft()

    def wait(self, seconds: float) -> None:
        """Stay connected for so long, and no longer than the deadline."""
        clock = self._bounds.clock
        end = min(self._bounds.deadline, clock() + seconds)
        while clock() < end:
            self._turn(end - clock())

    def _turn_until(self, is_done: Callable[[], bool]) -> None:
        while not is_done():
            if not self.seconds_left:
                raise MqttDeadlineError
            self._turn(self.seconds_left)

    def _turn(self, seconds: float) -> None:
        try:
            code = self._client.loop(min(seconds, _TURN_SECONDS))
        except (OSError, MqttLostError):
            raise
        except TlsEndError as error:
            raise error.cause from None
        except Exception as error:
            # paho raises whatever hostile bytes lead it to.
            raise MqttGarbledError(f"what the server sent is not MQTT ({error!r:.80})") from error
        if code == paho.MQTT_ERR_SUCCESS or self._answer not in (None, _ACCEPTED):
            return
        if code == paho.MQTT_ERR_PROTOCOL:
            raise MqttGarbledError(f"what the server sent is not MQTT ({paho.error_string(code)})")
        raise MqttLostError(f"the connection was lost ({paho.error_string(code)})")

    def _on_connect(self, _client: object, _data: object, _flags: object, *rest: object) -> None:
        self._answer = _number(rest[0])

    def _on_subscribe(self, _client: object, _data: object, _id: object, *rest: object) -> None:
        codes = rest[0]
        first = codes[0] if isinstance(codes, (list, tuple)) and codes else _FAILURE
        self._grants.append(_number(first))

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            # Topics are UTF-8; nothing of the service's looks like this.
            return
        self._messages.append(MqttMessage(topic, bytes(message.payload)))

    def _on_publish(self, _client: object, _data: object, number: int, *_rest: object) -> None:
        self._unconfirmed.discard(number)


class _Client(paho.Client):  # type: ignore[misc]  # paho 1.6 has no types
    """A client that connects where it is told, by the deadline."""

    place: tuple[str, int]
    bounds: Bounds
    _tcp: socket.socket | None = None

    def _create_socket_connection(self) -> socket.socket:
        # paho itself, 1.6 and 2.x, connects to the name that TLS checks, and within 5 seconds.
        self._tcp = open_tcp(*self.place, self.bounds)
        return self._tcp

    def give_up(self) -> None:
        """Close what TLS did not take over; it is nobody's otherwise."""
        if self._tcp is not None:
            self._tcp.close()


def _new_client(peer: MqttPeer, bounds: Bounds) -> _Client:
    arguments = {"client_id": peer.client_id, "clean_session": True, "protocol": paho.MQTTv311}
    versions = getattr(paho, "CallbackAPIVersion", None)
    client = _Client(versions.VERSION2, **arguments) if versions else _Client(**arguments)
    client.place = peer.address or (peer.host, peer.port)
    client.bounds = bounds
    return client


def _number(code: object) -> int:
    """Paho 1.6 gives numbers, 2.x objects that hold one."""
    value = getattr(code, "value", code)
    return value if isinstance(value, int) else _FAILURE
