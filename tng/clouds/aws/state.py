"""What a target holds of a device and what is wanted, in one vocabulary."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from tng.clouds.aws.issued import OwnCertificate
from tng.clouds.aws.settings import AwsSettings
from tng.plan.models import PlannableDevice
from tng.plan.template import TemplateError, device_fields

_THING_NAME = re.compile(r"[a-zA-Z0-9:_-]{1,128}")
_ATTRIBUTE_VALUE = re.compile(r"[a-zA-Z0-9_.,@/:#-]{1,800}")


class RemoteThing(TypedDict):
    """A thing as it is there; ``principals`` and ``groups`` are ARNs and names."""

    type: str | None
    billing_group: str | None
    attributes: Mapping[str, str]
    principals: tuple[str, ...]
    groups: tuple[str, ...]


class RemoteDevice(TypedDict):
    """What is there of one device: ``status`` is ``None`` without a certificate.

    ``own`` is the certificate that a device's request got, where it has one.
    """

    status: str | None
    policies: tuple[str, ...]
    thing: RemoteThing | None
    own: NotRequired[OwnCertificate]


@dataclass(frozen=True, slots=True)
class WantedThing:
    """The thing that a device is to have; ``problem`` says why it can't, if it can't."""

    name: str
    attributes: Mapping[str, str]
    problem: str = ""


def wanted_thing(settings: AwsSettings, device: PlannableDevice) -> WantedThing | None:
    """The thing that ``settings`` want for ``device``; ``None`` where they want none."""
    if settings.thing_name is None:
        return None
    fields = device_fields(device)
    try:
        name = settings.thing_name.render(fields)
        attributes = {key: value.render(fields) for key, value in settings.attributes}
    except TemplateError as error:
        return WantedThing("", {}, str(error))
    if not _THING_NAME.fullmatch(name):
        return WantedThing(
            "", {}, f"{name[:128]!r} is no thing name: expected 1 to 128 of a-z A-Z 0-9 : _ -"
        )
    for key, value in attributes.items():
        if not _ATTRIBUTE_VALUE.fullmatch(value):
            return WantedThing(
                "", {}, f"{value[:128]!r} is no value for {key}: expected a-z A-Z 0-9 and _.,@/:#-"
            )
    return WantedThing(name, attributes)


def thing_differences(
    settings: AwsSettings, attributes: Mapping[str, str], found: RemoteThing
) -> tuple[str, ...]:
    """How a thing of the wanted name differs from what is wanted; more attributes are fine."""
    differences = []
    if settings.thing_type != found["type"]:
        differences.append(_differs("type", found["type"], settings.thing_type))
    if settings.billing_group and settings.billing_group != found["billing_group"]:
        differences.append(
            _differs("billing group", found["billing_group"], settings.billing_group)
        )
    for name, value in attributes.items():
        if found["attributes"].get(name) != value:
            differences.append(_differs(f"attribute {name}", found["attributes"].get(name), value))
    return tuple(differences)


def read_thing(description: Mapping[str, object]) -> RemoteThing:
    """The reply of DescribeThing; principals and groups are not in it."""
    attributes = description.get("attributes")
    return RemoteThing(
        type=_text(description.get("thingTypeName")),
        billing_group=_text(description.get("billingGroupName")),
        attributes=attributes if isinstance(attributes, dict) else {},
        principals=(),
        groups=(),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _differs(what: str, found: str | None, wanted: str | None) -> str:
    return f"the thing's {what} is {found or 'absent'}, expected {wanted or 'none'}"
