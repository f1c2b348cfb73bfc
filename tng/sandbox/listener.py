"""A listening socket of the loopback that gives each connection a thread of its own.

What is said on a connection is the business of whoever is given it. SDKs keep their
connections alive, so there are as many threads as the callers have.
"""

import os
import socket
import ssl
import threading
from collections.abc import Callable

from tng.errors import ConfigurationError
from tng.sandbox.effects import ConnectionLostError
from tng.sandbox.wire import Connection, WireError

LOOPBACK = "127.0.0.1"
HANDSHAKE_SECONDS = 10.0
"""How long a caller may take for the TLS handshake."""

_BACKLOG = 256


class Listener:
    """A bound address. It accepts from `start` to `stop`.

    ``port`` 0 takes a free one. Raises `ConfigurationError` if the port is taken.
    """

    def __init__(self, port: int = 0, address: str = LOOPBACK) -> None:
        self._address = address
        self._socket = _bind(address, port)
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._acceptor: threading.Thread | None = None
        self.stopping = False

    @property
    def port(self) -> int:
        """The port that is listened on."""
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def host(self) -> str:
        """Address and port, as they stand in a ``Host`` header."""
        return f"{self._address}:{self.port}"

    def start(
        self, serve: Callable[[Connection], None], context: ssl.SSLContext | None = None
    ) -> None:
        """Accept from now on; with a ``context``, speak TLS.

        ``serve`` is called once a connection, in its thread. It returns, or raises
        `ConnectionLostError` where the peer is to see a reset, or `WireError` or `OSError`
        where the peer is gone; the connection is closed here.
        """
        self._acceptor = threading.Thread(
            target=self._accept, args=(serve, context), name="listener", daemon=True
        )
        self._acceptor.start()

    def stop(self) -> None:
        """Accept nothing any more, and wake the threads of all connections; twice is fine."""
        if self.stopping:
            return
        self.stopping = True
        if self._acceptor is not None:
            # Closing a listener does not wake a thread that waits in accept(); a visitor does.
            with socket.create_connection((self._address, self.port)):
                self._acceptor.join()
        self._socket.close()
        with self._lock:
            for connection in self._connections:
                connection.abort()

    def _accept(self, serve: Callable[[Connection], None], context: ssl.SSLContext | None) -> None:
        while True:
            accepted, _ = self._socket.accept()
            if self.stopping:
                accepted.close()
                return
            threading.Thread(
                target=self._attend, args=(accepted, serve, context), daemon=True
            ).start()

    def _attend(
        self,
        accepted: socket.socket,
        serve: Callable[[Connection], None],
        context: ssl.SSLContext | None,
    ) -> None:
        try:
            connection = Connection(_secured(accepted, context))
        except OSError:
            # Not TLS, or it does not trust us: nobody is left to be told.
            accepted.close()
            return
        with self._lock:
            self._connections.add(connection)
        try:
            if not self.stopping:
                serve(connection)
        except ConnectionLostError:
            connection.reset()
        except (WireError, OSError):
            # The caller went away or does not speak HTTP: nobody is left to be told.
            connection.close()
        finally:
            connection.close()
            with self._lock:
                self._connections.discard(connection)


def _secured(accepted: socket.socket, context: ssl.SSLContext | None) -> socket.socket:
    if context is None:
        return accepted
    accepted.settimeout(HANDSHAKE_SECONDS)
    secured = context.wrap_socket(accepted, server_side=True)
    secured.settimeout(None)
    return secured


def _bind(address: str, port: int) -> socket.socket:
    try:
        return socket.create_server((address, port), backlog=_BACKLOG)
    except OSError as error:
        raise ConfigurationError(
            f"port {port} of {address} cannot be used: {os.strerror(error.errno or 0)}",
            hint="Choose another --port, or none for a free one.",
        ) from error
