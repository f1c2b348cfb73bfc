"""Servers that say nothing: from the beginning, or from a moment on, with connections that stay."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def listening() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class FreezingProxy:
    """Passes octets on to ``port`` until it is frozen; new connections are taken all the same."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._frozen = threading.Event()
        self._ended = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]

    def freeze(self) -> None:
        """Pass nothing on any more."""
        self._frozen.set()

    def thaw(self) -> None:
        """Let what comes from now on pass."""
        self._frozen.clear()

    def __enter__(self) -> "FreezingProxy":
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for item in (self._server, *self._sockets):
            with suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)
            item.close()
        for thread in self._threads:
            thread.join()

    def _run(self, work, *arguments) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                self._run(self._pass, client, server)
                self._run(self._pass, server, client)

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self._frozen.is_set():
                    target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
