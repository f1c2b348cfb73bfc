"""Rules for every policy: that it is well made, and says what it means.

Each rule is a pure function from a policy to remarks. Statements are judged one by one: what a
Deny takes away from an Allow is not subtracted.
"""

import re
from collections.abc import Iterable, Iterator

from tng.findings import Finding, finding
from tng.policies.model import Policy, Remark, Statement
from tng.policies.reading import characters, compact, shown
from tng.policies.resources import Resource, read_resource
from tng.policies.vocabulary import (
    ANY,
    ASSUME_ROLE,
    DEVICE_ACTIONS,
    RETAIN,
    granted,
    is_for_devices,
    is_known_variable,
    variables,
)

_PLACEHOLDER = re.compile(
    r"""(?x)
    <[^<>/]{1,64}> | \{\{ | \$\{AWS:: | \$\{(?:var|data|local)\.
    | (?<![0-9A-Za-z-]) (?: (?:AWS[_-]?)? (?:ACCOUNT|REGION|PARTITION) (?:[_-]?(?:ID|NUMBER|NAME))?
        | your[_-](?:account|region|thing|topic|template)[A-Za-z_-]* | [xX]{4,}
        | 123456789012 | 111122223333 ) (?![0-9A-Za-z])
    """
)
"""What documentation and templating tools have in the place of a value; the two numbers are
accounts of AWS's own examples."""
_PLACE = re.compile(r"arn:[^:]*:iot:([^:]*):([^:]*):")
_REGION = re.compile(r"|.*[*?].*|[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}", re.DOTALL)
_ACCOUNT = re.compile(r"|.*[*?].*|\d{12}", re.DOTALL)


def resources(statement: Statement) -> tuple[Resource, ...]:
    """The resources of a statement that could be read."""
    found = (read_resource(text) for text in statement.resources)
    return tuple(item for item in found if item is not None)


def actions(statement: Statement) -> frozenset[str]:
    """What a device can do by the statement's actions."""
    return frozenset().union(*map(granted, statement.actions))


def grants(statement: Statement) -> Iterator[tuple[str, Resource]]:
    """Each action that the statement names, with each resource that it can be done on."""
    for action in sorted(actions(statement)):
        for resource in resources(statement):
            if DEVICE_ACTIONS[action] in resource.types:
                yield action, resource


def named(names: Iterable[str]) -> str:
    """Some words of the document, as a list for people."""
    return ", ".join(map(shown, names))


def on(statement: Statement, found: Finding) -> Remark:
    """The finding as one of that statement."""
    return Remark(found, statement.where, statement.line)


def all_actions(policy: Policy) -> Iterator[Remark]:
    """Patterns that name every action, also those that AWS has yet to think of."""
    for statement in policy.allowing:
        for pattern in statement.actions:
            if granted(pattern) >= granted("iot:*"):
                said = f"it allows {shown(pattern)}, expected the actions that the device needs"
                yield on(statement, finding("policy-all-actions", said))


def inverted(policy: Policy) -> Iterator[Remark]:
    """Allow with NotAction or NotResource: everything else."""
    for statement in policy.allowing:
        for name in statement.inverted:
            plain = name.removeprefix("Not")
            said = f"it allows with {name}, expected {plain} with what is meant"
            yield on(statement, finding("policy-inverted", said))


def resource_types(policy: Policy) -> Iterator[Remark]:
    """Actions without a resource of their type, and resources without an action."""
    for statement in policy.statements:
        wanted, there = actions(statement), resources(statement)
        types = frozenset().union(*(item.types for item in there))
        for action in sorted(wanted):
            kind = DEVICE_ACTIONS[action]
            if there and kind not in types | {ANY} and action in statement.actions:
                said = f"{action} acts on {kind}/…, which is not among the resources"
                yield on(statement, finding("policy-resource-type", said))
        kinds = {DEVICE_ACTIONS[action] for action in wanted}
        for resource in there if wanted and ANY not in kinds else ():
            if resource.types and not resource.types & kinds:
                said = f"none of its actions acts on {shown(resource.text)}"
                yield on(statement, finding("policy-resource-type", said))


def unknown_variables(policy: Policy) -> Iterator[Remark]:
    """Variables that AWS IoT does not have, in resources and conditions."""
    for statement in policy.statements:
        values = (text for item in statement.conditions for text in item.values)
        found = [name for text in (*statement.resources, *values) for name in variables(text)]
        found += (item.key for item in statement.conditions)
        for name in dict.fromkeys(found):
            if not is_known_variable(name) and not name.startswith("aws::"):
                said = f"AWS IoT has no variable {shown(name)}"
                yield on(statement, finding("policy-variable-unknown", said))
        for text in statement.resources:
            if text.count("${") != sum(1 for _ in variables(text)):
                said = f"a variable is not closed in {shown(text)}"
                yield on(statement, finding("policy-variable-unknown", said))


def literal_wildcards(policy: Policy) -> Iterator[Remark]:
    """MQTT's wildcards where a policy takes them for themselves."""
    for statement in policy.statements:
        for resource in resources(statement):
            is_filter = "topicfilter" in resource.types
            if resource.is_everything or not resource.has_mqtt_wildcard:
                continue
            if statement.allows and not is_filter and "topic" in resource.types:
                said = f"{shown(resource.text)}: + and # match only themselves in topics"
                yield on(statement, finding("policy-mqtt-wildcard", said))
            if not statement.allows and is_filter:
                said = f"{shown(resource.text)}: only this very filter is denied, not its topics"
                yield on(statement, finding("policy-mqtt-wildcard", said))


def retained(policy: Policy) -> Iterator[Remark]:
    """Messages that stay."""
    for statement in policy.allowing:
        if any(RETAIN in granted(pattern) and "*" not in pattern for pattern in statement.actions):
            said = "it allows iot:RetainPublish"
            yield on(statement, finding("policy-retained", said))


def roles(policy: Policy) -> Iterator[Remark]:
    """AWS credentials by the certificate, of any role alias."""
    for statement in policy.allowing:
        for action, resource in grants(statement):
            if action == ASSUME_ROLE and (resource.is_everything or resource.has_wildcard):
                said = f"{ASSUME_ROLE} on {shown(resource.text)}, expected one role alias"
                yield on(statement, finding("policy-role-alias", said))


def not_for_devices(policy: Policy) -> Iterator[Remark]:
    """Actions that no certificate can be used for."""
    for statement in policy.allowing:
        found = [pattern for pattern in statement.actions if not is_for_devices(pattern)]
        if found:
            said = f"no device can do {named(found)} with its certificate"
            yield on(statement, finding("policy-not-for-devices", said))


def duplicates(policy: Policy) -> Iterator[Remark]:
    """Statements that say the same as an earlier one, whatever their Sid."""
    seen: dict[object, Statement] = {}
    for statement in policy.statements:
        said = (
            statement.effect,
            frozenset(statement.actions),
            frozenset(statement.resources),
            statement.inverted,
            statement.conditions,
        )
        if statement.inverted or not statement.actions:
            continue
        if said in seen:
            text = f"it says what {seen[said].where} says"
            yield on(statement, finding("policy-duplicate", text))
        else:
            seen[said] = statement


def placeholders(policy: Policy) -> Iterator[Remark]:
    """Words of documentation and of templating tools that were left in resources."""
    for statement in policy.statements:
        for text in statement.resources:
            found = _placeholder(text)
            if found:
                said = f"{shown(found)} in {shown(text)} is a placeholder"
                yield on(statement, finding("policy-placeholder", said))


def _placeholder(text: str) -> str:
    """What is still to be filled in; empty where there is nothing."""
    match = _PLACEHOLDER.search(text)
    if match:
        return match[0]
    place = _PLACE.match(text)
    for part, pattern in zip(place.groups(), (_REGION, _ACCOUNT), strict=True) if place else ():
        if not pattern.fullmatch(part):
            return str(part)
    return ""


def too_long(document: object, limit: int) -> Iterator[Finding]:
    """A document that AWS does not take for its length."""
    count = characters(compact(document))
    if count > limit:
        said = f"{count:,} characters without white space, AWS takes {limit:,}"
        yield finding("policy-too-long", said)


GENERAL = (
    all_actions,
    inverted,
    resource_types,
    unknown_variables,
    literal_wildcards,
    retained,
    roles,
    not_for_devices,
    duplicates,
    placeholders,
)
"""In the order in which they are asked."""
