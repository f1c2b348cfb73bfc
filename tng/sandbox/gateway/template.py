"""What a fleet provisioning template makes of a device's parameters.

Pure: JSON text and parameters in, a `ThingPlan` out. Resources are things, certificates and
policies; of the intrinsic functions ``Ref``, ``Fn::Join`` and ``Fn::Sub`` are known, of a
thing its name, type, groups and attributes. ``OverrideSettings`` and hooks are not.
Source: "Provisioning templates" of the AWS IoT Core developer guide.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

CERTIFICATE_ID = "AWS::IoT::Certificate::Id"
"""The parameter that the service itself gives."""

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_THING_NAME = re.compile(r"[a-zA-Z0-9:_-]{1,128}")
"""Also of types and groups (AWS IoT API, CreateThing); emulators take any."""
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_STATUSES = ("ACTIVE", "INACTIVE")
_DEEPEST = 32
_LONGEST = 64 * 1024

Json = dict[str, object]


class TemplateError(Exception):
    """A template or parameters that make no device; ``code`` is AWS's name for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class ThingPlan:
    """What is to be made for one device.

    ``thing`` is ``None`` where the template makes none. ``policies`` are names of policies
    that exist; ``status`` is the certificate's.
    """

    thing: str | None
    thing_type: str | None
    groups: tuple[str, ...]
    attributes: Mapping[str, str]
    policies: tuple[str, ...]
    status: str
    device_configuration: Mapping[str, object]


def plan_thing(body: str, parameters: Mapping[str, str], certificate_id: str) -> ThingPlan:
    """Evaluate a template's body (JSON text). Raises `TemplateError`."""
    try:
        template = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _invalid("The template body is invalid") from error
    if not isinstance(template, dict):
        raise _invalid("The template body is invalid")
    resolve = _Resolver(_values(template, parameters, certificate_id))
    resources = [
        (str(resource.get("Type")), _object(resolve(resource.get("Properties", {}))))
        for resource in _object(template.get("Resources")).values()
        if isinstance(resource, dict)
    ]
    things = [properties for kind, properties in resources if kind == "AWS::IoT::Thing"]
    certificates = [properties for kind, properties in resources if kind == "AWS::IoT::Certificate"]
    thing = things[0] if things else {}
    return ThingPlan(
        thing=_name(thing.get("ThingName"), "ThingName") if things else None,
        thing_type=_name(thing["ThingTypeName"], "ThingTypeName")
        if "ThingTypeName" in thing
        else None,
        groups=_names(thing.get("ThingGroups", []), "ThingGroups"),
        attributes={
            str(name): _text(value, "AttributePayload")
            for name, value in _object(thing.get("AttributePayload")).items()
        },
        policies=tuple(
            _name(properties.get("PolicyName"), "PolicyName", _POLICY_NAME)
            for kind, properties in resources
            if kind == "AWS::IoT::Policy"
        ),
        status=_status(certificates[0].get("Status", "ACTIVE")) if certificates else "ACTIVE",
        device_configuration=_object(resolve(template.get("DeviceConfiguration", {}))),
    )


def _values(
    template: Json, parameters: Mapping[str, str], certificate_id: str
) -> Mapping[str, object]:
    declared = _object(template.get("Parameters"))
    defaults = {
        name: declaration["Default"]
        for name, declaration in declared.items()
        if isinstance(declaration, dict) and "Default" in declaration
    }
    return defaults | dict(parameters) | {CERTIFICATE_ID: certificate_id}


class _Resolver:
    """Fills in references; called with a value of the template."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __call__(self, value: object, depth: int = 0) -> object:
        if depth > _DEEPEST:
            raise _invalid("The template body is nested too deeply")
        if isinstance(value, list):
            return [self(item, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            function, argument = next(iter(value.items()))
            if function == "Ref":
                return self._reference(argument)
            if str(function).startswith("Fn::"):
                return _bounded(self._call(function, self(argument, depth + 1)))
        return {name: self(item, depth + 1) for name, item in value.items()}

    def _reference(self, name: object) -> str:
        found = self._values.get(str(name))
        if found is None:
            raise TemplateError("InvalidParameters", f"Cannot resolve reference value: {name}")
        return str(found)

    def _call(self, function: str, argument: object) -> str:
        match function, argument:
            case "Fn::Join", [str(separator), list(parts)]:
                return separator.join(str(part) for part in parts)
            case "Fn::Sub", str(text):
                return self._substitute(text, {})
            case "Fn::Sub", [str(text), dict(variables)]:
                return self._substitute(text, variables)
        raise _invalid(f"The template has an invalid {function}")

    def _substitute(self, text: str, variables: Mapping[str, object]) -> str:
        def one(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            return str(variables[name]) if name in variables else self._reference(name)

        return _REFERENCE.sub(one, text)


def _bounded(text: str) -> str:
    if len(text) > _LONGEST:
        raise _invalid("The template makes a text that is too long")
    return text


def _invalid(message: str) -> TemplateError:
    return TemplateError("InvalidTemplate", message)


def _object(content: object) -> Json:
    return content if isinstance(content, dict) else {}


def _text(content: object, name: str) -> str:
    if not isinstance(content, str) or not content:
        raise _invalid(f"The template gives no text as {name}")
    return content


def _name(content: object, name: str, allowed: re.Pattern[str] = _THING_NAME) -> str:
    text = _text(content, name)
    if not allowed.fullmatch(text):
        raise TemplateError("InvalidParameters", f"{name} must match {allowed.pattern}")
    return text


def _names(content: object, name: str) -> tuple[str, ...]:
    if not isinstance(content, list):
        raise _invalid(f"The template gives no list as {name}")
    return tuple(_name(item, name) for item in content)


def _status(content: object) -> str:
    status = str(content).upper()
    if status not in _STATUSES:
        raise _invalid(f"The template gives none of {', '.join(_STATUSES)} as Status")
    return status
