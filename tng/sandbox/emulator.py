"""Starts an emulator as a process of its own and makes sure that it ends with us.

The child is this interpreter running `tng.sandbox.child`: one port on the loopback, a
temporary directory as its home, nothing kept. It ends when stopped, and by itself when
its parent is gone, however that happened.
"""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from tng.errors import ConfigurationError
from tng.sandbox.clouds import Emulator

START_SECONDS = 30.0
STOP_SECONDS = 3.0
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT")


_NEEDS = {
    Emulator.MINISTACK: ("botocore", "ministack"),
    Emulator.MOTO: ("botocore", "moto", "flask"),
}
_INSTALL = {
    Emulator.MINISTACK: "pip install 'tng[sandbox]'",
    Emulator.MOTO: "pip install 'moto[iot,server]'",
}


class EmulatorProcess:
    """A running emulator; a context manager.

    Entering starts it and returns when it answers; `port` is then its port on
    127.0.0.1. Raises `ConfigurationError` if it is not installed or does not start.
    """

    def __init__(self, emulator: Emulator, clock: Callable[[], float] = time.monotonic) -> None:
        self._emulator = emulator
        self._clock = clock
        self._home: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def process_id(self) -> int:
        """The child's process id; 0 before the start."""
        return 0 if self._process is None else self._process.pid

    @property
    def running(self) -> bool:
        """Whether the child is alive."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> "EmulatorProcess":
        _require(self._emulator)
        # The child removes it too, if we are killed first.
        self._home = tempfile.TemporaryDirectory(prefix="tng-sandbox-", ignore_cleanup_errors=True)
        try:
            self._start(Path(self._home.name))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _start(self, home: Path) -> None:
        with (home / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "tng.sandbox.child", self._emulator, str(os.getpid())],
                cwd=home,
                env=_environment(home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal is for us alone: the child is stopped in order.
                start_new_session=True,
            )
        deadline = self._clock() + START_SECONDS
        while self._clock() < deadline and self.running:
            self.port = _announced_port(home)
            if self.port and _answers(self.port):
                return
            time.sleep(0.02)
        raise ConfigurationError(
            f"the emulator {self._emulator} did not start: {_last_line(home / 'log')}",
            hint=f"Try a fresh installation: {_INSTALL[self._emulator]}",
        )

    def _stop(self) -> None:
        if self._process is not None:
            # Its state is in memory and not wanted: there is nothing to say goodbye to.
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(STOP_SECONDS)
        if self._home is not None:
            self._home.cleanup()


def _require(emulator: Emulator) -> None:
    missing = [name for name in _NEEDS[emulator] if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"the emulator {emulator} is not installed (no module {missing[0]})",
            hint=f"Install it: {_INSTALL[emulator]}",
        )


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the user's: no credentials, no Docker, no persistence, no other ports."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed_on | {
        "HOME": str(home),
        "TMPDIR": str(home),
        "DOCKER_HOST": f"unix://{home}/no-docker",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "STATE_DIR": str(home / "state"),
        "LOG_LEVEL": "WARNING",
        "MINISTACK_HOST": "localhost",
        "BIND_HOST": "127.0.0.1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _announced_port(home: Path) -> int:
    try:
        announced = json.loads((home / "port.json").read_bytes())
    except (OSError, ValueError):
        return 0
    return int(announced["port"])


def _answers(port: int) -> bool:
    """Whether an HTTP answer comes: the port is open before the emulator is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as probe:
            probe.sendall(b"GET /endpoint HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return probe.recv(5) == b"HTTP/"
    except OSError:
        return False


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "it said nothing"
