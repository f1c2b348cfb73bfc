"""Policies and a provisioning template to start from, with what is one's own filled in.

They allow what a device needs and no more; each passes its own judge (`tng.policies.linting`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from tng.errors import UsageError

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}|\*", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}|\*", re.ASCII)
_TEMPLATE = re.compile(r"[0-9A-Za-z_-]{1,36}", re.ASCII)
_POLICY = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_PREFIX = re.compile(r"[0-9A-Za-z_.:-]{1,64}(?:/[0-9A-Za-z_.:-]{1,64}){0,3}", re.ASCII)
"""AWS takes eight levels at most, and the device's own are still to come."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is one's own in the examples.

    ``account`` and ``region`` may be ``*``: a policy holds in its own account and region only.
    """

    account: str = "*"
    region: str = "*"
    template: str = "tng-fleet"
    policy: str = "tng-device"
    topic_prefix: str = "devices"

    def check(self) -> None:
        """Raise `UsageError` for what AWS would not take, or what would widen a policy."""
        for name, value, pattern, expected in (
            ("account", self.account, _ACCOUNT, "twelve digits"),
            ("region", self.region, _REGION, "one like eu-central-1"),
            ("template", self.template, _TEMPLATE, "1 to 36 letters, digits, - and _"),
            ("policy", self.policy, _POLICY, "1 to 128 letters, digits and +=,.@-"),
            ("topic-prefix", self.topic_prefix, _PREFIX, "1 to 4 levels, without wildcards"),
        ):
            if not pattern.fullmatch(value):
                raise UsageError(f"--{name} {value[:60]!r} cannot be used", f"Expected {expected}.")

    @property
    def arn(self) -> str:
        """What every ARN of the place begins with."""
        partition = "aws"
        for prefix in ("cn", "us-gov"):
            if self.region.startswith(f"{prefix}-"):
                partition = f"aws-{prefix}"
        return f"arn:{partition}:iot:{self.region}:{self.account}"


@dataclass(frozen=True, slots=True)
class Example:
    """One document; ``fields`` are the options that it has a place for."""

    name: str
    about: str
    fields: tuple[str, ...]

    @property
    def file_name(self) -> str:
        """Of the document, where it is written to."""
        return f"{self.name}.json"

    def render(self, place: Place) -> str:
        """The document, JSON; raises `UsageError` for a place that cannot be."""
        place.check()
        text = (files("tng.policies") / "documents" / self.file_name).read_text("utf-8")
        for field, value in _VALUES.items():
            text = text.replace(f"@{field}@", value(place))
        return text


_VALUES: dict[str, Callable[[Place], str]] = {
    "ARN": lambda place: place.arn,
    "TEMPLATE": lambda place: place.template,
    "POLICY": lambda place: place.policy,
    "PREFIX": lambda place: place.topic_prefix,
}

EXAMPLES = (
    Example(
        "device-policy",
        "a device with a thing: it connects as its thing, and has topics and shadow of its own",
        ("account", "region", "topic_prefix"),
    ),
    Example(
        "device-policy-without-thing",
        "a device without a thing: the certificate's common name takes the thing's place",
        ("account", "region", "topic_prefix"),
    ),
    Example(
        "claim-policy",
        "the certificate that devices share until fleet provisioning gave them their own",
        ("account", "region", "template"),
    ),
    Example(
        "provisioning-template",
        "fleet provisioning: thing by serial number, certificate of the CSR, the device's policy",
        ("policy",),
    ),
)


def example(name: str) -> Example:
    """The example of that name; raises `UsageError`."""
    for item in EXAMPLES:
        if item.name == name:
            return item
    raise UsageError(f"there is no example {name[:60]!r}", "`tng examples` lists them.")
