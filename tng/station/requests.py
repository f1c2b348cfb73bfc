"""One certificate request from a serial port, for who wants nothing but that."""

import time
from collections.abc import Callable

from tng.apply.stopping import StopSignal
from tng.csr.model import RequestOutcome
from tng.findings import finding
from tng.models import Source, Undecodable
from tng.station.errors import PortError, PortLostError
from tng.station.exchange import Asked, DeviceReader, Garbled
from tng.station.port import PortSettings, SerialPort

_SLICE_SECONDS = 0.2


def read_request_from_port(
    settings: PortSettings,
    seconds: float,
    stop: StopSignal | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> RequestOutcome:
    """The first request that a device prints within ``seconds``, with its serial number if told.

    A garbled one is an `Undecodable` once the time is over and no other has come. Raises
    `PortError` for a port that cannot be used or goes away, and for silence, and
    `ConfigurationError` without pyserial. Nothing is written to the port.
    """
    signal = stop or StopSignal()
    reader = DeviceReader(settings.name)
    garbled = ""
    with SerialPort(settings, signal) as port:
        end = clock() + seconds
        try:
            while clock() < end and not signal.is_set():
                line = port.read_line(_SLICE_SECONDS)
                for event in reader.feed(line) if line is not None else ():
                    if isinstance(event, Asked):
                        return event.outcome
                    if isinstance(event, Garbled):
                        garbled = event.message
        except PortLostError as error:
            raise PortError(
                f"{settings.name} went away: {error}", "Plug the device in and run it again."
            ) from error
    for event in reader.finish():
        if isinstance(event, Asked):
            return event.outcome
    if garbled:
        return Undecodable(Source(settings.name), (finding("csr-unreadable", garbled),))
    raise PortError(
        f"no certificate request came over {settings.name} in {seconds:g} s",
        "Reset the device; check --baud-rate, and that the port is the device's.",
    )
