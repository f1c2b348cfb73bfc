"""Rules for policies of devices: no chip may act as another."""

import re
from collections.abc import Iterator

from tng.findings import finding
from tng.policies.model import Policy, Remark, Statement
from tng.policies.reading import shown
from tng.policies.resources import Resource
from tng.policies.rules import actions, grants, named, on, resources
from tng.policies.vocabulary import (
    ANY,
    CONNECT,
    DEVICE_ACTIONS,
    IS_ATTACHED,
    THING_NAME,
    tells_devices_apart,
    variables,
)

_RESERVED = "$aws/"
_THINGS = "$aws/things/"
_BASIC_INGEST = "$aws/rules/"


def all_resources(policy: Policy) -> Iterator[Remark]:
    """Everything, but for what acts on nothing in particular."""
    for statement in policy.allowing:
        wide = [item for item in resources(statement) if item.is_everything]
        # Connecting has a rule of its own, which knows of its condition.
        done = [
            action
            for action in actions(statement)
            if action != CONNECT and DEVICE_ACTIONS[action] != ANY
        ]
        if wide and done:
            found = f"{named(statement.actions)} on {named(item.text for item in wide)}"
            said = f"{found}, expected the device's own client, topics and filters"
            yield on(statement, finding("policy-all-resources", said))


def any_client(policy: Policy) -> Iterator[Remark]:
    """Client ids that the certificate has no part in."""
    for statement in policy.allowing:
        for action, resource in grants(statement):
            if action != CONNECT or not _is_free(resource):
                continue
            if needs_attached_thing(statement):
                said = f"{shown(resource.text)}, and only the condition ties it to the device"
                yield on(statement, finding("policy-client-by-condition", said))
            else:
                said = f"{CONNECT} on {shown(resource.text)}, expected the device's own client id"
                yield on(statement, finding("policy-any-client", said))


def topics_of_others(policy: Policy) -> Iterator[Remark]:
    """Topics and filters that belong to no device in particular."""
    for statement in policy.allowing:
        for resource in _open(statement, "topic", "topicfilter"):
            if _is_reserved(resource):
                continue
            if resource.opens_at_first_level:
                said = f"{shown(resource.text)} takes in every topic, expected the device's own"
                yield on(statement, finding("policy-all-topics", said))
            else:
                said = f"{shown(resource.text)} is the same for all devices"
                yield on(statement, finding("policy-topics-shared", said))


def things_of_others(policy: Policy) -> Iterator[Remark]:
    """Shadows, jobs and events of other things."""
    for statement in policy.allowing:
        for resource in _open(statement, "topic", "topicfilter", "thing"):
            if "thing" in resource.types:
                said = f"{shown(resource.text)} takes in other things"
            elif not _is_reserved(resource):
                continue
            elif resource.name.startswith(_THINGS):
                said = f"{shown(resource.text)} takes in shadows and jobs of other things"
            else:
                said = f"{shown(resource.text)} takes in reserved topics of the whole account"
            yield on(statement, finding("policy-other-things", said))


def wildcards_beside_variables(policy: Policy) -> Iterator[Remark]:
    """Wildcards that let the text of one device match that of another."""
    for statement in policy.allowing:
        for resource in resources(statement):
            if resource.opens_beside_variable:
                said = f"{shown(resource.text)}: a wildcard before a variable, or in its level"
                yield on(statement, finding("policy-wildcard-beside-variable", said))


def unattached(policy: Policy) -> Iterator[Remark]:
    """Connecting by the thing's name, without asking that the thing is this certificate's."""
    for statement in policy.allowing:
        if CONNECT not in actions(statement) or needs_attached_thing(statement):
            continue
        if any(THING_NAME in variables(resource.name) for resource in resources(statement)):
            said = "expected a condition on iot:Connection.Thing.IsAttached"
            yield on(statement, finding("policy-thing-not-attached", said))


def things_may_be_missing(policy: Policy) -> Iterator[Remark]:
    """Topics by the thing's name, for devices that may connect without a thing."""
    without = [
        item for item in policy.allowing if CONNECT in actions(item) and not _needs_thing(item)
    ]
    for statement in policy.allowing if without else ():
        if CONNECT not in actions(statement) and _names_thing(statement):
            said = f"it needs a thing, and {without[0].where} lets devices without one connect"
            yield on(statement, finding("policy-thing-may-be-missing", said))


def thing_names(policy: Policy, why: str) -> Iterator[Remark]:
    """Every use of the thing's name, where ``why`` there is none."""
    for statement in policy.allowing:
        if _names_thing(statement):
            said = f"it uses the thing's name, and {why}"
            yield on(statement, finding("policy-thing-may-be-missing", said))


def needs_attached_thing(statement: Statement) -> bool:
    """Whether it holds only for certificates that are attached to the thing."""
    return any(
        item.key.lower() == IS_ATTACHED
        and item.operator.lower() in ("bool", "stringequals")
        and [text.lower() for text in item.values] == ["true"]
        for item in statement.conditions
    )


def _is_free(resource: Resource) -> bool:
    """Whether devices can choose among client ids; one fixed id is one device's policy."""
    if resource.is_bound(by_client_id=False):
        return False
    return resource.is_everything or resource.has_wildcard or any(variables(resource.name))


def _open(statement: Statement, *types: str) -> Iterator[Resource]:
    """Its resources of these types that name more than what is the device's own, each once."""
    found = (
        resource
        for action, resource in grants(statement)
        if DEVICE_ACTIONS[action] in types and not resource.is_everything
    )
    for resource in dict.fromkeys(found):
        if resource.is_open and not resource.is_bound(by_client_id=True):
            yield resource


def _is_reserved(resource: Resource) -> bool:
    """Whether it takes in topics of AWS IoT itself; those of rules (basic ingest) are for all."""
    if resource.name.startswith(_RESERVED):
        return not resource.name.startswith(_BASIC_INGEST)
    head = re.split(r"[*?]", resource.name)[0]
    return bool(head) and _RESERVED.startswith(head)


def _needs_thing(statement: Statement) -> bool:
    return needs_attached_thing(statement) or _names_thing(statement)


def _names_thing(statement: Statement) -> bool:
    return any(
        name.startswith("iot:connection.thing.") and tells_devices_apart(name)
        for resource in resources(statement)
        for name in variables(resource.name)
    )


DEVICE = (
    all_resources,
    any_client,
    topics_of_others,
    things_of_others,
    wildcards_beside_variables,
    unattached,
    things_may_be_missing,
)
"""In the order in which they are asked."""
