"""How fast a service may be called, and what a step costs.

Sources: "Azure subscription and service limits, IoT Hub Device Provisioning Service" (1,000
operations a minute a service, all together); Resource Manager has limits of its own, far above
what a preflight needs.
"""

from tng.clouds.azure.settings import AzureSettings
from tng.plan.view import Rates

CREATE, UPDATE, DELETE = "CreateEnrollment", "UpdateEnrollment", "DeleteEnrollment"
GET, QUERY = "GetEnrollment", "QueryEnrollments"
GET_SERVICE, LIST_KEYS = "GetProvisioningService", "ListKeys"

MAX_BULK = 10
"""Enrollments of a bulk operation (service contract 2021-10-01)."""
_MANAGEMENT_RATE = 5.0
_COSTS = {
    # Each is a read and a write: the etag that is sent belongs to what was looked at.
    UPDATE: 2.0,
    DELETE: 2.0,
}


def rates(settings: AzureSettings) -> Rates:
    """Operations a second: one bucket for the whole service."""
    by_call = settings.bulk and settings.bulk_counts_as == "call"
    return Rates(
        {GET_SERVICE: _MANAGEMENT_RATE, LIST_KEYS: _MANAGEMENT_RATE},
        settings.rate,
        shared=True,
        costs=_COSTS,
        together={CREATE: MAX_BULK} if settings.bulk else {},
        by_call=frozenset({CREATE} if by_call else ()),
    )
