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
from tng.decode.text.lines import Line
from tng.errors import ConfigurationError
from tng.station.errors import PortError, PortLostError
from tng.station.lines import UNENDED_SECONDS, LineBuffer, UnendedWatch
from tng.station.troubles import lost, unusable

if TYPE_CHECKING:
    from serial import Serial

DEFAULT_BAUD_RATE = 115_200

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

    ``stop`` ends the waiting for a port that went away; ``tell`` is called once with a sentence
    for a person where bytes come and no line ends. Opening raises `ConfigurationError` without
    pyserial, and `PortError` for a port that cannot be used.
    """

    def __init__(
        self,
        settings: PortSettings,
        stop: StopSignal,
        clock: Callable[[], float] = time.monotonic,
        *,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.settings = settings
        self._stop = stop
        self._clock = clock
        self._tell = tell
        self._buffer = LineBuffer()
        self._watch = UnendedWatch()
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
        is_quiet = False
        while True:
            line = self._buffer.take(is_quiet=is_quiet)
            now = self._clock()
            if self._watch.is_due(now, is_unended=line is None and self._buffer.is_unended):
                self._tell(
                    f"{self.settings.name}: bytes come, but none of them has ended a line for "
                    f"{UNENDED_SECONDS:g} s (LF, CR LF or CR): check --baud-rate"
                )
            if line is not None or now >= end:
                return line
            came = self._read()
            is_quiet = not came
            self._buffer.put(came)

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
