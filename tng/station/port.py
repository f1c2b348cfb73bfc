"""A serial port as lines with deadlines: the one place that knows pyserial.

Everything that comes is bounded; nothing is interpreted here.
"""

import re
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tng.apply.stopping import StopSignal
from tng.decode.text.lines import Line, clean
from tng.errors import ConfigurationError
from tng.station.errors import PortError, PortLostError
from tng.station.troubles import lost, unusable

if TYPE_CHECKING:
    from serial import Serial

DEFAULT_BAUD_RATE = 115_200
MAX_LINE_BYTES = 16 * 1024
"""A request in base64 on one line has a tenth of that. What is longer is cut."""

_CHUNK = 4096
_TURN_SECONDS = 0.1
_WRITE_SECONDS = 10.0
_LOOK_SECONDS = 0.25
"""How often it is looked whether a port that went away has come back."""
_LINE_PAUSE_SECONDS = 0.005
"""Between two lines that are sent: small devices have a buffer of 128 or 256 bytes."""
_SCHEME = re.compile(r"([A-Za-z0-9]+)://")
_SCHEMES = ("socket", "rfc2217")
"""Of pyserial's URLs, those that are a port over the network."""


@dataclass(frozen=True, slots=True)
class PortSettings:
    """Which port: a device file (``/dev/ttyUSB0``, ``COM3``) or ``socket://HOST:PORT``."""

    name: str
    baud_rate: int = DEFAULT_BAUD_RATE


class SerialPort:
    """An open port; a context manager. For one thread.

    ``stop`` ends the waiting for a port that went away. Opening raises `ConfigurationError`
    without pyserial, and `PortError` for a port that cannot be used.
    """

    def __init__(
        self,
        settings: PortSettings,
        stop: StopSignal,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._stop = stop
        self._clock = clock
        self._buffer = LineBuffer()
        self._device: Serial | None = None

    def __enter__(self) -> Self:
        self._device = _opened(self.settings)
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def read_line(self, seconds: float) -> Line | None:
        """The next line, blank ones included; ``None`` after ``seconds``.

        Raises `PortLostError`.
        """
        end = self._clock() + seconds
        while True:
            line = self._buffer.take()
            if line is not None:
                return line
            if self._clock() >= end:
                return None
            self._buffer.put(self._read())

    def write(self, text: str) -> None:
        """Send it, line by line; raises `PortLostError`, also where nobody takes it."""
        for line in text.splitlines(keepends=True):
            try:
                self._open_device().write(line.encode("ascii", "replace"))
            except OSError as error:
                raise PortLostError(lost(error)) from error
            time.sleep(_LINE_PAUSE_SECONDS)

    def wait_until_back(self) -> bool:
        """Close it, and wait until it can be opened again; false once stopped."""
        self._close()
        self._buffer.clear()
        while not self._stop.wait(_LOOK_SECONDS):
            try:
                self._device = _opened(self.settings)
            except PortError:
                # Gone, or there and not yet ours: udev needs a moment to set its permissions.
                continue
            return True
        return False

    def _read(self) -> bytes:
        device = self._open_device()
        try:
            return device.read(min(_CHUNK, max(1, device.in_waiting)))
        except OSError as error:
            raise PortLostError(lost(error)) from error

    def _open_device(self) -> "Serial":
        if self._device is None:
            raise PortLostError("it is closed")
        return self._device

    def _close(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            device.close()


class LineBuffer:
    """Bytes in, lines out, with the rest of an overlong line left out. Pure."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._number = 0

    def put(self, data: bytes) -> None:
        """Take what came."""
        self._bytes += data

    def clear(self) -> None:
        """Forget a line that was begun; the numbers go on."""
        self._bytes.clear()

    def take(self) -> Line | None:
        """The next whole line, without colours; ``None`` where there is none yet."""
        end = self._bytes.find(b"\n")
        if end < 0:
            if len(self._bytes) > MAX_LINE_BYTES:
                # Its beginning is given when its end has come; the rest of it is left out.
                del self._bytes[MAX_LINE_BYTES:]
            return None
        raw = bytes(self._bytes[: min(end + 1, MAX_LINE_BYTES)])
        del self._bytes[: end + 1]
        self._number += 1
        return clean(self._number, raw)


def _opened(settings: PortSettings) -> "Serial":
    try:
        import serial
    except ImportError as error:
        raise ConfigurationError(
            "serial ports need a package that is not installed: pyserial",
            "Install it with: pip install 'tng[serial]'",
        ) from error
    name = settings.name
    scheme = _SCHEME.match(name)
    if scheme and scheme[1] not in _SCHEMES:
        raise PortError(f"{name} is no serial port", "Write /dev/ttyUSB0 or socket://HOST:PORT.")
    try:
        return serial.serial_for_url(
            name, settings.baud_rate, timeout=_TURN_SECONDS,
            write_timeout=_WRITE_SECONDS, exclusive=None if scheme else True,
        )  # fmt: skip
    except (OSError, ValueError, TypeError, termios.error) as error:
        raise unusable(name, settings.baud_rate, error) from error
