"""Fleet provisioning templates: their form, and who decides what a device becomes.

Source: AWS IoT Core developer guide, "Provisioning templates".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tng.findings import finding
from tng.policies.json_places import Path, PlacedJson
from tng.policies.model import Policy, Remark
from tng.policies.reading import MAX_CHARACTERS as MAX_POLICY_CHARACTERS
from tng.policies.reading import PolicyReader, read_document, shown
from tng.policies.rules import too_long

MAX_CHARACTERS = 10_240
"""Of a template's body (AWS IoT Core API, CreateProvisioningTemplate)."""

_MEMBERS = frozenset({"Parameters", "Resources", "DeviceConfiguration"})
_THING, _CERTIFICATE, _POLICY = (f"AWS::IoT::{kind}" for kind in ("Thing", "Certificate", "Policy"))
_GIVEN_BY_AWS = "AWS::IoT::Certificate::"
_OVERRIDES = ("DO_NOTHING", "REPLACE", "FAIL", "MERGE")


@dataclass(frozen=True, slots=True)
class TemplateResource:
    """One entry of ``Resources``."""

    name: str
    kind: str
    properties: Mapping[str, object]
    overrides: Mapping[str, object]

    @property
    def path(self) -> Path:
        """Where it stands."""
        return ("Resources", self.name)


class Template:
    """One template; its methods are the rules, each a stream of remarks."""

    def __init__(self, placed: PlacedJson, document: Mapping[str, object]) -> None:
        """``document`` is the object in ``placed``."""
        self._placed = placed
        self._document = document
        self._parameters = _object(document.get("Parameters"))
        self._resources = tuple(
            TemplateResource(
                name,
                str(_object(value).get("Type")),
                _object(_object(value).get("Properties")),
                _object(_object(value).get("OverrideSettings")),
            )
            for name, value in _object(document.get("Resources")).items()
        )

    @property
    def has_thing(self) -> bool:
        """Whether devices get a thing by it."""
        return any(item.kind == _THING for item in self._resources)

    def remarks(self) -> Iterator[Remark]:
        """All rules, but for those of policies in it."""
        for found in too_long(self._document, MAX_CHARACTERS):
            yield Remark(found)
        yield from self._form()
        yield from self._parameter_types()
        yield from self._references()
        yield from self._completeness()
        for item in self._resources:
            yield from self._choices(item)
            yield from self._certificate(item)
            yield from self._override(item)

    def policies(self) -> Iterator[tuple[Policy, tuple[Remark, ...], TemplateResource]]:
        """The policies that are written out in it, as objects or as text."""
        for item in self._resources:
            if item.kind != _POLICY or "PolicyDocument" not in item.properties:
                continue
            path: Path = (*item.path, "Properties", "PolicyDocument")
            value: object = item.properties["PolicyDocument"]
            early: list[Remark] = []
            lines: Mapping[Path, int] = self._placed.lines
            if isinstance(value, str):
                inner, early = read_document(value.encode("utf-8", "replace"))
                # Within a text, everything is where the text is.
                lines = {path: self._placed.lines[path]}
                early = [replace(remark, line=lines[path]) for remark in early]
                if inner is None:
                    yield Policy("", ()), tuple(early), item
                    continue
                value = inner.value
            early += (Remark(found) for found in too_long(value, MAX_POLICY_CHARACTERS))
            reader = PolicyReader(lines)
            policy = reader.policy(value, path)
            yield policy, (*early, *reader.remarks), item

    def _form(self) -> Iterator[Remark]:
        for name in sorted(self._document.keys() - _MEMBERS):
            yield self._refuse((name,), f"a template has no {shown(name)}")
        for name in ("Parameters", "Resources"):
            if not isinstance(self._document.get(name), dict):
                yield self._refuse((name,), f"{name} is missing, expected an object")
        for item in self._resources:
            if item.kind not in (_THING, _CERTIFICATE, _POLICY):
                said = f"Type is {shown(item.kind)}, expected {_THING}, {_CERTIFICATE} or {_POLICY}"
                yield self._refuse(item.path, said)
        configuration = self._document.get("DeviceConfiguration", {})
        if not isinstance(configuration, dict):
            yield self._refuse(("DeviceConfiguration",), "DeviceConfiguration is no object")

    def _parameter_types(self) -> Iterator[Remark]:
        for name, value in self._parameters.items():
            kind = _object(value).get("Type")
            if kind != "String":
                said = f"the parameter {shown(name)} has the type {shown(kind)}, expected String"
                yield self._remark("policy-template-parameter", said, ("Parameters", name))

    def _references(self) -> Iterator[Remark]:
        declared = {*self._parameters, *(item.name for item in self._resources)}
        used = set()
        for path, name in references(self._document, ()):
            used.add(name)
            if name not in declared and not name.startswith(_GIVEN_BY_AWS):
                said = f"it refers to {shown(name)}, which is no parameter"
                yield self._remark("policy-template-parameter", said, path)
        for name in self._parameters:
            if name not in used:
                said = f"the parameter {shown(name)} is not used"
                yield self._remark("policy-template-parameter", said, ("Parameters", name))

    def _completeness(self) -> Iterator[Remark]:
        for kind, why in (
            (_CERTIFICATE, "the certificate stays inactive and without a policy"),
            (_POLICY, "the certificate may do nothing"),
        ):
            if not any(item.kind == kind for item in self._resources):
                said = f"there is no {kind} in it: {why}"
                yield self._remark("policy-template-incomplete", said, ("Resources",))

    def _choices(self, item: TemplateResource) -> Iterator[Remark]:
        """What a device could ask for that is not its to choose."""
        for name in ("PolicyName", "PolicyDocument", "Status", "ThingGroups", "BillingGroup"):
            for path, parameter in references(item.properties.get(name), (*item.path, name)):
                if parameter in self._parameters and not parameter.startswith(_GIVEN_BY_AWS):
                    said = f"{name} comes from {shown(parameter)}, which the device chooses"
                    yield self._remark("policy-template-device-chooses", said, path)

    def _certificate(self, item: TemplateResource) -> Iterator[Remark]:
        if item.kind != _CERTIFICATE:
            return
        status = item.properties.get("Status")
        if not isinstance(status, str) or status.upper() != "ACTIVE":
            said = f"Status of {shown(item.name)} is {shown(status) or 'missing'}, expected Active"
            yield self._remark("policy-template-certificate-status", said, item.path)

    def _override(self, item: TemplateResource) -> Iterator[Remark]:
        path: Path = (*item.path, "OverrideSettings")
        for name, value in item.overrides.items():
            if value not in _OVERRIDES:
                said = f"{shown(name)} is {shown(value)}, expected {', '.join(_OVERRIDES)}"
                yield self._refuse(path, said)
            elif value == "REPLACE" and item.kind == _THING:
                said = f"{shown(name)} of a thing that is there already is replaced"
                yield self._remark("policy-template-override", said, path)

    def _refuse(self, path: Path, reason: str) -> Remark:
        return self._remark("policy-syntax", reason, path)

    def _remark(self, code: str, message: str, path: Path) -> Remark:
        where = ".".join(map(shown, path))
        while path and path not in self._placed.lines:
            path = path[:-1]
        return Remark(finding(code, message), where, self._placed.lines.get(path))


def references(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Each ``{"Ref": name}`` below ``value``, with where it stands; bounded by its depth."""
    if isinstance(value, dict):
        name = value.get("Ref")
        if isinstance(name, str):
            yield path, name
        for key, member in value.items():
            yield from references(member, (*path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from references(member, (*path, index))


def is_template(document: object) -> bool:
    """Whether the document looks like a template rather than a policy."""
    return isinstance(document, dict) and "Statement" not in document and "Resources" in document


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
