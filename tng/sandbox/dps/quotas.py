"""How many operations an instance takes: a token bucket each, over the whole service API.

The figure is the one documented for the service ("1,000 operations a minute"), written down
here a second time on purpose: this is the judge, and it must not share a table with the tool
that it judges. Burst, ``Retry-After`` and the price of a bulk operation are not documented,
so they can be set.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tng.sandbox.quotas import AWS_DEFAULT_REGISTRATIONS

DPS_OPERATIONS_A_MINUTE = 1000.0
"""Operations a minute of a service (Azure DPS quotas and limits, read 2026-11)."""
_BURST = 100.0
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class DpsQuota:
    """What an instance takes.

    ``per_minute`` operations, 0 for no limit; ``burst`` of them at once after a pause;
    ``retry_after``: whether a refusal says when to come again; ``bulk_costs_items``: whether
    a bulk operation of n costs n, or 1.
    """

    per_minute: float = DPS_OPERATIONS_A_MINUTE
    burst: float = _BURST
    retry_after: bool = True
    bulk_costs_items: bool = False


DEFAULT_QUOTA = DpsQuota()
UNLIMITED = DpsQuota(per_minute=0)


def quota_for(registrations: float) -> DpsQuota:
    """The default quota in proportion to AWS's: ``registrations`` a second there, of 10.

    0 limits nothing.
    """
    factor = registrations / AWS_DEFAULT_REGISTRATIONS
    return DpsQuota(per_minute=DPS_OPERATIONS_A_MINUTE * factor, burst=_BURST * max(1.0, factor))


class DpsBuckets:
    """The buckets of all instances; safe for threads. ``clock``: seconds, monotonic."""

    def __init__(self, quota: DpsQuota, clock: Callable[[], float]) -> None:
        self._quota = quota
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    @property
    def quota(self) -> DpsQuota:
        """What is held."""
        return self._quota

    def take(self, instance: str, cost: int) -> float | None:
        """Take ``cost`` operations; ``None`` if they are given, which a refusal is not.

        A refusal costs nothing and gives the whole seconds until there would be enough.
        """
        rate = self._quota.per_minute / _SECONDS
        if rate == 0:
            return None
        # However small the burst, one whole call must fit in.
        size = max(self._quota.burst, float(cost))
        with self._lock:
            now = self._clock()
            level, since = self._levels.get(instance, (size, now))
            level = min(size, level + (now - since) * rate)
            given = level >= cost
            self._levels[instance] = (level - cost if given else level, now)
        return None if given else float(math.ceil((cost - level) / rate))
