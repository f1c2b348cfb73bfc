"""A device at a serial port: the other end of a pseudo-terminal, in a thread of its own."""

import os
import re
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tng.testing.requests import board_key, board_request, request_pem

BOOT = "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
PATIENCE = 60.0
"""Seconds that a simulated device waits at most for anything: nothing of it is measured."""


class UnpluggedError(Exception):
    """The station's end is gone, or the test is over."""


class Console:
    """The device's side of its serial port."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._received = b""
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        octets = text.encode("utf-8", "surrogateescape")
        while octets:
            try:
                octets = octets[os.write(self.descriptor, octets[:512]) :]
            except OSError as error:
                raise UnpluggedError from error

    def hear(self, seconds: float = PATIENCE) -> str:
        """The next line that the station sends."""
        end = time.monotonic() + seconds
        while b"\n" not in self._received:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
                raise UnpluggedError
            try:
                self._received += os.read(self.descriptor, 4096)
            except OSError as error:
                raise UnpluggedError from error
        line, _, self._received = self._received.partition(b"\n")
        self.lines.append(line.decode())
        return self.lines[-1]

    def is_spoken_to(self, seconds: float) -> bool:
        """Whether the station says something within so long."""
        return bool(self._received or select.select([self.descriptor], [], [], seconds)[0])

    def hear_until(self, pattern: str) -> str:
        while True:
            line = self.hear()
            if re.search(pattern, line):
                return line

    def certificate(self) -> tuple[str, x509.Certificate]:
        """The announced digest and the certificate, after all of it has come."""
        announced = self.hear_until("^TNG-CERTIFICATE ").split()[1]
        lines = [self.hear_until("BEGIN CERTIFICATE")]
        while line := self.hear():
            lines.append(line)
        pem = "\n".join(lines) + "\n"
        return announced, x509.load_pem_x509_certificate(pem.encode())

    def confirm(self) -> x509.Certificate:
        announced, certificate = self.certificate()
        digest = sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
        assert announced == digest
        self.say(f"I (900) app: TNG-OK {digest}\r\n")
        return certificate


Script = Callable[[Console], None]


def csr(number: int) -> str:
    return request_pem(board_request(number)).replace("\n", "\r\n") + "\r\n"


def csr_of(common_name: str, number: int) -> str:
    """A board's request with another common name."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    made = builder.sign(board_key(number).private, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode().replace("\n", "\r\n") + "\r\n"


def good_device(number: int) -> Script:
    def script(console: Console) -> None:
        console.say(BOOT + csr(number))
        console.confirm()

    return script


def patient_device(number: int) -> Script:
    """As firmware should: it prints its request again until it is answered."""

    def script(console: Console) -> None:
        for _ in range(int(PATIENCE)):
            console.say(csr(number))
            if console.is_spoken_to(1.0):
                break
        console.confirm()
        # A second answer may be on its way; whoever reads it keeps the port open.
        console.is_spoken_to(1.0)

    return script


def noisy(text: str) -> str:
    """The text with a console's colours, time stamps and other tasks' lines in between."""
    lines = []
    for position, line in enumerate(text.split("\r\n")):
        lines.append(f"[12:00:{position % 60:02}.123] {line}" if line else line)
        if position % 4 == 2:
            lines.append(f"\x1b[0;32mI ({position}) wifi: state: run -> init (c0)\x1b[0m")
    return "\r\n".join(lines)


class Bay:
    """Where devices are plugged in: a path that stays, and a terminal behind it that does not."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder / "ttyBoard"
        self.failures: list[BaseException] = []
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: list[int] = []

    def plug_in(self, script: Script, *, unplug: bool = False) -> threading.Thread:
        """Run a device; with ``unplug`` its port goes away when it has ended."""
        device, station = os.openpty()
        tty.setraw(device)
        tty.setraw(station)
        temporary = self.path.with_suffix(".new")
        temporary.symlink_to(os.ttyname(station))
        temporary.replace(self.path)
        # Only the station has it open then, so that its opening it can be seen.
        os.close(station)
        self._open.append(device)
        thread = threading.Thread(target=self._run, args=(script, device, unplug), daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _await_station(self, device: int) -> None:
        """What a device says before its port is opened is thrown away by opening it."""
        poller = select.poll()
        poller.register(device, select.POLLIN)
        end = time.monotonic() + PATIENCE
        while any(event & select.POLLHUP for _, event in poller.poll(0)):
            if time.monotonic() > end or self._over.wait(0.02):
                raise UnpluggedError
        # pyserial sets the port up after it has opened it.
        time.sleep(0.2)

    def _run(self, script: Script, device: int, unplug: bool) -> None:
        try:
            self._await_station(device)
            script(Console(device))
        except UnpluggedError:
            pass
        except Exception as error:  # noqa: BLE001 - told by the test that it fails
            self.failures.append(error)
        if unplug:
            self.path.unlink()
            self._open.remove(device)
            os.close(device)

    def close(self) -> None:
        for descriptor in self._open:
            with suppress(OSError):
                os.close(descriptor)
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not self.failures, self.failures


@contextmanager
def bay(folder: Path) -> Iterator[Bay]:
    made = Bay(folder)
    try:
        yield made
    finally:
        made.close()
