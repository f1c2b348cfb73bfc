"""How fast the API may be called: the default quotas, and what settings make of them.

Sources: AWS General Reference, "AWS IoT Core endpoints and quotas"; all are per account
and region and can be raised on request.
"""

from collections.abc import Iterable, Mapping

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.interface import ISSUE
from tng.plan.view import Rates

REGISTER = "RegisterCertificateWithoutCA"
OTHERS = "*"

DEFAULT_RATES: Mapping[str, float] = {
    REGISTER: 10,
    ISSUE: 15,
    "AttachPolicy": 15,
    "DetachPolicy": 15,
    "ListAttachedPolicies": 15,
    "CreateThing": 100,
    "DeleteThing": 100,
    "AttachThingPrincipal": 100,
    "DetachThingPrincipal": 100,
    "AddThingToThingGroup": 100,
    "RemoveThingFromThingGroup": 100,
    "DescribeThing": 350,
    "DescribeThingType": 100,
    "DescribeThingGroup": 100,
    "DescribeBillingGroup": 100,
    "ListThingGroupsForThing": 100,
    OTHERS: 10,
}
"""Calls a second by operation; ``"*"`` is for every other operation."""

SERVICE_CODE = "iotcore"
_QUOTA_SUFFIX = " API TPS"
_MAX_PAGES = 20
"""Service Quotas lists about 250 quotas of IoT Core, 100 a page."""


def rates(settings: AwsSettings, quotas: Mapping[str, float]) -> Rates:
    """Calls a second, a quota an operation: defaults < quotas < ``rate`` < ``rates``.

    ``rate`` is registrations a second; every other operation is scaled with it, so that
    half the rate leaves half of every quota to others.
    """
    table = {**DEFAULT_RATES, **quotas}
    if settings.rate is not None:
        factor = settings.rate / table[REGISTER]
        table = {operation: rate * factor for operation, rate in table.items()}
    table |= dict(settings.rates)
    others = table.pop(OTHERS)
    return Rates(table, others)


def read_quotas(service_quotas: AwsApi) -> dict[str, float]:
    """The account's applied quotas a second by operation, as Service Quotas lists them.

    Quotas are recognised by their names, such as "AttachPolicy API TPS". Raises
    `CloudError` siblings.
    """
    found: dict[str, float] = {}
    request: dict[str, object] = {"ServiceCode": SERVICE_CODE, "MaxResults": 100}
    for _ in range(_MAX_PAGES):
        reply = service_quotas.call("ListServiceQuotas", request)
        found.update(_operations(reply.get("Quotas", ())))
        if not reply.get("NextToken"):
            break
        request["NextToken"] = reply["NextToken"]
    return found


def _operations(quotas: Iterable[Mapping[str, object]]) -> Iterable[tuple[str, float]]:
    for quota in quotas:
        name, value = str(quota.get("QuotaName", "")), quota.get("Value")
        if name.endswith(_QUOTA_SUFFIX) and isinstance(value, (int, float)) and value > 0:
            yield name.removesuffix(_QUOTA_SUFFIX), float(value)
