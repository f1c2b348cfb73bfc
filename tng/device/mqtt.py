"""One MQTT connection as a plain sequence of steps, each bounded by a deadline.

The one place that knows ``paho-mqtt``: 1.6 and 2.x, whose callbacks differ. paho's loop is
turned by the caller's own thread, so nothing runs beside it and nothing reconnects. Name
resolution, TCP and TLS keep paho's time-outs; whoever needs the deadline to hold there too
runs the conversation in a thread that may be left behind.
"""

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import paho.mqtt.client as paho

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MAX_CONVERSATION_BYTES = 256 * 1024
"""Of all that a server sends: a registration takes a few kilobytes."""

_TURN_SECONDS = 0.2
_KEEP_ALIVE_SECONDS = 60
_ACCEPTED = 0
_UNAVAILABLE = (3, 0x88)
"""CONNACK in MQTT 3.1.1, and as paho 2.x translates it to MQTT 5."""
_FAILURE = 0x80
"""From here on a SUBACK's code is a refusal (MQTT 3.1.1 §3.9.3)."""


class MqttDeadlineError(Exception):
    """The deadline has passed."""


class MqttLostError(Exception):
    """The connection ended, or what came over it was not MQTT; the message says what."""


class MqttFloodError(MqttLostError):
    """The server sent more than `MAX_CONVERSATION_BYTES`."""


class MqttRefusedError(Exception):
    """The server accepts no connection, or no subscription, from this client."""


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """What was published to us."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class MqttPeer:
    """Whom to connect to, and as whom."""

    host: str
    port: int
    client_id: str
    username: str


class _TlsEndError(Exception):
    """Carries an error of TLS past paho 2.x, which takes every `OSError` for a lost connection."""

    def __init__(self, cause: ssl.SSLError) -> None:
        super().__init__(cause)
        self.cause = cause


class _BoundedSocket(ssl.SSLSocket):
    """A TLS socket that reads `MAX_CONVERSATION_BYTES` at most: paho itself has no bound."""

    _received = 0

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the base's form
        try:
            super().do_handshake(block)
        except OSError:
            # paho leaves it open.
            self.close()
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            data = super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            raise _TlsEndError(error) from error
        self._received += len(data)
        if self._received > MAX_CONVERSATION_BYTES:
            raise MqttFloodError(f"the server sent more than {MAX_CONVERSATION_BYTES:,} bytes")
        return data

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        try:
            return super().send(data, flags)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError as error:
            # Only ever after the handshake: TLS was agreed on, and then the server was gone.
            raise MqttLostError("the server closed the connection") from error


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
        context.sslsocket_class = _BoundedSocket
        self._peer = peer
        self._deadline = deadline
        self._clock = clock
        self._answer: int | None = None
        self._granted: int | None = None
        self._messages: deque[MqttMessage] = deque()
        self._client = _new_client(peer.client_id)
        self._client.username_pw_set(peer.username)
        self._client.tls_set_context(context)
        # Both versions of paho give these the same places, up to the last one asked for here.
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> "MqttConversation":
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

    @property
    def seconds_left(self) -> float:
        """Until the deadline; 0 when it has passed."""
        return max(0.0, self._deadline - self._clock())

    def connect(self) -> None:
        """Connect and be accepted.

        Raises `MqttRefusedError`, `MqttLostError`, `MqttDeadlineError`, and `OSError` as TCP
        and TLS raise it (`socket.gaierror`, `ssl.SSLError`, …).
        """
        try:
            self._client.connect(self._peer.host, self._peer.port, _KEEP_ALIVE_SECONDS)
        except ValueError as error:
            if isinstance(error, OSError):
                raise
            # An empty or overlong label, which no resolver can be asked for.
            raise socket.gaierror(socket.EAI_NONAME, "no host name") from error
        self._turn_until(lambda: self._answer is not None)
        if self._answer in _UNAVAILABLE:
            raise MqttLostError("the server is unavailable at the moment")
        if self._answer != _ACCEPTED:
            raise MqttRefusedError("the server refuses the connection: not authorized")

    def subscribe(self, topic: str) -> None:
        """Subscribe and be granted it; raises as `connect` does."""
        self._client.subscribe(topic, qos=1)
        self._turn_until(lambda: self._granted is not None)
        if self._granted is not None and self._granted >= _FAILURE:
            raise MqttRefusedError("the server refuses the subscription")

    def publish(self, topic: str, payload: bytes) -> None:
        """Send, at least once; what answers it comes by `receive`."""
        self._client.publish(topic, payload, qos=1)

    def receive(self) -> MqttMessage:
        """The next message; raises as `connect` does."""
        self._turn_until(lambda: bool(self._messages))
        return self._messages.popleft()

    def wait(self, seconds: float) -> None:
        """Stay connected for so long, and no longer than the deadline."""
        end = min(self._deadline, self._clock() + seconds)
        while self._clock() < end:
            self._turn(end - self._clock())

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
        except _TlsEndError as error:
            raise error.cause from None
        except Exception as error:
            # paho raises whatever hostile bytes lead it to.
            raise MqttLostError(f"what the server sent is not MQTT ({error!r:.80})") from error
        if code != paho.MQTT_ERR_SUCCESS and self._answer in (None, _ACCEPTED):
            raise MqttLostError(f"the connection was lost ({paho.error_string(code)})")

    def _on_connect(self, _client: object, _data: object, _flags: object, *rest: object) -> None:
        self._answer = _number(rest[0])

    def _on_subscribe(self, _client: object, _data: object, _id: object, *rest: object) -> None:
        codes = rest[0]
        first = codes[0] if isinstance(codes, (list, tuple)) and codes else _FAILURE
        self._granted = _number(first)

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            # Topics are UTF-8; nothing of the service's looks like this.
            return
        self._messages.append(MqttMessage(topic, bytes(message.payload)))


def _new_client(client_id: str) -> paho.Client:
    arguments = {"client_id": client_id, "clean_session": True, "protocol": paho.MQTTv311}
    versions = getattr(paho, "CallbackAPIVersion", None)
    if versions is not None:
        return paho.Client(versions.VERSION2, **arguments)
    return paho.Client(**arguments)


def _number(code: object) -> int:
    """Paho 1.6 gives numbers, 2.x objects that hold one."""
    value = getattr(code, "value", code)
    return value if isinstance(value, int) else _FAILURE
