"""Which clouds can be run here, and by what; loads none of them."""

from enum import StrEnum


class LocalCloud(StrEnum):
    """A cloud that the sandbox can be."""

    AWS = "aws"
    AZURE = "azure"


class Emulator(StrEnum):
    """The emulators that the sandbox can start; ``docs/sandbox.md`` compares them."""

    MINISTACK = "ministack"
    MOTO = "moto"
