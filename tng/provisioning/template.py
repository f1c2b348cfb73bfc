"""Which provisioning template, and its parameters for each device. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tng.csr.model import RequestedDevice
from tng.errors import UsageError
from tng.provisioning.messages import THING_NAME

_NAME = re.compile(r"[0-9A-Za-z_-]{1,36}", re.ASCII)
"""AWS IoT API, CreateProvisioningTemplate."""
_FIELD = re.compile(r"\{([^{}]*)\}")
_PARAMETER = re.compile(r"[^=\s]{1,128}")
_THING_NAME = "ThingName"
"""The parameter that is a thing's name by its own name, as in AWS's own templates."""
_MOST_PARAMETERS = 100
_MAX_VALUE = 2048
"""Longer than any parameter that a template can put into a name or an attribute (800)."""

FIELDS = ("device_id", "common_name", "key_sha256")
"""What may stand in braces; the common name falls back on the device id."""


def check_template_name(name: str) -> str:
    """The name; `UsageError` for one that no template can have, which would be another topic."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:60]!r} is no name of a provisioning template",
            "It has 1 to 36 letters, digits, _ and -; `aws iot list-provisioning-templates` "
            "lists them.",
        )
    return name


@dataclass(frozen=True, slots=True)
class ParameterTemplates:
    """The parameters of RegisterThing, with ``{device_id}`` and the like still in them."""

    templates: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, words: Sequence[str]) -> "ParameterTemplates":
        """From ``NAME=TEMPLATE`` words; raises `UsageError`."""
        found: dict[str, str] = {}
        for word in words:
            name, equals, template = word.partition("=")
            if not equals or not _PARAMETER.fullmatch(name):
                raise UsageError(
                    f"{word[:60]!r} is no NAME=TEMPLATE", "Write SerialNumber={device_id}."
                )
            if name in found:
                raise UsageError(f"the parameter {name} is given twice", "Give it once.")
            _check_fields(template)
            found[name] = template
        if len(found) > _MOST_PARAMETERS:
            raise UsageError(f"{len(found)} parameters are more than any template has", "")
        return cls(tuple(found.items()))

    @property
    def tell_names(self) -> bool:
        """Whether the template is told what the device calls itself."""
        return any(
            field != "key_sha256"
            for _, template in self.templates
            for field in _FIELD.findall(template)
        )

    def unusable_name(self, device: RequestedDevice) -> str:
        """Why the parameter ThingName can be no thing's name; empty where it can, or is not given.

        Of other parameters it is not known whether the template calls the thing by them.
        """
        value = self.fill(device).get(_THING_NAME, "")
        return "" if not value or THING_NAME.fullmatch(value) else _no_name({_THING_NAME: value})

    def unlikely_name(self, device: RequestedDevice) -> str:
        """What tells this device from others and can be no thing's name; empty for nothing."""
        filled = self.fill(device)
        telling = {name: filled[name] for name, text in self.templates if _FIELD.search(text)}
        unlikely = {name: text for name, text in telling.items() if not THING_NAME.fullmatch(text)}
        return _no_name(unlikely) if unlikely else ""

    def fill(self, device: RequestedDevice) -> Mapping[str, str]:
        """The parameters of one device; each value has `_MAX_VALUE` characters at most."""
        values = {
            "device_id": device.record.device_id,
            "common_name": device.request.common_name or device.record.device_id,
            "key_sha256": device.request.key,
        }
        return {
            name: _FIELD.sub(lambda match: values[match[1]], template)[:_MAX_VALUE]
            for name, template in self.templates
        }


def _no_name(parameters: Mapping[str, str]) -> str:
    told = ", ".join(f"{name}={value[:60]!r}" for name, value in parameters.items())
    return f"no thing can be called by {told}"


def _check_fields(template: str) -> None:
    for name in _FIELD.findall(template):
        if name not in FIELDS:
            known = ", ".join(f"{{{field}}}" for field in FIELDS)
            raise UsageError(f"{{{name[:40]}}} is nothing that is known of a device", known)
