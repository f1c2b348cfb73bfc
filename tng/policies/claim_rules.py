"""Rules for claims: whoever gets hold of one can ask for a certificate, and do nothing else.

Source: AWS IoT Core developer guide, "Provisioning devices that don't have device certificates
using fleet provisioning".
"""

import re
from collections.abc import Iterator

from tng.findings import finding
from tng.policies.device_rules import thing_names
from tng.policies.model import Policy, Remark
from tng.policies.reading import shown
from tng.policies.resources import Resource
from tng.policies.rules import actions, grants, named, on, resources
from tng.policies.vocabulary import CLIENT_ID, CONNECT, SUBSCRIBE, variables

_CERTIFICATES = re.compile(r"\$aws/certificates/create(?:-from-csr)?(?:/|\*$)")
_TEMPLATES = "$aws/provisioning-templates/"
_OWN_ACTIONS = frozenset({CONNECT, SUBSCRIBE, "iot:Publish", "iot:Receive"})


def is_claim(policy: Policy) -> bool:
    """Whether the policy speaks of the topics of fleet provisioning."""
    names = (item.name for statement in policy.allowing for item in resources(statement))
    return any(name.startswith((_TEMPLATES, "$aws/certificates/create")) for name in names)


def other_actions(policy: Policy) -> Iterator[Remark]:
    """Actions that provisioning does not need."""
    for statement in policy.allowing:
        found = sorted(actions(statement) - _OWN_ACTIONS)
        if found:
            said = f"it allows {named(found)}, which provisioning does not need"
            yield on(statement, finding("policy-claim-too-wide", said))


def other_topics(policy: Policy) -> Iterator[Remark]:
    """Topics beyond those of fleet provisioning."""
    for statement in policy.allowing:
        found = (item for action, item in grants(statement) if action != CONNECT)
        for resource in dict.fromkeys(found):
            if resource.is_everything or not _is_of_provisioning(resource.name):
                said = f"{shown(resource.text)}, expected topics of fleet provisioning alone"
                yield on(statement, finding("policy-claim-too-wide", said))


def any_template(policy: Policy) -> Iterator[Remark]:
    """Templates that are not named."""
    for statement in policy.allowing:
        for resource in resources(statement):
            name = resource.name.removeprefix(_TEMPLATES)
            if name != resource.name and re.search(r"[*?+#]", name.partition("/")[0]):
                said = f"{shown(resource.text)}, expected one template by its name"
                yield on(statement, finding("policy-claim-any-template", said))


def any_client(policy: Policy) -> Iterator[Remark]:
    """Client ids that may be those of devices."""
    for statement in policy.allowing:
        for action, resource in grants(statement):
            if action == CONNECT and _is_anyone(resource):
                said = f"{CONNECT} on {shown(resource.text)}, expected ids with a prefix of claims"
                yield on(statement, finding("policy-claim-any-client", said))


def things(policy: Policy) -> Iterator[Remark]:
    """The name of a thing that is not there yet."""
    yield from thing_names(policy, "a claim has no thing")


def _is_of_provisioning(name: str) -> bool:
    return name.startswith(_TEMPLATES) or _CERTIFICATES.match(name) is not None


def _is_anyone(resource: Resource) -> bool:
    """Whether the client's id is free from its first character on."""
    first = next(variables(resource.name), "") if resource.name.startswith("${") else ""
    return resource.name.startswith(("*", "?")) or first == CLIENT_ID


CLAIM = (other_actions, other_topics, any_template, any_client, things)
"""In the order in which they are asked."""
