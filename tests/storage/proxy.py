"""A connection that breaks: a TCP proxy that hangs up in the middle of some answers."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


@contextmanager
def breaking(endpoint: str, asked: bytes, after: int) -> Iterator[str]:
    """An address before ``endpoint``; what asks for ``asked`` gets ``after`` bytes and no more."""
    target = urlsplit(endpoint)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((target.hostname, target.port)) as server:
                breaks = threading.Event()
                asking = threading.Thread(target=_ask, args=(self.request, server, asked, breaks))
                asking.start()
                _answer(self.request, server, after, breaks)
                for end in (self.request, server):
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                asking.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,)).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()


def _ask(
    client: socket.socket, server: socket.socket, asked: bytes, breaks: threading.Event
) -> None:
    with suppress(OSError):
        while data := client.recv(65536):
            if asked in data:
                breaks.set()
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)


def _answer(
    client: socket.socket, server: socket.socket, after: int, breaks: threading.Event
) -> None:
    passed = 0
    with suppress(OSError):
        while data := server.recv(65536):
            if breaks.is_set():
                data = data[: max(after - passed, 0)]
                passed += len(data)
            if not data:
                return
            client.sendall(data)
