"""The types of a plan as a file (``tng.plan/1``).

The file says what was decided, for people and for a later run. It holds no certificate:
applying it reads and verifies the sources again. It does hold the options that the plan was
made with, what was added to trust among them: keep it as safe as the command that made it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SCHEMA = "tng.plan/1"


@dataclass(frozen=True, slots=True)
class PlannedSource:
    """An input that the plan was made from: ``path`` as the user named it."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the verification and the selection were told; applying the plan repeats it.

    ``trust_anchors``, ``manifest_signers`` and ``intermediates`` are the files that were
    added to the built-in trust. ``at`` is the RFC 3339 time of ``--at``, if one was given,
    ``shard`` the part that the plan is about (``i/n``), if it is not all. ``csr`` is true where
    the sources are certificate requests; absent elsewhere, as in plans of older versions.
    """

    allow_unverified: bool = False
    allow_attestation: bool = False
    offline: bool = False
    strict: bool = False
    at: str | None = None
    trust_anchors: tuple[str, ...] = ()
    manifest_signers: tuple[str, ...] = ()
    intermediates: tuple[str, ...] = ()
    shard: str | None = None
    csr: bool | None = None


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    """One device on one target; see `DevicePlan`.

    ``certificate_sha256`` is its key: of one that asks with a request, that of its public key.
    """

    certificate_sha256: str
    device_id: str
    name: str
    disposition: str
    differences: tuple[str, ...]
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedTarget:
    """One target: which it is, how it was configured, and what is to be done there."""

    name: str
    cloud: str
    account: str
    region: str
    settings: Mapping[str, object]
    facts: tuple[tuple[str, str], ...]
    findings: tuple[tuple[str, str], ...]
    calls: Mapping[str, int]
    duration_seconds: float
    devices: tuple[PlannedDevice, ...]


@dataclass(frozen=True, slots=True)
class PlannedExclusion:
    """A device that was not eligible; ``device_id`` is absent where nothing was decoded."""

    source: str
    device_id: str | None
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedFailure:
    """A target that could not be planned."""

    name: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """The whole file. ``made_at`` is RFC 3339 in UTC."""

    made_at: str
    tool_version: str
    sources: tuple[PlannedSource, ...]
    options: PlanOptions
    targets: tuple[PlannedTarget, ...]
    failed: tuple[PlannedFailure, ...]
    ineligible: tuple[PlannedExclusion, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """When and by which version a plan was made; ``made_at`` is RFC 3339 in UTC."""

    made_at: str
    tool_version: str
