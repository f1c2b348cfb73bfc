"""A listening address for devices that gives each connection a thread of its own.

It accepts, bounds and ends; what is said on a connection is the business of whoever is given
it. The front's listener is another one: it speaks HTTP and knows how to lose replies.
"""

import socket
import threading
import time
from collections.abc import Callable

from tng.errors import ConfigurationError
from tng.sandbox.mqtt.codec import MqttError
from tng.sandbox.mqtt.tls import DeviceTlsError

MAX_CONNECTIONS = 256
HANDSHAKE_SECONDS = 30.0
"""How long a client may take for every read until it is accepted."""

_END_SECONDS = 10.0
_PART_SECONDS = 2.0
_CHUNK = 16 * 1024


class DeviceListener:
    """A bound address; it accepts from `start` to `stop`.

    ``port`` 0 takes a free one. Raises `ConfigurationError` where it cannot listen there.
    """

    def __init__(self, host: str, port: int, name: str) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._stopping = False
        self._name = name
        self._listener = _listen(host, port)
        self._acceptor: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are listened on."""
        return self._host, self._listener.getsockname()[1]

    def start(self, serve: Callable[[socket.socket], None]) -> None:
        """Accept from now on. ``serve`` is called in a connection's own thread.

        It may raise `MqttError`, `DeviceTlsError` or `OSError` where nobody is left to be told;
        the socket is closed here.
        """
        self._acceptor = threading.Thread(
            target=self._accept, args=(serve,), name=self._name, daemon=True
        )
        self._acceptor.start()

    def stop(self) -> None:
        """End all connections, wait for their threads and free the port."""
        self._stopping = True
        if self._acceptor is not None:
            # Closing a listener does not wake a thread that waits in accept(); a visitor does.
            with socket.create_connection(self.address):
                self._acceptor.join()
        self._listener.close()
        with self._lock:
            left = dict(self._connections)
        for accepted, thread in left.items():
            abort(accepted)
            thread.join(_END_SECONDS)

    def _accept(self, serve: Callable[[socket.socket], None]) -> None:
        while True:
            accepted, _ = self._listener.accept()
            if self._stopping:
                accepted.close()
                return
            thread = threading.Thread(
                target=self._attend, args=(accepted, serve), name=self._name, daemon=True
            )
            with self._lock:
                is_full = len(self._connections) >= MAX_CONNECTIONS
                if not is_full:
                    self._connections[accepted] = thread
            if is_full:
                accepted.close()
            else:
                thread.start()

    def _attend(self, accepted: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        try:
            accepted.settimeout(HANDSHAKE_SECONDS)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            serve(accepted)
        except (DeviceTlsError, MqttError, OSError):
            # The device went away or does not speak MQTT: nobody is left to be told.
            return
        finally:
            _part(accepted)
            with self._lock:
                del self._connections[accepted]
            accepted.close()


def _part(connection: socket.socket) -> None:
    """Let the client read our last words: what it still sends must be taken until it ends.

    Closing a socket with unread data resets the connection, and the alert or the refusal that
    was sent before may then be lost.
    """
    deadline = time.monotonic() + _PART_SECONDS
    try:
        connection.shutdown(socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(_CHUNK):
                return
    except OSError:
        return


def abort(connection: socket.socket) -> None:
    """Wake a thread that is blocked on a connection, from another thread."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is gone already.
        return


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=MAX_CONNECTIONS)
    except OSError as error:
        raise ConfigurationError(
            f"port {port} of {host} cannot be used: {error.strerror}",
            hint="Stop what listens there, or choose another address.",
        ) from error
