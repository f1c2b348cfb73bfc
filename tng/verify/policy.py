"""How a run verifies, apart from whom it trusts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class VerificationPolicy:
    """How a run verifies.

    ``at`` is the (aware) time at which validity is judged. ``strict`` makes a
    provisioning time outside the signer's validity an error.
    """

    at: datetime
    strict: bool = False
