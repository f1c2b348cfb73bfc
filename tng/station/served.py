"""The device that a bench serves: how far it has come, and why it is given up."""

from dataclasses import dataclass

from tng.csr.issuing import IssuedCertificate
from tng.csr.model import RequestedDevice

LATE = "Run it again with this device; --answer-timeout gives it longer."
_NOISE = "Check the baud rate and the line; have the device print its request again."


@dataclass(slots=True)
class ServedDevice:
    """``started``, ``deadline``, ``tell_at`` and ``end_at`` are readings of the bench's clock.

    ``garbled`` is what was wrong with a request that could not be read, ``tell_at`` when the device
    is told of it. At ``end_at`` a request that stopped at an empty line is taken as it is.
    """

    started: float
    deadline: float
    asked: RequestedDevice | None = None
    issued: IssuedCertificate | None = None
    sha256: str = ""
    garbled: str = ""
    tell_at: float | None = None
    end_at: float | None = None
    restarts: int = 0

    def silence(self) -> tuple[str, str]:
        """Why it is given up at its deadline, and the next step."""
        if self.issued is not None:
            return "the device does not confirm the certificate by the deadline", LATE
        if self.garbled:
            return f"its request cannot be read: {self.garbled}", _NOISE
        if self.restarts:
            return "the device makes no request after its reset", LATE
        return "its request does not end by the deadline", _NOISE


@dataclass(slots=True)
class EndedDevice:
    """The device that had its result last, whose words may still come.

    ``until`` is when they no longer can be its, by the bench's clock.
    """

    device_id: str
    until: float
    has_rebooted: bool = False

    def says(self, told: str, now: float) -> bool:
        """Whether a word is this device's, by the serial number that was ``told`` (or none)."""
        is_same = told == self.device_id if told else not self.has_rebooted
        return is_same and now < self.until
