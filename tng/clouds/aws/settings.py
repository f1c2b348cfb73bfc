"""What a target in AWS is configured with; knows the keys, makes no call, needs no boto3."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tng.config.tables import Table, Value
from tng.errors import ConfigurationError
from tng.plan.template import Template

IDENTITY_KEYS = ("region", "account", "profile", "role_arn")
"""The keys that say *which* target it is; an override of them fits one target only."""

KEYS = (
    *IDENTITY_KEYS,
    "endpoint_url",
    "policy",
    "create_policy",
    "thing_name",
    "thing_type",
    "thing_group",
    "billing_group",
    "status",
    "attributes",
    "rate",
    "rates",
    "rates_from_quotas",
    "update",
)
"""Every key of ``[targets.NAME]`` for ``cloud = "aws"``."""

STATUSES = ("ACTIVE", "INACTIVE")
MAX_POLICIES = 10
"""Policies a certificate may have (Service Quotas, AWS IoT Core)."""

_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")
_NAME = re.compile(r"[a-zA-Z0-9:_-]{1,128}")
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_ATTRIBUTE_NAME = re.compile(r"[a-zA-Z0-9_.,@/:#-]{1,128}")
_UNTYPED_ATTRIBUTES, _TYPED_ATTRIBUTES = 3, 50
"""Attributes of a thing without and with a type (AWS IoT Core, thing limits)."""


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """One target in AWS.

    ``name`` is the user's own, empty for a target made of flags. ``policies`` and ``groups``
    are names. ``rate`` is registrations a second, ``rates`` calls a second by operation.
    ``create_policy`` is the file of the policy document that is created if missing.
    """

    name: str
    region: str | None = None
    account: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    endpoint_url: str | None = None
    policies: tuple[str, ...] = ()
    create_policy: Path | None = None
    thing_name: Template | None = None
    thing_type: str | None = None
    groups: tuple[str, ...] = ()
    billing_group: str | None = None
    status: str = "ACTIVE"
    attributes: tuple[tuple[str, Template], ...] = ()
    rate: float | None = None
    rates: tuple[tuple[str, float], ...] = ()
    rates_from_quotas: bool = False
    update: bool = False


def read_aws_settings(name: str, values: Mapping[str, Value]) -> AwsSettings:
    """Understand the merged values of a target; raises `ConfigurationError`."""
    table = Table(values)
    settings = AwsSettings(
        name=name,
        region=_matching(table, "region", _REGION, "a region such as eu-central-1"),
        account=_matching(table, "account", _ACCOUNT, "twelve digits, as a text"),
        profile=table.text("profile"),
        role_arn=table.text("role_arn"),
        endpoint_url=table.text("endpoint_url"),
        policies=_names(table, "policy", _POLICY_NAME),
        create_policy=table.path("create_policy"),
        thing_name=_template(table, "thing_name"),
        thing_type=_matching(table, "thing_type", _NAME, "a name of letters, digits, : _ -"),
        groups=_names(table, "thing_group", _NAME),
        billing_group=_matching(table, "billing_group", _NAME, "a name of letters, digits, : _ -"),
        status=_status(table),
        attributes=_attributes(table),
        rate=table.number("rate"),
        rates=table.named_numbers("rates"),
        rates_from_quotas=table.flag("rates_from_quotas"),
        update=table.flag("update"),
    )
    _check_together(settings)
    return settings


def aws_settings_table(settings: AwsSettings) -> dict[str, object]:
    """The settings as a table that `read_aws_settings` understands; for saved plans."""
    table: dict[str, object] = {
        "region": settings.region,
        "account": settings.account,
        "profile": settings.profile,
        "role_arn": settings.role_arn,
        "endpoint_url": settings.endpoint_url,
        "policy": list(settings.policies),
        "create_policy": settings.create_policy and str(settings.create_policy.absolute()),
        "thing_name": settings.thing_name and settings.thing_name.text,
        "thing_type": settings.thing_type,
        "thing_group": list(settings.groups),
        "billing_group": settings.billing_group,
        "status": settings.status,
        "attributes": {name: template.text for name, template in settings.attributes},
        "rate": settings.rate,
        "rates": dict(settings.rates),
        "rates_from_quotas": settings.rates_from_quotas,
        "update": settings.update,
    }
    return {key: value for key, value in table.items() if value not in (None, [], {})}


def aws_identity_only(settings: AwsSettings) -> AwsSettings:
    """The settings without wishes: which target it is, and how fast it may be called."""
    return AwsSettings(
        name=settings.name,
        region=settings.region,
        account=settings.account,
        profile=settings.profile,
        role_arn=settings.role_arn,
        endpoint_url=settings.endpoint_url,
        rate=settings.rate,
        rates=settings.rates,
        rates_from_quotas=settings.rates_from_quotas,
    )


def _matching(table: Table, key: str, pattern: re.Pattern[str], expected: str) -> str | None:
    text = table.text(key)
    if text is not None and not pattern.fullmatch(text):
        raise _wrong(table, key, text, expected)
    return text


def _names(table: Table, key: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    names = table.texts(key)
    for name in names:
        if not pattern.fullmatch(name):
            raise _wrong(table, key, name, "a name of the characters that AWS allows")
    return names


def _status(table: Table) -> str:
    status = (table.text("status") or "ACTIVE").upper()
    if status not in STATUSES:
        raise _wrong(table, "status", status, " or ".join(STATUSES))
    return status


def _template(table: Table, key: str) -> Template | None:
    text = table.text(key)
    return None if text is None else Template.parse(text, table.origin(key))


def _attributes(table: Table) -> tuple[tuple[str, Template], ...]:
    attributes = table.named_texts("attributes")
    for name, _ in attributes:
        if not _ATTRIBUTE_NAME.fullmatch(name):
            raise _wrong(table, "attributes", name, "a name of letters, digits and _.,@/:#-")
    origin = table.origin("attributes")
    return tuple((name, Template.parse(text, origin)) for name, text in attributes)


def _check_together(settings: AwsSettings) -> None:
    label = f"target {settings.name!r}" if settings.name else "the target"
    if settings.thing_name is None:
        for key, value in (
            ("thing_type", settings.thing_type),
            ("thing_group", settings.groups),
            ("billing_group", settings.billing_group),
            ("attributes", settings.attributes),
        ):
            if value:
                raise ConfigurationError(
                    f"{label} has {key} but no thing_name, so no thing would be made",
                    "Add a thing name, for example '{device_id}'.",
                )
    if settings.create_policy and len(settings.policies) != 1:
        raise ConfigurationError(
            f"{label} has create_policy and {len(settings.policies)} policies, expected one",
            "Name the one policy that is to be created from the file.",
        )
    if len(settings.policies) > MAX_POLICIES:
        raise ConfigurationError(
            f"{label} has {len(settings.policies)} policies",
            f"AWS attaches at most {MAX_POLICIES} to a certificate.",
        )
    limit = _TYPED_ATTRIBUTES if settings.thing_type else _UNTYPED_ATTRIBUTES
    if len(settings.attributes) > limit:
        raise ConfigurationError(
            f"{label} has {len(settings.attributes)} attributes",
            f"AWS allows {_UNTYPED_ATTRIBUTES}, and {_TYPED_ATTRIBUTES} for things with a type.",
        )


def _wrong(table: Table, key: str, found: str, expected: str) -> ConfigurationError:
    return ConfigurationError(
        f"{table.origin(key)}: {key} is {found!r}, expected {expected}", f"Correct {key} there."
    )
