"""Partitions and ARNs: what can be said of a target before any call."""

from dataclasses import dataclass

_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)
"""Region prefixes outside of the partition ``aws`` (botocore, partitions.json)."""


def partition(region: str) -> str:
    """The partition that a region belongs to."""
    for prefix, name in _PARTITIONS:
        if region.startswith(prefix):
            return name
    return "aws"


@dataclass(frozen=True, slots=True)
class Place:
    """An account in a region: what ARNs are made of."""

    account: str
    region: str

    def certificate_arn(self, certificate_id: str) -> str:
        """The ARN of a certificate, known before it is registered."""
        place = f"{partition(self.region)}:iot:{self.region}:{self.account}"
        return f"arn:{place}:cert/{certificate_id}"
