"""What the front lets through: a token bucket per account, region and operation.

The figures are AWS's documented defaults, written down here a second time on purpose:
this is the judge, and it must not share a table with the tool that it judges.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

AWS_DEFAULT_REGISTRATIONS = 10.0
"""Calls of RegisterCertificateWithoutCA a second (quota L-4671C7C8)."""

DEFAULT_IOT_QUOTAS: Mapping[str, float] = MappingProxyType(
    {
        "RegisterCertificateWithoutCA": AWS_DEFAULT_REGISTRATIONS,
        "AttachPolicy": 15,
        "DetachPolicy": 15,
        "ListAttachedPolicies": 15,
        "DescribeCertificate": 10,
        "UpdateCertificate": 10,
        "DeleteCertificate": 10,
        "ListCertificates": 10,
        "ListTargetsForPolicy": 10,
        "CreatePolicy": 10,
        "GetPolicy": 10,
        "CreateThing": 100,
        "AttachThingPrincipal": 100,
        "AddThingToThingGroup": 100,
        "CreateCertificateFromCsr": 15,
        "DescribeThing": 350,
    }
)
"""Calls a second of an account in a region (AWS Service Quotas, "iotcore", read 2025-06)."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """Calls a second by IoT operation; what is not named is not limited.

    ``burst_seconds`` is how much unused rate a bucket can hold: AWS documents no burst,
    so one second's worth is assumed.
    """

    rates: Mapping[str, float]
    burst_seconds: float = 1.0

    def scaled(self, factor: float) -> "Quotas":
        """The same quotas, ``factor`` times as high."""
        return Quotas(
            {name: rate * factor for name, rate in self.rates.items()}, self.burst_seconds
        )


def quotas_for(registrations: float) -> Quotas:
    """AWS's defaults, scaled so that ``registrations`` a second fit; 0 limits nothing."""
    if registrations == 0:
        return UNLIMITED
    return AWS_DEFAULTS.scaled(registrations / AWS_DEFAULT_REGISTRATIONS)


UNLIMITED = Quotas({})
AWS_DEFAULTS = Quotas(DEFAULT_IOT_QUOTAS)


class Buckets:
    """The buckets behind `Quotas`; safe for threads. ``clock`` gives seconds, monotonic."""

    def __init__(self, quotas: Quotas, clock: Callable[[], float]) -> None:
        self._quotas = quotas
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, str, str], tuple[float, float]] = {}

    def take(self, account: str, region: str, operation: str) -> bool:
        """Take one call; ``False`` if the bucket is empty, which costs nothing."""
        rate = self._quotas.rates.get(operation)
        if rate is None:
            return True
        # Below one call a second the bucket must still be able to hold one whole call.
        size = max(1.0, rate * self._quotas.burst_seconds)
        key = (account, region, operation)
        with self._lock:
            now = self._clock()
            level, since = self._levels.get(key, (size, now))
            level = min(size, level + (now - since) * rate)
            allowed = level >= 1.0
            self._levels[key] = (level - 1.0 if allowed else level, now)
            return allowed
