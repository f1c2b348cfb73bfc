"""What ends a run at a serial port, and what only interrupts it."""

from tng.errors import TngError


class PortError(TngError):
    """A serial port cannot be used at all."""


class PortLostError(Exception):
    """The port went away while it was used: somebody unplugged it. The message says what."""
