"""Azure Resource Manager, as far as finding a Device Provisioning Service needs it.

Resources are read only, names and groups know no case, and every api-version that looks like
one is served alike: members asked for here have been the same in all of them.
"""

import re

from tng.sandbox.dps.answers import ManagementError
from tng.sandbox.dps.requests import Request
from tng.sandbox.dps.routes import Name
from tng.sandbox.dps.state import DpsInstance, DpsState

_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
_TYPE = "Microsoft.Devices/provisioningServices"
_RIGHTS = "ServiceConfig, DeviceConnect, EnrollmentWrite"


def answer(name: str, request: Request, state: DpsState) -> object:
    """The document that a management operation answers; raises `ManagementError`."""
    if not _API_VERSION.fullmatch(request.query.get("api-version", "")):
        raise ManagementError(
            400, "InvalidApiVersionParameter", "The api-version is missing or not valid."
        )
    instances = _of_subscription(request.path, state)
    match name:
        case Name.LIST_BY_SUBSCRIPTION:
            return {"value": [_resource(instance) for instance in instances]}
        case Name.LIST_BY_RESOURCE_GROUP:
            return {"value": [_resource(instance) for instance in _of_group(request, instances)]}
        case Name.GET_PROVISIONING_SERVICE:
            return _resource(_named(request, instances))
        case Name.LIST_KEYS:
            return {"value": _keys(_named(request, instances))}
    raise ManagementError(404, "InvalidResourceType", "The stand-in does not serve this path.")


def _of_subscription(path: tuple[str, ...], state: DpsState) -> list[DpsInstance]:
    wanted = path[1].lower() if len(path) > 1 else ""
    found = [
        instance.instance
        for instance in state.instances
        if instance.instance.subscription.lower() == wanted
    ]
    if not found:
        raise ManagementError(404, "SubscriptionNotFound", "The subscription was not found.")
    return found


def _of_group(request: Request, instances: list[DpsInstance]) -> list[DpsInstance]:
    wanted = request.path[3].lower()
    found = [instance for instance in instances if instance.resource_group.lower() == wanted]
    if not found:
        raise ManagementError(404, "ResourceGroupNotFound", "The resource group was not found.")
    return found


def _named(request: Request, instances: list[DpsInstance]) -> DpsInstance:
    wanted = request.path[7].lower()
    for instance in _of_group(request, instances):
        if instance.name.lower() == wanted:
            return instance
    raise ManagementError(404, "ResourceNotFound", "The provisioning service was not found.")


def _resource(instance: DpsInstance) -> dict[str, object]:
    group = f"/subscriptions/{instance.subscription}/resourceGroups/{instance.resource_group}"
    return {
        "id": f"{group}/providers/{_TYPE}/{instance.name}",
        "name": instance.name,
        "type": _TYPE,
        "location": instance.location,
        "tags": {},
        "etag": "AAAAAAAAAAE=",
        "resourcegroup": instance.resource_group,
        "subscriptionid": instance.subscription,
        "sku": {"name": "S1", "tier": "Standard", "capacity": 1},
        "properties": {
            "state": "Active",
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Enabled",
            "allocationPolicy": "Hashed",
            "serviceOperationsHostName": instance.hosts[0],
            "deviceProvisioningHostName": instance.device_host,
            "idScope": instance.id_scope,
            "iotHubs": [_hub(hub, instance.location) for hub in instance.hubs],
            "enableDataResidency": False,
            "disableLocalAuth": instance.disable_local_auth,
        },
    }


def _hub(hub: str, location: str) -> dict[str, object]:
    return {
        "name": hub,
        "location": location,
        "connectionString": f"HostName={hub};SharedAccessKeyName=iothubowner;SharedAccessKey=****",
        "applyAllocationPolicy": True,
        "allocationWeight": 1,
    }


def _keys(instance: DpsInstance) -> list[dict[str, object]]:
    return [
        {"keyName": name, "primaryKey": key, "secondaryKey": key, "rights": _RIGHTS}
        for name, key in instance.keys.items()
    ]
