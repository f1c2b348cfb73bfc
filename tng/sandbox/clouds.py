"""Which clouds can be run here; loads none of them."""

from enum import StrEnum


class LocalCloud(StrEnum):
    """A cloud that the sandbox can be."""

    AWS = "aws"
    AZURE = "azure"
