"""What a plan is made of: which device gets which steps on which target.

A plan holds devices that the verifier passed, or that the user explicitly waved
through; there is no other way for a certificate to reach a cloud. Devices that ask for a
certificate with a request (CSR) are planned alike, as `RequestedDevice`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tng.csr.model import RequestedDevice
from tng.findings import Finding
from tng.models import DeviceRecord, Outcome, UnverifiedDevice, VerifiedDevice
from tng.plan.shard import Shard
from tng.x509.certificate import Certificate


@dataclass(frozen=True, slots=True)
class UnverifiedAllowedDevice:
    """An unverified device that the user let pass with ``--allow-unverified``."""

    device: UnverifiedDevice
    leaf: Certificate

    @property
    def record(self) -> DeviceRecord:
        """The device's record."""
        return self.device.record

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The device's findings."""
        return self.device.findings


PlannableDevice = VerifiedDevice | UnverifiedAllowedDevice | RequestedDevice


def device_key(device: PlannableDevice) -> str:
    """Who the device is in a plan and in the ledger; see `DevicePlan.key`."""
    if isinstance(device, RequestedDevice):
        return device.request.key
    return device.leaf.sha256


def certificate_of(device: PlannableDevice) -> Certificate:
    """The device's certificate; raises `TypeError` for one that only asks for one."""
    if isinstance(device, RequestedDevice):
        raise TypeError("a device that asks for a certificate has none yet")
    return device.leaf


class Disposition(StrEnum):
    """What a target holds of a device already, and so what is to be done."""

    REGISTER = "register"
    """Not there: everything is to be made."""
    COMPLETE = "complete"
    """There, but something that can be added is missing (policy, thing, group)."""
    RIGHT = "right"
    """There and as wanted; nothing to do."""
    DIFFERENT = "different"
    """There in a state that is not changed unless asked (inactive, revoked)."""
    CONFLICT = "conflict"
    """Something else stands in the way (a thing of that name with other settings)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call to a cloud, complete and ready to be sent.

    ``operation`` is the API's own name for it and the key of its rate bucket;
    ``subject`` tells apart several calls of one operation for one device (the policy's
    name, say). ``request`` holds exactly the API's parameters.
    """

    operation: str
    subject: str
    request: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """One device on one target.

    ``key`` is the SHA-256 of the leaf's DER in lower hex: the identity of the
    registration everywhere (AWS: the certificate id). For a device that asks with a request it
    is that of its public key (SubjectPublicKeyInfo). ``name`` is what the device will be
    called there (thing name, registration id). ``differences`` tell in words how the
    remote state departs from what is wanted. ``calls`` are the (operation, subject) pairs of
    the steps to be made, in order. ``name`` is empty where the target names nothing.
    ``claims`` are further names, each with what it is (``("device id", "0123…")``), that no
    other device may have on the target. ``remarks`` are what is to be said about the device on
    this target although it is planned.
    """

    device: PlannableDevice
    key: str
    name: str
    disposition: Disposition
    differences: tuple[str, ...]
    calls: tuple[tuple[str, str], ...]
    claims: tuple[tuple[str, str], ...] = ()
    remarks: tuple[Finding, ...] = ()

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of ``calls``, in order."""
        return tuple(operation for operation, _ in self.calls)


@dataclass(frozen=True, slots=True)
class IneligibleDevice:
    """An outcome that is not planned, and why (the first finding that excludes it)."""

    outcome: Outcome
    reason: str


UNKNOWN_ACCOUNT = "unknown"
"""Stands for `TargetDescription.account` until the cloud was asked, where none was configured."""


@dataclass(frozen=True, slots=True)
class TargetDescription:
    """Which account in which region: ``key`` is its identity in the ledger.

    ``name`` is the user's own (from ``tng.toml``) or made from account and region. ``account``
    is what the cloud tells its customers apart by: AWS's twelve digits, the service host name
    of an Azure DPS instance (which is in no ``region``: that is empty).
    ``key`` is ``"aws:111111111111:eu-central-1"``-like and never holds a secret.
    """

    name: str
    cloud: str
    account: str
    region: str

    @property
    def key(self) -> str:
        """Identity in the ledger."""
        return ":".join(part for part in (self.cloud, self.account, self.region) if part)

    @property
    def place(self) -> str:
        """Where it is, in words."""
        if not self.region:
            return self.account
        return f"account {self.account}, {self.region}"


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """Everything to be done on one target.

    ``facts`` are what the preflight found and the report shows (endpoint, policy …), as
    pairs of label and text. ``calls`` counts the calls by operation, ``duration`` is how
    long they take at the target's rates. ``findings`` concern the target itself.
    """

    target: TargetDescription
    facts: tuple[tuple[str, str], ...]
    devices: tuple[DevicePlan, ...]
    calls: Mapping[str, int]
    duration: timedelta
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FailedTarget:
    """A target that could not be planned; the others are."""

    name: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole plan: what `apply` takes, and nothing else.

    With a ``shard`` it is about that part of the devices alone.
    """

    targets: tuple[TargetPlan, ...]
    failed: tuple[FailedTarget, ...]
    ineligible: tuple[IneligibleDevice, ...]
    shard: Shard | None = None
