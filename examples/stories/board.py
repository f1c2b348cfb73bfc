"""Boards at a serial port, simulated: the other end of a pseudo-terminal, in a thread.

What a board says and hears is what docs/station.md has; examples/station-device/ does the same in
a real one.
"""

import os
import re
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from tng.testing.requests import board_request, request_pem
from tng.x509.pem import read_certificate_file

BOOT = (
    "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
    "I (29) boot: ESP-IDF v4.4 2nd stage bootloader\r\n"
    "I (375) cpu_start: Starting scheduler on PRO CPU.\r\n"
)
ASK_AGAIN_SECONDS = 2.0
"""A board prints its request again until it is answered: somebody may open the port late."""
PATIENCE_SECONDS = 90.0

Script = Callable[["Port"], None]


class GoneError(Exception):
    """Nobody is at the other end, or nobody has said anything for too long."""


class Port:
    """A board's side of its serial port."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._received = b""

    def say(self, text: str) -> None:
        """Print ``text``."""
        octets = text.encode()
        while octets:
            try:
                octets = octets[os.write(self._descriptor, octets[:256]) :]
            except OSError as error:
                raise GoneError from error

    def is_spoken_to(self, seconds: float) -> bool:
        """Whether something comes within the time."""
        return bool(self._received or select.select([self._descriptor], [], [], seconds)[0])

    def hear(self) -> str:
        """The next line."""
        end = time.monotonic() + PATIENCE_SECONDS
        while b"\n" not in self._received:
            left = end - time.monotonic()
            if left <= 0 or not self.is_spoken_to(left):
                raise GoneError
            try:
                self._received += os.read(self._descriptor, 4096)
            except OSError as error:
                raise GoneError from error
        line, _, self._received = self._received.partition(b"\n")
        return line.decode("ascii", "replace").strip()


def asks_for_certificate(number: int, *, resets: bool = False) -> Script:
    """Board ``number`` prints its request until it is answered, and confirms what it gets.

    With ``resets`` it starts anew in the middle of its first request.
    """
    request = request_pem(board_request(number)).replace("\n", "\r\n") + "\r\n"

    def script(port: Port) -> None:
        port.say(BOOT)
        if resets:
            port.say(request[: len(request) // 2])
            port.say(f"\r\nGuru Meditation Error\r\n{BOOT}")
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            port.say(request)
            if port.is_spoken_to(ASK_AGAIN_SECONDS):
                break
        port.say(_answer(port))

    return script


def _answer(port: Port) -> str:
    """What the board says to the certificate that it is sent."""
    while not (found := re.match(r"TNG-CERTIFICATE ([0-9a-f]{64})$", port.hear())):
        pass
    lines = []
    while line := port.hear():
        lines.append(line)
    (certificate,) = read_certificate_file("\n".join([*lines, ""]).encode())
    digest = sha256(certificate.der).hexdigest()
    if digest != found[1]:
        return "E (902) app: TNG-FAIL the certificate's digest is another one\r\n"
    return f"I (902) app: stored\r\nI (903) app: TNG-OK {digest}\r\n"


def prints(log: bytes) -> Script:
    """A board that prints a log, and nothing else."""

    def script(port: Port) -> None:
        port.say(log.decode())

    return script


@contextmanager
def boards(name: Path, scripts: Sequence[Script]) -> Iterator[Callable[[], None]]:
    """Boards that are plugged in one after another at the port ``name``.

    The value begins with the first one. A port throws away what came before it was opened.
    """
    board, station = os.openpty()
    tty.setraw(board)
    tty.setraw(station)
    name.symlink_to(os.ttyname(station))
    begin, is_over = threading.Event(), threading.Event()

    def work() -> None:
        begin.wait()
        try:
            for script in () if is_over.is_set() else scripts:
                script(Port(board))
        except GoneError:
            # Whoever waits for the board finds out by itself.
            return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield begin.set
    finally:
        is_over.set()
        begin.set()
        name.unlink()
        thread.join(timeout=1)
        for descriptor in (station, board):
            os.close(descriptor)
