"""The words of AWS IoT policies: actions, the resources they act on, and variables.

Sources: AWS IoT Core developer guide, "AWS IoT Core policy actions", "AWS IoT Core action
resources" and "AWS IoT Core policy variables"; the jobs and shadow pages for their actions.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from types import MappingProxyType

CONNECT = "iot:Connect"
SUBSCRIBE = "iot:Subscribe"
RETAIN = "iot:RetainPublish"
ASSUME_ROLE = "iot:AssumeRoleWithCertificate"

ANY = "*"
"""The resource type of actions that act on none in particular."""

DEVICE_ACTIONS = MappingProxyType(
    {
        CONNECT: "client",
        "iot:DeleteConnection": "client",
        "iot:Publish": "topic",
        "iot:Receive": "topic",
        RETAIN: "topic",
        "iot:GetRetainedMessage": "topic",
        "iot:ListRetainedMessages": ANY,
        SUBSCRIBE: "topicfilter",
        "iot:GetThingShadow": "thing",
        "iot:UpdateThingShadow": "thing",
        "iot:DeleteThingShadow": "thing",
        "iot:ListNamedShadowsForThing": ANY,
        ASSUME_ROLE: "rolealias",
        "iotjobsdata:DescribeJobExecution": "thing",
        "iotjobsdata:GetPendingJobExecutions": "thing",
        "iotjobsdata:StartNextPendingJobExecution": "thing",
        "iotjobsdata:UpdateJobExecution": "thing",
    }
)
"""What a device can do with its certificate → the type of resource that it needs."""

RESOURCE_TYPES = frozenset(DEVICE_ACTIONS.values()) - {ANY}

_OTHER_DEVICE_SERVICES = ("greengrass:",)
"""Services whose device actions stand in the same policies; their resources are not judged."""

_NAME_ATTRIBUTES = (
    "DistinguishedNameQualifier|Country|Organization|OrganizationalUnit|State|CommonName"
    "|SerialNumber|Title|Surname|GivenName|Initials|Pseudonym|GenerationQualifier"
)
_ALTERNATE = "RFC822Name|DNSName|DirectoryName|UniformResourceIdentifier|IPAddress"
_NUMBERED = r"(?:\.(?:\d{1,3}|List))?"
"""Attributes that come several times: by number, or all of them in a condition."""

_KNOWN_VARIABLE = re.compile(
    rf"""(?ix)
    iot:(?: ClientId | DomainName | CertificateId
      | Connection\.Thing\.(?: ThingName | ThingTypeName | IsAttached | Attributes\[[^\]]+\] )
      | Certificate\.SerialNumber
      | Certificate\.(?:Issuer|Subject)\.(?: (?:{_NAME_ATTRIBUTES}){_NUMBERED}
          | AlternateName\.(?:{_ALTERNATE}){_NUMBERED} ) )
    | aws:(?: SourceIp | CurrentTime | EpochTime | SecureTransport | SourceVpc | SourceVpce
      | VpcSourceIp ) | cognito-identity\.amazonaws\.com:(?: sub | aud ) | [*?$]
    """
)
_DEVICE_VARIABLE = re.compile(
    rf"""(?ix)
    iot:(?: CertificateId | Certificate\.SerialNumber
      | Connection\.Thing\.(?: ThingName | Attributes\[[^\]]+\] )
      | Certificate\.Subject\.(?: (?: CommonName | SerialNumber | DistinguishedNameQualifier )
          {_NUMBERED} | AlternateName\.(?:{_ALTERNATE}){_NUMBERED} ) )
    | cognito-identity\.amazonaws\.com:sub
    """
)
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
CLIENT_ID = "iot:clientid"
THING_NAME = "iot:connection.thing.thingname"
IS_ATTACHED = "iot:connection.thing.isattached"


@lru_cache(maxsize=256)
def granted(pattern: str) -> frozenset[str]:
    """The device actions that ``pattern`` of a policy names; ``*`` and ``?`` are wildcards."""
    return frozenset(action for action in DEVICE_ACTIONS if matches(pattern, action))


def is_for_devices(pattern: str) -> bool:
    """Whether a device can do anything of what ``pattern`` names."""
    return bool(granted(pattern)) or pattern.lower().startswith(_OTHER_DEVICE_SERVICES)


def matches(pattern: str, text: str) -> bool:
    """Whether a policy's pattern matches all of ``text``, letter case aside.

    Goes back to the latest ``*`` alone, so that no pattern takes long.
    """
    pattern, text = pattern.lower(), text.lower()
    at = mark = resume = 0
    star = -1
    while at < len(text):
        here = pattern[mark : mark + 1]
        if here == "*":
            star, resume = mark, at
            mark += 1
        elif here and here in ("?", text[at]):
            at += 1
            mark += 1
        elif star >= 0:
            resume += 1
            at, mark = resume, star + 1
        else:
            return False
    return not pattern[mark:].strip("*")


def variables(text: str) -> Iterator[str]:
    """The names within ``${…}``, in lower case."""
    for match in _VARIABLE.finditer(text):
        yield match[1].strip().lower()


def without_variables(text: str) -> str:
    """``text`` with a NUL in the place of each variable."""
    return _VARIABLE.sub("\0", text)


def is_known_variable(name: str) -> bool:
    """Whether AWS IoT Core has a variable of that name."""
    return _KNOWN_VARIABLE.fullmatch(name) is not None


def tells_devices_apart(name: str) -> bool:
    """Whether the variable's value is another one for each device, and not chosen by it."""
    return _DEVICE_VARIABLE.fullmatch(name) is not None
