"""A real mosquitto with mutual TLS and several listeners; tests are skipped where there is none."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

_PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_ATTEMPTS = 3
_START_SECONDS = 30


@contextmanager
def running_mosquitto(folder: Path, listeners: Mapping[str, str]) -> Iterator[Mapping[str, int]]:
    """A broker whose listeners have those lines of configuration; their ports, by name.

    The test that asks is skipped without mosquitto. ``folder`` gets the configuration.
    """
    if _PROGRAM is None:
        pytest.skip("mosquitto is not installed (apt-get install mosquitto)")
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(_ATTEMPTS):
        ports = dict(zip(listeners, _free_ports(len(listeners)), strict=True))
        process = _start(folder, listeners, ports)
        try:
            if _is_up(process, list(ports.values())):
                yield ports
                return
        finally:
            process.terminate()
            process.wait(30)
    pytest.fail(f"mosquitto does not start: {(folder / 'mosquitto.log').read_text()[-2000:]}")


def _start(
    folder: Path, listeners: Mapping[str, str], ports: Mapping[str, int]
) -> "subprocess.Popen[bytes]":
    lines = ["per_listener_settings true", "set_tcp_nodelay true", "persistence false"]
    if os.geteuid() == 0:
        # It would become a user that cannot read the keys.
        lines.append("user root")
    for name, text in listeners.items():
        lines += [f"listener {ports[name]} 127.0.0.1", text]
    configuration = folder / "mosquitto.conf"
    configuration.write_text("\n".join(lines) + "\n")
    with (folder / "mosquitto.log").open("wb") as log:
        return subprocess.Popen([str(_PROGRAM), "-c", str(configuration)], stdout=log, stderr=log)


def _free_ports(count: int) -> list[int]:
    # Another process may take one before mosquitto does, hence the attempts.
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0)))
                   for _ in range(count)]  # fmt: skip
        return [found.getsockname()[1] for found in sockets]


def _is_up(process: "subprocess.Popen[bytes]", ports: list[int]) -> bool:
    end = time.monotonic() + _START_SECONDS
    for port in ports:
        while True:
            if process.poll() is not None or time.monotonic() > end:
                return False
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)
    return True
