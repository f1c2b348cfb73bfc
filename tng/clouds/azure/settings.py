"""What a target in Azure is configured with; knows the keys, makes no call, needs no SDK.

Names follow ``az iot dps enrollment``. Secrets are never in here: the connection string stays
in the environment, and the settings name the variable.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tng.clouds.azure.twin import DESIRED_BYTES, TAGS_BYTES, read_section
from tng.config.tables import Table, Value
from tng.errors import ConfigurationError
from tng.plan.template import Template

IDENTITY_KEYS = ("dps_host", "dps", "resource_group", "subscription", "connection_string_env")
"""The keys that say *which* target it is; an override of them fits one target only."""

KEYS = (
    *IDENTITY_KEYS,
    "auth",
    "ca_file",
    "arm_endpoint",
    "registration_id",
    "device_id",
    "provisioning_status",
    "allocation_policy",
    "iot_hub",
    "reprovision_policy",
    "tags",
    "desired",
    "rate",
    "bulk",
    "bulk_counts_as",
    "limit",
    "update",
)
"""Every key of ``[targets.NAME]`` for ``cloud = "azure"``."""

CONNECTION_STRING_VARIABLE = "TNG_DPS_CONNECTION_STRING"
ARM_ENDPOINT = "https://management.azure.com"
DEFAULT_RATE = 15.0
"""Operations a second: 900 a minute, below the 1,000 that a service takes (DPS limits)."""
DEFAULT_LIMIT = 1_000_000
"""Individual enrollments that a service holds (DPS limits)."""

AUTH = ("key", "login")
STATUSES = ("enabled", "disabled")
ALLOCATION_POLICIES = {"hashed": "hashed", "geolatency": "geoLatency", "static": "static"}
"""The words of the settings and those of the service API."""
REPROVISION_POLICIES = {
    "reprovisionandmigratedata": (True, True),
    "reprovisionandresetdata": (True, False),
    "never": (False, False),
}
"""The words of ``az``; (``updateHubAssignment``, ``migrateDeviceData``) of the service API."""
BULK_COSTS = ("items", "call")

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}(?::|$)){_LABEL}(?:\.{_LABEL})*(?::[1-9]\d{{0,4}})?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,62}[A-Za-z0-9]")
_GROUP = re.compile(r"[\w.()-]{0,89}[\w()-]", re.ASCII)
_SUBSCRIPTION = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_ENDPOINT = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?/?")
_CN = Template.parse("{cn}", "the default")


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """One target in Azure: a Device Provisioning Service.

    ``name`` is the user's own, empty for a target made of flags. The service is given by
    ``dps_host`` (host, with a port where it is not 443), or found by ``dps`` in
    ``resource_group`` of ``subscription``. ``auth`` is ``None`` where a connection string in
    the environment decides. ``allocation_policy`` and ``reprovision_policy`` are words of the
    settings, ``None`` where the service's own is left. ``tags`` and ``desired`` are JSON texts.
    ``rate`` is operations a second, ``limit`` enrollments the service may hold. ``bulk`` is on:
    at the service's quota it is never slower, and it takes a fifth of the CPU time (``make
    bench``: 0.5 instead of 2.8 ms a device). ``bulk_counts_as`` is what is not documented:
    whether a bulk operation of ten counts as ten ("items", which is safe) or as one ("call",
    then ten times as fast).
    """

    name: str
    dps_host: str | None = None
    dps: str | None = None
    resource_group: str | None = None
    subscription: str | None = None
    connection_string_env: str = CONNECTION_STRING_VARIABLE
    auth: str | None = None
    ca_file: Path | None = None
    arm_endpoint: str = ARM_ENDPOINT
    registration_id: Template = _CN
    device_id: Template = _CN
    provisioning_status: str = "enabled"
    allocation_policy: str | None = None
    iot_hubs: tuple[str, ...] = ()
    reprovision_policy: str | None = None
    tags: str | None = None
    desired: str | None = None
    rate: float = DEFAULT_RATE
    bulk: bool = True
    bulk_counts_as: str = "items"
    limit: int = DEFAULT_LIMIT
    update: bool = False


def read_azure_settings(name: str, values: Mapping[str, Value]) -> AzureSettings:
    """Understand the merged values of a target; raises `ConfigurationError`."""
    table = Table(values)
    settings = AzureSettings(
        name=name,
        dps_host=_host(table),
        dps=_matching(table, "dps", _NAME, "the name of a Device Provisioning Service"),
        resource_group=_matching(table, "resource_group", _GROUP, "the name of a resource group"),
        subscription=_matching(table, "subscription", _SUBSCRIPTION, "a subscription's UUID"),
        connection_string_env=_variable(table),
        auth=_word(table, "auth", AUTH),
        ca_file=table.path("ca_file"),
        arm_endpoint=_endpoint(table),
        registration_id=_template(table, "registration_id"),
        device_id=_template(table, "device_id"),
        provisioning_status=_word(table, "provisioning_status", STATUSES) or "enabled",
        allocation_policy=_allocation_policy(table),
        iot_hubs=_hubs(table),
        reprovision_policy=_word(table, "reprovision_policy", REPROVISION_POLICIES),
        tags=read_section(values, "tags", TAGS_BYTES),
        desired=read_section(values, "desired", DESIRED_BYTES),
        rate=table.number("rate") or DEFAULT_RATE,
        bulk=table.flag("bulk") if "bulk" in values else True,
        bulk_counts_as=_word(table, "bulk_counts_as", BULK_COSTS) or "items",
        limit=table.count("limit") or DEFAULT_LIMIT,
        update=table.flag("update"),
    )
    _check_together(settings)
    return settings


def azure_settings_table(settings: AzureSettings) -> dict[str, object]:
    """The settings as a table that `read_azure_settings` understands; for saved plans."""
    table: dict[str, object] = {
        "dps_host": settings.dps_host,
        "dps": settings.dps,
        "resource_group": settings.resource_group,
        "subscription": settings.subscription,
        "connection_string_env": settings.connection_string_env,
        "auth": settings.auth,
        "ca_file": settings.ca_file and str(settings.ca_file.absolute()),
        "arm_endpoint": settings.arm_endpoint,
        "registration_id": settings.registration_id.text,
        "device_id": settings.device_id.text,
        "provisioning_status": settings.provisioning_status,
        "allocation_policy": settings.allocation_policy,
        "iot_hub": list(settings.iot_hubs),
        "reprovision_policy": settings.reprovision_policy,
        "tags": settings.tags and json.loads(settings.tags),
        "desired": settings.desired and json.loads(settings.desired),
        "rate": settings.rate,
        "bulk": settings.bulk,
        "bulk_counts_as": settings.bulk_counts_as,
        "limit": settings.limit,
        "update": settings.update,
    }
    return {key: value for key, value in table.items() if value not in (None, [])}


def azure_identity_only(settings: AzureSettings) -> AzureSettings:
    """The target without its wishes: which it is, how it is called and at which rate."""
    return AzureSettings(
        name=settings.name,
        dps_host=settings.dps_host,
        dps=settings.dps,
        resource_group=settings.resource_group,
        subscription=settings.subscription,
        connection_string_env=settings.connection_string_env,
        auth=settings.auth,
        ca_file=settings.ca_file,
        arm_endpoint=settings.arm_endpoint,
        rate=settings.rate,
        bulk=settings.bulk,
        bulk_counts_as=settings.bulk_counts_as,
        limit=settings.limit,
    )


def _matching(table: Table, key: str, pattern: re.Pattern[str], expected: str) -> str | None:
    text = table.text(key)
    if text is not None and not pattern.fullmatch(text):
        raise _wrong(table, key, text, expected)
    return text


def _host(table: Table) -> str | None:
    text = table.text("dps_host")
    if text is not None and not _HOST.fullmatch(text.lower()):
        raise _wrong(table, "dps_host", text, "a host name without scheme and path")
    return text and text.lower()


def _word(table: Table, key: str, words: tuple[str, ...] | Mapping[str, object]) -> str | None:
    text = table.text(key)
    if text is None:
        return None
    if text.lower() not in words:
        raise _wrong(table, key, text, " or ".join(words))
    return text.lower()


def _allocation_policy(table: Table) -> str | None:
    text = table.text("allocation_policy")
    if text is not None and text.lower() == "custom":
        raise ConfigurationError(
            f"{table.origin('allocation_policy')}: allocation_policy is 'custom', which calls a "
            "function of yours for every device",
            f"Here it is one of {', '.join(ALLOCATION_POLICIES)}; set a custom one with az.",
        )
    return _word(table, "allocation_policy", ALLOCATION_POLICIES)


def _hubs(table: Table) -> tuple[str, ...]:
    hubs = tuple(hub.lower() for hub in table.texts("iot_hub"))
    for hub in hubs:
        if not _HOST.fullmatch(hub) or ":" in hub:
            raise _wrong(table, "iot_hub", hub, "the host name of an IoT hub")
    if len(set(hubs)) != len(hubs):
        raise _wrong(table, "iot_hub", ", ".join(hubs), "different hubs")
    return hubs


def _variable(table: Table) -> str:
    text = table.text("connection_string_env")
    if text is None:
        return CONNECTION_STRING_VARIABLE
    if not _VARIABLE.fullmatch(text):
        # Not repeated: it may well be the connection string itself.
        raise ConfigurationError(
            f"{table.origin('connection_string_env')}: connection_string_env is not the name of "
            "an environment variable",
            "Put the connection string into a variable and name that here.",
        )
    return text


def _endpoint(table: Table) -> str:
    text = _matching(table, "arm_endpoint", _ENDPOINT, "an https address without a path")
    return (text or ARM_ENDPOINT).rstrip("/")


def _template(table: Table, key: str) -> Template:
    text = table.text(key)
    return _CN if text is None else Template.parse(text, table.origin(key))


def _check_together(settings: AzureSettings) -> None:
    label = f"target {settings.name!r}" if settings.name else "the target"
    if (settings.dps_host is None) == (settings.dps is None):
        raise ConfigurationError(
            f"{label} has {'both dps_host and dps' if settings.dps else 'no service'}",
            "Give either dps_host, or dps with resource_group and subscription.",
        )
    given = (settings.resource_group, settings.subscription)
    if settings.dps is not None and None in given:
        raise ConfigurationError(
            f"{label} names the service {settings.dps} but not where it is",
            "Add resource_group and subscription, or give dps_host instead.",
        )
    if settings.dps is None and given != (None, None):
        raise ConfigurationError(
            f"{label} has dps_host and also resource_group or subscription",
            "These belong to dps: remove them, or name the service with dps instead of dps_host.",
        )
    if settings.allocation_policy == "static" and len(settings.iot_hubs) != 1:
        raise ConfigurationError(
            f"{label} has allocation_policy static and {len(settings.iot_hubs)} hubs, expected one",
            "Name the one hub that the devices are to go to with iot_hub.",
        )


def _wrong(table: Table, key: str, found: str, expected: str) -> ConfigurationError:
    # A connection string or a password that was put into the wrong key is not repeated.
    shown = "something else" if set(found) & set("@;=") else repr(found[:128])
    return ConfigurationError(
        f"{table.origin(key)}: {key} is {shown}, expected {expected}",
        f"Correct {key} there.",
    )
