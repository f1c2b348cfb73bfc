"""Finding a service by its name: Resource Manager knows its hosts, hubs and keys. Read-only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from tng.clouds.azure.api import made
from tng.clouds.azure.connection_string import SharedKey, read_connection_string
from tng.clouds.azure.enrollment import mapping, text
from tng.clouds.azure.failures import NotFoundError
from tng.clouds.azure.rates import GET_SERVICE, LIST_KEYS
from tng.clouds.azure.refusals import refused
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.interface import Caller, CloudError
from tng.errors import TargetError

if TYPE_CHECKING:
    from azure.mgmt.iothubprovisioningservices import IotDpsClient

_MAX_KEYS = 100
"""Shared access policies that are looked at; a service has a handful."""
_USABLE = ("active", "transitioning")
_WRITING = frozenset({"enrollmentwrite", "serviceconfig"})
"""Access rights, one of which a key must have to create enrollments."""
_READING = frozenset({"enrollmentread", "enrollmentwrite", "serviceconfig"})


@dataclass(frozen=True, slots=True)
class Service:
    """A service as Resource Manager describes it; ``hubs`` are host names in lower case."""

    host: str
    id_scope: str
    hubs: tuple[str, ...]
    keys_disabled: bool


def discover(client: "IotDpsClient", caller: Caller, settings: AzureSettings) -> Service:
    """The service that ``settings`` name; raises `TargetError`."""
    name, group = str(settings.dps), str(settings.resource_group)

    def ask() -> Mapping[str, object]:
        return made(lambda: mapping(_plain(client.iot_dps_resource.get(name, group))))

    try:
        resource = caller(GET_SERVICE, ask)
    except NotFoundError:
        raise TargetError(
            f"there is no service {name} in the resource group {group}",
            "Correct dps, resource_group or subscription, or give dps_host instead.",
        ) from None
    except CloudError as error:
        raise refused(GET_SERVICE, error) from error
    return _read_service(name, mapping(resource.get("properties")))


def find_key(
    client: "IotDpsClient", caller: Caller, settings: AzureSettings, host: str
) -> SharedKey:
    """A key that may create enrollments; raises `TargetError`."""
    ask = partial(_list_keys, client, str(settings.dps), str(settings.resource_group))
    try:
        rules = caller(LIST_KEYS, ask)
    except CloudError as error:
        raise refused(LIST_KEYS, error) from error
    names = []
    for rule in rules:
        policy, key = text(rule.get("keyName")), text(rule.get("primaryKey"))
        names.append(policy[:64])
        rights = {word.strip().lower() for word in text(rule.get("rights")).split(",")}
        if key and rights & _WRITING and rights & _READING:
            line = f"HostName={host};SharedAccessKeyName={policy};SharedAccessKey={key}"
            return read_connection_string(line, f"the keys of {settings.dps}")
    raise TargetError(
        f"none of the service's shared access policies may write enrollments: {', '.join(names)}",
        "Add one with the rights EnrollmentRead and EnrollmentWrite, or use --auth login.",
    )


def _list_keys(client: "IotDpsClient", name: str, group: str) -> list[Mapping[str, object]]:
    def ask() -> list[Mapping[str, object]]:
        rules: Iterable[object] = client.iot_dps_resource.list_keys(name, group)
        return [mapping(_plain(rule)) for rule in islice(rules, _MAX_KEYS)]

    return made(ask)


def _plain(model: object) -> object:
    as_dict = getattr(model, "as_dict", None)
    return as_dict() if callable(as_dict) else model


def _read_service(name: str, properties: Mapping[str, object]) -> Service:
    host = text(properties.get("serviceOperationsHostName")).lower()
    state = text(properties.get("state"))
    if not host:
        raise TargetError(
            f"the service {name} has no host name",
            "If it is being made, wait until it is ready, then try again.",
        )
    if state and state.lower() not in _USABLE:
        raise TargetError(
            f"the service {name} is {state[:64]}, expected Active",
            "Look at it in the portal, then try again.",
        )
    listed = properties.get("iotHubs")
    hubs = listed if isinstance(listed, list) else []
    return Service(
        host=host,
        id_scope=text(properties.get("idScope")),
        hubs=tuple(
            hub.lower()
            for item in hubs
            if (hub := text(mapping(item).get("hostName")) or text(mapping(item).get("name")))
        ),
        keys_disabled=properties.get("disableLocalAuth") is True,
    )
