"""What stands on the targets, besides how each device does."""

from collections.abc import Mapping
from dataclasses import dataclass

from tng.audit.models.devices import Standing


@dataclass(frozen=True, slots=True)
class HeldElsewhere:
    """A device that the ledger says `tng` registered on a target that was not asked about."""

    target: str
    devices: int


@dataclass(frozen=True, slots=True)
class UnknownDevice:
    """What a target holds that is in no source: by its certificate's SHA-256 and its name.

    ``recorded`` says that the ledger knows it as registered by this tool.
    """

    key: str
    name: str
    recorded: bool


@dataclass(frozen=True, slots=True)
class AuditedTarget:
    """One target: what stands there, and what else does.

    ``place`` is account and region, or host. ``counts`` are devices by standing. ``unknown``
    are the first devices in no source, ``unknown_count`` is how many of them the ledger does not
    know either, ``recorded_count`` how many it does; where not all that it holds was ``listed``,
    nobody looked for them. ``problem`` says why it was not read.
    """

    name: str
    cloud: str
    place: str
    facts: tuple[tuple[str, str], ...]
    counts: Mapping[Standing, int]
    unknown: tuple[UnknownDevice, ...]
    unknown_count: int
    recorded_count: int
    problem: str
    listed: bool = True
