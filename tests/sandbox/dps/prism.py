"""A contract proxy between a client and the stand-in: Stoplight Prism, where it is installed.

``tng`` or an SDK → TLS → prism → https → stand-in. Prism answers in place of either side when
that side breaks the description: 4xx for a request, 500 for an answer, both named in the body.
"""

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

CONTRACT = Path(__file__).parent / "openapi.yaml"
START_SECONDS = 40
_CHUNK = 65536


def prism_program() -> str:
    """The program; skips the test where there is none."""
    program = shutil.which("prism")
    if program is None:
        pytest.skip("needs prism (npm install --global @stoplight/prism-cli)")
    return program


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@contextmanager
def prism_before(upstream: str, port: int, ca_file: Path | None, log: Path) -> Iterator[int]:
    """A running proxy on ``port``; ``upstream`` is an URL, ``log`` takes what it says."""
    command = [prism_program(), "proxy", str(CONTRACT), upstream, "--errors", "--port", str(port)]
    environment = dict(os.environ)
    if ca_file is not None:
        environment["NODE_EXTRA_CA_CERTS"] = str(ca_file)
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1"],
            env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        _wait(process, port, log)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str):
    """Status and body of what the proxy answers."""
    answer = requests.request(
        method,
        f"http://127.0.0.1:{port}{path}",
        data=body,
        headers={"Content-Type": "application/json", **headers},
        timeout=20,
    )
    return answer.status_code, answer.text


@contextmanager
def tls_before(port: int, near_port: int, context: ssl.SSLContext) -> Iterator[None]:
    """A TLS endpoint on ``near_port`` that hands everything to ``port`` of the loopback."""
    with socket.create_server(("127.0.0.1", near_port)) as listener:
        secured = context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=_accept, args=(secured, port), daemon=True)
        thread.start()
        yield
        secured.close()


def _accept(listener: ssl.SSLSocket, port: int) -> None:
    # Ends when the listener is closed.
    with suppress(OSError):
        while True:
            near, _ = listener.accept()
            threading.Thread(target=_join, args=(near, port), daemon=True).start()


def _join(near: socket.socket, port: int) -> None:
    with near, socket.create_connection(("127.0.0.1", port)) as far:
        back = threading.Thread(target=_copy, args=(far, near), daemon=True)
        back.start()
        _copy(near, far)
        back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
