"""Which outcomes may be planned at all, and why the others may not. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from tng.csr.model import RequestedDevice, RequestOutcome
from tng.findings import Effect, Finding, finding
from tng.models import (
    AttestedDevice,
    Outcome,
    RejectedDevice,
    Undecodable,
    UnverifiedDevice,
    VerifiedDevice,
)
from tng.plan.models import (
    IneligibleDevice,
    PlannableDevice,
    UnverifiedAllowedDevice,
    device_key,
)
from tng.plan.shard import Shard

ATTESTATION_OBJECT = "nxp-attestation-object"


@dataclass(frozen=True, slots=True)
class PlanPolicy:
    """What the user waved through: ``--allow-unverified``, ``--allow-attestation``; ``--shard``.

    Rejected devices are never planned, whatever is said here. ``shard`` is the part of the
    devices that is to be registered, where it is not all of them.
    """

    allow_unverified: bool = False
    allow_attestation: bool = False
    shard: Shard | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The devices to be planned, each certificate once, and the outcomes left out.

    ``devices`` are those of all shards: whether two would get the same name shows only then.
    """

    devices: tuple[PlannableDevice, ...]
    ineligible: tuple[IneligibleDevice, ...]
    shard: Shard | None = None

    @property
    def own(self) -> tuple[PlannableDevice, ...]:
        """The devices of the shard, which are all where there is none."""
        shard = self.shard
        if shard is None:
            return self.devices
        return tuple(device for device in self.devices if shard.holds(device_key(device)))

    @property
    def beside(self) -> Iterator[PlannableDevice]:
        """The devices of the other shards."""
        shard = self.shard
        if shard is not None:
            yield from (item for item in self.devices if not shard.holds(device_key(item)))


def select_devices(outcomes: Iterable[Outcome], policy: PlanPolicy) -> Selection:
    """Split the outcomes into those to be planned and those that are not eligible.

    A certificate that comes twice is planned once: its SHA-256 is its identity.
    """
    devices: dict[str, PlannableDevice] = {}
    ineligible: list[IneligibleDevice] = []
    for outcome in outcomes:
        choice = _choose(outcome, policy)
        if isinstance(choice, str):
            ineligible.append(IneligibleDevice(outcome, choice))
        elif device_key(choice) in devices:
            first = devices[device_key(choice)].record.source
            ineligible.append(IneligibleDevice(outcome, f"the same certificate as {first}"))
        else:
            devices[device_key(choice)] = choice
    return Selection(tuple(devices.values()), tuple(ineligible), policy.shard)


def select_requests(outcomes: Iterable[RequestOutcome], shard: Shard | None = None) -> Selection:
    """The same for certificate requests: a key that asks twice is planned once."""
    devices: dict[str, RequestedDevice] = {}
    ineligible: list[IneligibleDevice] = []
    for outcome in outcomes:
        match outcome:
            case RequestedDevice():
                first = devices.setdefault(outcome.request.key, outcome)
                if first is not outcome:
                    ineligible.append(_asked_twice(outcome, first))
            case RejectedDevice():
                reason = _first(outcome.findings, Effect.REJECTED, "rejected")
                ineligible.append(IneligibleDevice(outcome, reason))
            case Undecodable():
                reason = _first(outcome.findings, Effect.UNDECODABLE, "undecodable")
                ineligible.append(IneligibleDevice(outcome, reason))
            case _:
                assert_never(outcome)
    return Selection(tuple(devices.values()), tuple(ineligible), shard)


def _asked_twice(device: RequestedDevice, first: RequestedDevice) -> IneligibleDevice:
    found = finding("csr-key-duplicate", f"the same key as {first.record.source}")
    rejected = RejectedDevice(device.record, (*device.findings, found))
    return IneligibleDevice(rejected, _reason(found))


def _choose(outcome: Outcome, policy: PlanPolicy) -> PlannableDevice | str:
    match outcome:
        case VerifiedDevice():
            return _excluded(outcome.findings, policy) or outcome
        case UnverifiedDevice():
            return _choose_unverified(outcome, policy)
        case AttestedDevice():
            return "genuine, but there is no certificate to register"
        case RejectedDevice():
            return _first(outcome.findings, Effect.REJECTED, "rejected")
        case Undecodable():
            return _first(outcome.findings, Effect.UNDECODABLE, "undecodable")
    assert_never(outcome)


def _choose_unverified(device: UnverifiedDevice, policy: PlanPolicy) -> PlannableDevice | str:
    if device.record.leaf is None:
        return "there is no certificate to register"
    if not policy.allow_unverified:
        return _first(device.findings, Effect.UNVERIFIED, "unverified")
    return _excluded(device.findings, policy) or UnverifiedAllowedDevice(device, device.record.leaf)


def _excluded(findings: tuple[Finding, ...], policy: PlanPolicy) -> str:
    """Why a genuine device must not be registered as it is, or nothing."""
    for item in findings:
        is_allowed = item.code == ATTESTATION_OBJECT and policy.allow_attestation
        if item.effect is Effect.INELIGIBLE and not is_allowed:
            return _reason(item)
    return ""


def _first(findings: tuple[Finding, ...], effect: Effect, otherwise: str) -> str:
    for item in findings:
        if item.effect is effect:
            return _reason(item)
    return _reason(findings[0]) if findings else otherwise


def _reason(item: Finding) -> str:
    return f"{item.code}: {item.message}"
