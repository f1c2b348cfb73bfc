"""What became of one device that asked for a certificate, for reports."""

from dataclasses import dataclass

from tng.csr.issuing import IssuedCertificate
from tng.findings import CHECKS, Effect
from tng.models import RejectedDevice, Undecodable


@dataclass(frozen=True, slots=True)
class DeviceResult:
    """``number`` counts from 1. ``reason`` is empty where all went well; ``hint`` goes with it.

    ``issued`` is the certificate, which may be there although the device failed afterwards.
    ``key`` is the request's, empty where none could be read. ``attention`` is true where a person
    has to decide, ``may_be_active`` are the ids of certificates that this is about, or of others
    beside the one that was issued.
    """

    number: int
    device_id: str
    key: str
    issued: IssuedCertificate | None
    seconds: float
    reason: str = ""
    hint: str = ""
    attention: bool = False
    may_be_active: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the device has what it asked for."""
        return not self.reason


def request_trouble(outcome: RejectedDevice | Undecodable) -> tuple[str, str]:
    """What is wrong with a request that may not be asked with, and what to do about it."""
    heavy = [item for item in outcome.findings if item.effect is not Effect.NONE]
    last = (heavy or outcome.findings)[-1]
    return f"{last.code}: {last.message}", CHECKS[last.code].remedy
