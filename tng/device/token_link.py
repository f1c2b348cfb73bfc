"""One MQTT connection of a device whose private key stays in a token (PKCS#11).

The one place that knows ``awscrt``, which signs in the token during the TLS 1.2 handshake. Its
event loop runs in a native thread of its own, which keeps no process alive. Two things are
different from keys in files: the SNI is always the name that is connected to, and a message is
bounded only once it is complete.
"""

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from awscrt import io, mqtt
from awscrt.exceptions import AwsCrtError

from tng.device.bounded_socket import Bounds
from tng.device.link import DeviceEndpoint, TokenCredentials
from tng.device.mqtt_model import (
    MAX_CONVERSATION_BYTES,
    MqttDeadlineError,
    MqttFloodError,
    MqttLostError,
    MqttMessage,
    MqttRefusedError,
    MqttUnavailableError,
)
from tng.device.precheck import look_at_server
from tng.device.tls import HTTPS_PORT, MQTT_ALPN, trusting_context
from tng.device.token_place import TokenPlace, find_place
from tng.errors import UsageError
from tng.pkcs11.errors import TokenError
from tng.x509.pem import to_pem

_KEEP_ALIVE_SECONDS = 60
_NEVER_SECONDS = 24 * 3600
"""Longer than any conversation: until the client would connect again by itself."""
_GOODBYE_SECONDS = 1.0


def open_token_link(
    endpoint: DeviceEndpoint,
    credentials: TokenCredentials,
    client_id: str,
    *,
    timeout_seconds: float,
    username: str = "",
) -> "TokenLink":
    """A link that has not been connected yet.

    Raises `UsageError` for another ``address`` than the host's, `TokenError` for a token that
    cannot be used, `ConfigurationError` for a CA file that cannot be.
    """
    if endpoint.address not in (None, (endpoint.host, endpoint.port)):
        raise UsageError(
            "with a key in a token the connection cannot go to another address than the host's",
            f"Let {endpoint.host} resolve to that address (/etc/hosts), or use a key in a file.",
        )
    bounds = Bounds(time.monotonic() + timeout_seconds)
    # awscrt says of CA files only that an argument is invalid.
    trusting_context(endpoint.ca_file)
    context = _client_context(endpoint, credentials, find_place(credentials))
    inbox = _Inbox(bounds)
    connection = _connection(endpoint, context, client_id, username, inbox)
    return TokenLink(endpoint, connection, inbox)


def _client_context(
    endpoint: DeviceEndpoint, credentials: TokenCredentials, place: TokenPlace
) -> io.ClientTlsContext:
    try:
        options = io.TlsContextOptions.create_client_with_mtls_pkcs11(
            pkcs11_lib=io.Pkcs11Lib(file=place.module),
            user_pin=credentials.pin,
            slot_id=place.slot,
            private_key_label=place.label,
            cert_file_contents=to_pem(credentials.certificate.der),
        )
        if endpoint.ca_file is not None:
            options.override_default_trust_store_from_path(None, str(endpoint.ca_file))
        if endpoint.port == HTTPS_PORT:
            options.alpn_list = [MQTT_ALPN]
        return io.ClientTlsContext(options)
    except (AwsCrtError, RuntimeError) as error:
        raise TokenError(
            f"the token's key cannot be used for TLS: {_name(error)}",
            "TLS takes keys of P-256, P-384 or RSA that may sign; the module must be usable "
            "by several threads.",
        ) from error


def _connection(
    endpoint: DeviceEndpoint,
    context: io.ClientTlsContext,
    client_id: str,
    username: str,
    inbox: "_Inbox",
) -> mqtt.Connection:
    loops = io.EventLoopGroup(1)
    bootstrap = io.ClientBootstrap(loops, io.DefaultHostResolver(loops))
    connection = mqtt.Connection(
        client=mqtt.Client(bootstrap, context),
        host_name=endpoint.host,
        port=endpoint.port,
        client_id=client_id,
        clean_session=True,
        username=username or None,
        keep_alive_secs=_KEEP_ALIVE_SECONDS,
        reconnect_min_timeout_secs=_NEVER_SECONDS,
        reconnect_max_timeout_secs=_NEVER_SECONDS,
        on_connection_interrupted=inbox.on_interrupted,
        disable_metrics=True,
    )
    connection.on_message(inbox.on_message)
    return connection


class _Inbox:
    """What the event loop's thread brings.

    It does not know the connection: in a circle that awscrt is part of nothing is ever freed,
    and with it the login at the token would stay.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.messages: deque[MqttMessage] = deque()
        self.end: Exception | None = None
        self._news = threading.Condition()

    def wait_for(self, is_done: Callable[[], bool]) -> None:
        """Until it is done; raises what ended the connection, or `MqttDeadlineError`."""
        with self._news:
            in_time = self._news.wait_for(
                lambda: is_done() or self.end is not None, self.bounds.seconds_left
            )
        if not in_time:
            raise MqttDeadlineError
        if self.end is not None and not is_done():
            raise self.end

    def wait(self, seconds: float) -> None:
        """So long, and no longer than the deadline; raises what ends the connection."""
        with self._news:
            self._news.wait_for(
                lambda: self.end is not None, min(seconds, self.bounds.seconds_left)
            )
        if self.end is not None:
            raise self.end

    def wake(self, _future: "Future[Any]") -> None:
        """Something was answered."""
        with self._news:
            self._news.notify_all()

    def on_interrupted(self, **_: object) -> None:
        """The connection is gone."""
        self._finish(MqttLostError("the server closed the connection"))

    def on_message(self, topic: str, payload: bytes, **_: object) -> None:
        """Keep a message, unless it is one too many."""
        self.bounds.received += len(topic) + len(payload)
        if self.bounds.received > MAX_CONVERSATION_BYTES:
            self._finish(MqttFloodError())
            return
        with self._news:
            self.messages.append(MqttMessage(topic, bytes(payload)))
            self._news.notify_all()

    def _finish(self, end: Exception) -> None:
        with self._news:
            self.end = self.end or end
            self._news.notify_all()


class TokenLink:
    """One connection; a context manager that disconnects at its end. See `DeviceLink`."""

    def __init__(
        self, endpoint: DeviceEndpoint, connection: mqtt.Connection, inbox: _Inbox
    ) -> None:
        self._endpoint = endpoint
        self._connection = connection
        self._inbox = inbox
        self._unconfirmed: list[Future[Any]] = []
        self._is_accepted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_accepted:
            # What ended the conversation is told; that nobody hears the goodbye is not.
            with suppress(AwsCrtError, RuntimeError, TimeoutError):
                self._connection.disconnect().result(_GOODBYE_SECONDS)
        # The login at the token lasts for as long as anybody knows the connection.
        del self._connection

    @property
    def seconds_left(self) -> float:
        """Until the deadline; 0 when it has passed."""
        return self._inbox.bounds.seconds_left

    def renew(self, seconds: float) -> None:
        """Set a new deadline, so many seconds from now; what may be received counts anew."""
        self._inbox.bounds.renew(seconds)

    def connect(self) -> None:
        """Connect and be accepted.

        The server is looked at with `ssl` first: awscrt says only after 17 to 26 seconds that a
        server is not trusted, and not why.
        """
        try:
            look_at_server(self._endpoint, self._inbox.bounds)
        except TimeoutError as error:
            raise MqttDeadlineError from error
        # TCP has been seen to work; its share of the deadline need not be less than all of it.
        milliseconds = max(1, int(self.seconds_left * 1000))
        self._connection.socket_options.connect_timeout_ms = milliseconds
        self._outcome(self._connection.connect())
        self._is_accepted = True

    def subscribe(self, topic: str) -> None:
        """Subscribe and be granted it; raises as `connect` does."""
        future, _ = self._connection.subscribe(topic, mqtt.QoS.AT_LEAST_ONCE)
        self._outcome(future)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send, at least once; what answers it comes by `receive`."""
        future, _ = self._connection.publish(topic, payload, mqtt.QoS.AT_LEAST_ONCE)
        self._unconfirmed.append(future)

    def confirm(self) -> None:
        """Wait until all that was published is acknowledged; raises as `connect` does."""
        while self._unconfirmed:
            self._outcome(self._unconfirmed[0])
            del self._unconfirmed[0]

    def receive(self) -> MqttMessage:
        """The next message; raises as `connect` does."""
        self._inbox.wait_for(lambda: bool(self._inbox.messages))
        return self._inbox.messages.popleft()

    def wait(self, seconds: float) -> None:
        """Stay connected for so long, and no longer than the deadline."""
        self._inbox.wait(seconds)

    def _outcome(self, future: "Future[Any]") -> None:
        """Wait for what was begun; its errors become those of the contract."""
        future.add_done_callback(self._inbox.wake)
        self._inbox.wait_for(future.done)
        error = future.exception()
        if error is not None:
            raise _converted(error) from error


def _converted(error: BaseException) -> BaseException:
    """What the contract calls an error of awscrt's."""
    name = _name(error)
    code = error.args[0] if error.args else None
    if isinstance(code, mqtt.ConnectReturnCode):
        if code is mqtt.ConnectReturnCode.SERVER_UNAVAILABLE:
            return MqttUnavailableError()
        return MqttRefusedError("the server refuses the connection: not authorized")
    if isinstance(error, mqtt.SubscribeError):
        return MqttRefusedError("the server refuses the subscription")
    if name == "AWS_ERROR_MQTT_PROTOCOL_ERROR":
        # What becomes of every CONNACK that is a refusal (aws-c-mqtt, client_channel_handler.c).
        return MqttRefusedError("the server refuses the connection")
    if name.startswith("AWS_IO_DNS"):
        return socket.gaierror(socket.EAI_NONAME, name)
    if name == "AWS_IO_SOCKET_CONNECTION_REFUSED":
        return ConnectionRefusedError(name)
    if name.startswith("AWS_IO_TLS"):
        # The server has been trusted a moment ago, so it is this client that it refuses.
        return ssl.SSLError(ssl.SSL_ERROR_SSL, f"{name}: the server ended the handshake")
    return MqttLostError(f"the connection was lost ({name})")


def _name(error: BaseException) -> str:
    """The stable word of an error of awscrt's, which is all that it tells."""
    return str(error.name) if isinstance(error, AwsCrtError) else f"{error}"[:80]
