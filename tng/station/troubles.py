"""Why a serial port cannot be used, or no longer: in our words, with the next step.

pyserial's own texts quote errors of the system and of Python; they end here.
"""

import errno
import os
import socket
from pathlib import Path

from tng.errors import causes
from tng.station.errors import PortError

_FORMS = "Write /dev/ttyUSB0 or socket://HOST:PORT."
_LOOK = "`dmesg | tail` or `ls /dev/tty*` tells what the device's port is called."


def unusable(name: str, baud_rate: int, error: Exception) -> PortError:
    """The error for a port that could not be opened."""
    if "://" in name:
        return _unreachable(name, error)
    match _number(error):
        case errno.ENOENT | errno.ENXIO | errno.ENODEV:
            return PortError(f"there is no serial port {name}", f"Plug the device in; {_LOOK}")
        case errno.EACCES | errno.EPERM:
            return PortError(
                f"{name} may not be opened by this user",
                "Add the user to the group of serial ports and log in again: "
                "sudo usermod -aG dialout $USER (on some systems the group is uucp).",
            )
        case errno.ENOTTY | errno.EISDIR:
            return PortError(f"{name} is {_kind(name)}, expected a serial port", _LOOK)
        case errno.EBUSY | errno.EAGAIN:
            return PortError(
                f"{name} is used by another program",
                "Close the serial monitor, or the other station, that has it open.",
            )
    return PortError(
        f"{name} cannot be used as a serial port at {baud_rate} baud{_in_brackets(error)}",
        "Check --port, and that the port knows the speed of --baud-rate.",
    )


def lost(error: Exception) -> str:
    """Why a port that was open cannot be used any more."""
    number = _number(error)
    if number is not None:
        return os.strerror(number)
    return "it was unplugged, or another program reads from it"


def _unreachable(name: str, error: Exception) -> PortError:
    if any(isinstance(item, socket.gaierror) for item in causes(error)):
        return PortError(f"{name}: the name of its host is not known", "Correct --port.")
    number = _number(error)
    if number is None and not any(isinstance(item, TimeoutError) for item in causes(error)):
        return PortError(f"{name} is no port over the network", _FORMS)
    what = "refuses connections" if number == errno.ECONNREFUSED else "cannot be reached"
    return PortError(
        f"{name} {what}{_in_brackets(error) if number != errno.ECONNREFUSED else ''}",
        "Check that what serves the port is running there, and its number.",
    )


def _kind(name: str) -> str:
    path = Path(name)
    if path.is_dir():
        return "a folder"
    return "a file" if path.is_file() else "a device without a line"


def _in_brackets(error: Exception) -> str:
    number = _number(error)
    return "" if number is None else f" ({os.strerror(number)})"


def _number(error: Exception) -> int | None:
    """The system's number of the error, or of what is behind it."""
    for item in causes(error):
        # `termios.error` has its number among its arguments alone.
        for number in (getattr(item, "errno", None), *item.args[:1]):
            if isinstance(number, int) and number in errno.errorcode:
                return number
    return None
