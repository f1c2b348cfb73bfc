"""What a check looks at, and what every check gives back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tng.findings import Finding
from tng.models import DeviceEntry


@dataclass(frozen=True, slots=True)
class VerificationPolicy:
    """How a run verifies.

    ``at`` is the (aware) time at which validity is judged. ``strict`` makes a
    provisioning time outside the signer's validity an error.
    """

    at: datetime
    strict: bool = False


class DeviceCheck(Protocol):
    """One named check of a device by itself; no findings means that it passed."""

    def __call__(self, entry: DeviceEntry) -> Iterable[Finding]:
        """Compare what the entry says with itself."""
