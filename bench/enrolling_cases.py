"""The ways of registering in Azure DPS that are measured, and against which quota.

How a bulk operation counts is not documented, so both answers are cases. The quota is six
times the documented one, so that a few seconds tell; the rate that is set is nine tenths of
it, as the default is (900 of 1,000 operations a minute).
"""

from dataclasses import dataclass

from tng.clouds.azure.rates import MAX_BULK
from tng.sandbox.dps.quotas import UNLIMITED, DpsQuota

QUOTA_A_MINUTE = 6000.0
RATE = QUOTA_A_MINUTE / 60 * 0.9
HELD_SECONDS = 3
HELD_ROUNDS = 3
NO_RATE = 1e6
"""Operations a second that nothing here reaches."""

# A second's operations: a stall of this machine is no fault of the pace.
_BURST = QUOTA_A_MINUTE / 60
_HELD = int(RATE * HELD_SECONDS)
_FREE_SINGLE, _FREE_BULK = 500, 2000
MOST_DEVICES = _HELD * MAX_BULK
"""Devices of the largest case."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way of registering; the quota counts a bulk operation as the settings say."""

    name: str
    devices: int
    bulk: bool
    quota: DpsQuota = UNLIMITED
    bulk_counts_as: str = "items"

    @property
    def operation(self) -> str:
        """What the stand-in calls the calls that are made."""
        return "RunBulkEnrollmentOperation" if self.bulk else "CreateOrUpdateEnrollment"

    @property
    def per_call(self) -> int:
        """Devices in a call."""
        return MAX_BULK if self.bulk else 1

    @property
    def allowed(self) -> float:
        """Devices a second that the quota allows."""
        each = self.per_call if self.bulk_counts_as == "call" else 1
        return self.quota.per_minute / 60 * each

    @property
    def rate(self) -> float:
        """Operations a second that are set."""
        return RATE if self.quota.per_minute else NO_RATE


_BY_CALL = DpsQuota(QUOTA_A_MINUTE, _BURST)
_BY_ITEM = DpsQuota(QUOTA_A_MINUTE, _BURST, bulk_costs_items=True)

FREE = (Case("free_single", _FREE_SINGLE, bulk=False), Case("free_bulk", _FREE_BULK, bulk=True))
HELD = (
    Case("held_single", _HELD, bulk=False, quota=_BY_CALL),
    Case("held_bulk", _HELD, bulk=True, quota=_BY_ITEM),
    # Last: planning is measured against the devices that it leaves.
    Case("held_bulk_call", MOST_DEVICES, bulk=True, quota=_BY_CALL, bulk_counts_as="call"),
)
