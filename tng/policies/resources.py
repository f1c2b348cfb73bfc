"""Resources of statements: what kind of thing an ARN names, and how widely."""

import re
from dataclasses import dataclass
from functools import lru_cache

from tng.policies.vocabulary import (
    CLIENT_ID,
    RESOURCE_TYPES,
    matches,
    tells_devices_apart,
    variables,
    without_variables,
)

_PART = r"((?:\$\{[^{}]*\}|[^:$]|\$(?!\{))*)"
_ARN = re.compile(rf"arn:{_PART}:{_PART}:{_PART}:{_PART}:(.*)", re.DOTALL)
_WILDCARD = re.compile(r"[*?]")
_MQTT_WILDCARD = re.compile(r"(?:^|(?<=/))(?:\+(?=/|$)|#$)")
"""As levels of a topic filter (MQTT 3.1.1 §4.7.1)."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a statement.

    ``types`` are those of `RESOURCE_TYPES` that it can name, empty for others. ``name`` is what
    follows the type (a client id, a topic …), ``*`` where the type itself is a pattern.
    ``is_everything`` is true for ``*`` and for patterns that begin with a wildcard.
    """

    text: str
    types: frozenset[str]
    name: str
    is_everything: bool = False

    @property
    def has_wildcard(self) -> bool:
        """Whether the policy itself opens it: ``*`` or ``?`` outside variables."""
        return _WILDCARD.search(without_variables(self.name)) is not None

    @property
    def has_mqtt_wildcard(self) -> bool:
        """Whether a level is ``+``, or the last one ``#``."""
        return _MQTT_WILDCARD.search(without_variables(self.name)) is not None

    @property
    def is_open(self) -> bool:
        """Whether it names more than one client, topic or filter, or a filter of many topics."""
        return self.has_wildcard or ("topicfilter" in self.types and self.has_mqtt_wildcard)

    @property
    def opens_at_first_level(self) -> bool:
        """Whether nothing, or only the beginning of the first level, is fixed."""
        plain = without_variables(self.name)
        first = plain.partition("/")[0]
        # A trailing wildcard of the first level reaches over all further ones.
        is_all = first in ("+", "#") and "topicfilter" in self.types
        return is_all or first.startswith(("*", "?"))

    @property
    def opens_beside_variable(self) -> bool:
        """Whether a wildcard stands before a variable, or behind one in the same level.

        Either way the text that is meant for one device can be matched by another's.
        """
        plain = without_variables(self.name)
        last = plain.rfind("\0")
        return last >= 0 and (
            _WILDCARD.search(plain[:last]) is not None
            or re.search(r"\0[^/]*[*?]", plain) is not None
        )

    def is_bound(self, *, by_client_id: bool) -> bool:
        """Whether a variable in it is another one for each device.

        The client id counts only ``by_client_id``: devices choose it themselves, as far as
        iot:Connect lets them.
        """
        names = frozenset(variables(self.name))
        return any(map(tells_devices_apart, names)) or (by_client_id and CLIENT_ID in names)


@lru_cache(maxsize=256)
def read_resource(text: str) -> Resource | None:
    """What ``text`` names; ``None`` if it is neither ``*`` nor an ARN."""
    if text == "*":
        return Resource(text, RESOURCE_TYPES, "*", is_everything=True)
    match = _ARN.fullmatch(text)
    if match is None:
        # arn:aws:iot:* leaves parts to its wildcard.
        is_pattern = text.startswith("arn:") and text.endswith("*") and text.count(":") < 6
        return Resource(text, RESOURCE_TYPES, "*", is_everything=True) if is_pattern else None
    if not matches(match[2], "iot"):
        return Resource(text, frozenset(), match[5])
    rest = match[5]
    wild = _WILDCARD.search(rest)
    kind, slash, name = rest.partition("/")
    if wild is not None and (not slash or wild.start() < len(kind)):
        head = rest[: wild.start()]
        types = frozenset(item for item in RESOURCE_TYPES if f"{item}/".startswith(head))
        return Resource(text, types, "*", is_everything=not head)
    return Resource(text, frozenset({kind}) & RESOURCE_TYPES, name)
