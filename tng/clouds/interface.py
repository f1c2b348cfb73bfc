"""What a cloud plugs in: one adapter for one target (an account in a region).

The adapter inspects (read-only), says purely what steps a device needs, and performs
one step. Order, rate, retries, ledger, progress and resume are not its business: they
are the same for every cloud and live in ``apply``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar, runtime_checkable

from tng.plan.models import DevicePlan, PlannableDevice, Step
from tng.plan.view import DevicePlanner, RemoteState, RemoteView, TargetFacts


@dataclass(frozen=True, slots=True)
class DoneStep:
    """The step is done, by this call or already before it.

    ``already`` is true where the cloud says it was there. ``note`` is for the ledger and
    the report.
    """

    already: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class AttentionStep:
    """What is there differs from what is wanted and was left alone; ``reason`` says how.

    The steps after it are not made.
    """

    reason: str


StepResult = DoneStep | AttentionStep


class CloudError(Exception):
    """A call failed. The sibling classes say what that means for the engine.

    ``code`` is the cloud's own error code, ``message`` its text; neither holds secrets.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class ThrottledError(CloudError):
    """Too fast: the bucket of the operation pauses, the step is tried again.

    ``retry_after`` is in seconds, where the cloud gave it.
    """

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class TransientError(CloudError):
    """A 5xx, a lost connection or a timeout; whether the call took effect is unknown.

    Every step must be safe to be sent again: `Cloud.perform` reconciles.
    """


class RefusedError(CloudError):
    """The cloud refuses this step for good; the device failed, the target goes on."""


class TargetUnusableError(CloudError):
    """Nothing more can be done on this target (credentials, permissions, region)."""


Reply = TypeVar("Reply")


class Caller(Protocol):
    """How an adapter makes its *read* calls: at the rate, and again after throttles.

    The engine supplies one per target. `Cloud.perform` uses it only for reads that find
    out what an answer meant: around the step itself is the engine.
    """

    def __call__(self, operation: str, call: Callable[[], Reply]) -> Reply:
        """Wait for the rate of ``operation``, then ``call`` once or a few times.

        ``call`` raises `CloudError` siblings; a `ThrottledError` or `TransientError` is
        tried again a bounded number of times, then raised; the others at once.
        """


@dataclass(frozen=True, slots=True)
class RegisteredDevice:
    """What the ledger knows of a device that this tool registered.

    ``steps`` are the (operation, subject) pairs that this tool itself made: only these
    may be undone. ``certificate_id`` is that of the certificate that its request got; empty
    where that is not known, and for devices that brought a certificate of their own.
    ``is_complete`` says that it stands there as wanted, so that what this tool did not make was
    there before; else ``reason`` is why it does not, where that is known.
    """

    key: str
    device_id: str
    name: str
    steps: tuple[tuple[str, str], ...]
    certificate_id: str = ""
    is_complete: bool = False
    reason: str = ""


class Cloud(DevicePlanner, Protocol):
    """One target of one cloud. Safe to be used by several threads at once."""

    def preflight(self, *, offline: bool) -> TargetFacts:
        """Find out whether the target can be used; read-only.

        Raises `TargetError` with the next step if not. ``offline`` makes no call at all.
        """

    def prepare(self) -> TargetFacts:
        """Make what was asked to be made once per target (``--create-policy``), if missing."""

    def inspect(self, devices: Sequence[PlannableDevice]) -> RemoteView:
        """Read what the target holds of these devices; read-only."""

    def steps(self, plan: DevicePlan) -> tuple[Step, ...]:
        """Pure: the steps for `DevicePlan.calls`, in order."""

    def undo_steps(self, device: RegisteredDevice) -> tuple[Step, ...]:
        """Pure: the calls that undo what the ledger says this tool did, in order."""

    def left(self, device: RegisteredDevice) -> tuple[str, ...]:
        """Pure: what of ``device`` these calls leave, since it was there before, in words."""

    def perform(self, step: Step) -> StepResult:
        """Make the call once; raises a `CloudError` sibling. Never retries by itself."""


@runtime_checkable
class BatchCloud(Cloud, Protocol):
    """A cloud that can take several steps in one call."""

    def batch_size(self, operation: str) -> int:
        """How many steps of ``operation`` one call takes; 1 where there is no such call."""

    def perform_batch(self, steps: Sequence[Step]) -> tuple[StepResult | CloudError, ...]:
        """Make one call for all ``steps``, at most `batch_size` of one operation.

        Gives the outcome of each, in order; raises a `CloudError` sibling where the call as a
        whole failed, and then nothing is known of any step. What comes back as a
        `ThrottledError` or `TransientError` is tried again, one by one.
        """


@runtime_checkable
class SharedCloud(Cloud, Protocol):
    """A cloud that may hold so many devices alone, and is filled by several processes (shards)."""

    def inspect_shard(
        self, devices: Sequence[PlannableDevice], beside: Iterable[PlannableDevice]
    ) -> RemoteView:
        """Like `Cloud.inspect`, and count those devices ``beside`` that it comes across.

        They are other processes' (`RemoteView.beside`); nothing is asked for their sake.
        """


ISSUE = "CreateCertificateFromCsr"
"""The operation of the step that gets a request its certificate. Its subject is the request's
key, its note in the ledger the certificate's id. The call makes another certificate each time it
is sent (AWS IoT API reference): nothing but what is remembered and found there prevents that."""


@dataclass(frozen=True, slots=True)
class RememberedIssue:
    """What is remembered of one request on one target.

    ``certificate_id`` is the certificate that it got, or the one that was not what was asked for
    (then ``problem`` says why); empty where none is known. ``unknown_since`` is when a call was
    first about to be made whose outcome nobody wrote down, if there is one.
    """

    certificate_id: str = ""
    unknown_since: datetime | None = None
    problem: str = ""


class IssuedMemory(Protocol):
    """What earlier runs wrote down of the requests of a target. Read-only, safe for threads.

    ``target`` is a `TargetDescription.key`. Both raise `LedgerError`.
    """

    def issue(self, target: str, key: str) -> RememberedIssue:
        """What is known of the request ``key``."""

    def certificates_since(self, target: str, since: datetime) -> frozenset[str]:
        """The ids of the certificates that were written down since then."""


class CertificateKeeper(Protocol):
    """Takes certificates that were made, before it is written down that they were.

    ``key`` is that of the request. Safe to be used by several threads at once.
    """

    def has(self, key: str, certificate_id: str) -> bool:
        """Whether that certificate is kept already."""

    def keep(self, key: str, certificate_id: str, pem: str) -> None:
        """Keep the leaf ``pem``; may be called again with the same.

        Raises `TngError`, which ends the run, where it cannot be kept.
        """


@runtime_checkable
class IssuingCloud(Cloud, Protocol):
    """A cloud that makes certificates of requests; its devices may be a `RequestedDevice`."""

    def remember(self, memory: IssuedMemory) -> None:
        """Ask ``memory`` from now on."""

    def deliver(self, keeper: CertificateKeeper) -> None:
        """Give certificates to ``keeper`` from now on."""

    def redeliver(self, key: str) -> None:
        """Give it the one that `inspect` found for the request ``key``, unless it has it.

        Reads through the `Caller`; raises `CloudError` siblings. Does nothing where none was found.
        """


class Standing(StrEnum):
    """What a registered device has made of it itself, as far as the cloud tells.

    The words are those of Azure DPS (service API, DeviceRegistrationState.status).
    """

    UNASSIGNED = "unassigned"
    """It has not come yet."""
    ASSIGNING = "assigning"
    """It has come and is being given a place."""
    ASSIGNED = "assigned"
    """It has its place: the end that one waits for."""
    FAILED = "failed"
    """It came and was refused, or no place was found for it."""
    DISABLED = "disabled"
    """It is not let in."""
    GONE = "gone"
    """It is not registered there any more."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at one device: ``place`` is where it is (a hub), as ``device_id``.

    ``updated_at`` is when that was so, as the cloud says it (RFC 3339); ``message`` why it
    failed. Fields that are not known are empty.
    """

    standing: Standing
    place: str = ""
    device_id: str = ""
    updated_at: str = ""
    message: str = ""


@runtime_checkable
class WatchableCloud(Cloud, Protocol):
    """A cloud that tells what has become of a device."""

    def sight(self, name: str) -> Sighting:
        """Look at the device that is called ``name`` there; read-only, through the `Caller`.

        Raises `CloudError` siblings; one that is not there is a sighting too.
        """


@dataclass(frozen=True, slots=True)
class HeldDevice:
    """Something that a target holds, whoever put it there.

    ``keys`` are the SHA-256 of its certificates in lower hex, none where it has no certificate
    that is known. ``name`` is what it is called there (the registration id), empty where only
    its certificate tells it from others; ``status`` is the cloud's own word. ``state`` is the
    adapter's, for `ListingCloud.inspect_held`.
    """

    keys: tuple[str, ...]
    name: str
    status: str
    state: RemoteState = field(default_factory=dict)


@runtime_checkable
class ListingCloud(Cloud, Protocol):
    """A cloud that tells all that it holds. Everything here is read-only, through the `Caller`.

    The methods raise `CloudError` siblings, also for a list that never ends.
    """

    @property
    def held_a_second(self) -> float:
        """How many devices `held` gives a second at most, at the target's rates."""

    def search_time(self, devices: int) -> timedelta:
        """How long `inspect` searches at most to know which of so many devices are there.

        However much the target holds: a list that is too long for them is not read to its end.
        """

    def inspection_time(self, devices: int) -> timedelta:
        """How long `inspect_held` takes at the target's rates, where so many are all there.

        The time of the list itself is not in it.
        """

    def held(self) -> Iterator[HeldDevice]:
        """Everything there is, page by page. What is added meanwhile may be left out."""

    def inspect_held(
        self, devices: Sequence[PlannableDevice], held: Iterable[HeldDevice]
    ) -> RemoteView:
        """Like `Cloud.inspect`, out of the whole list ``held``; reads what it does not tell.

        ``held`` is walked to its end, once, and nothing of others is kept.
        """

    def holds(self, certificates: Mapping[str, str]) -> Mapping[str, HeldDevice]:
        """Which of these certificates are there, in as few calls as their number allows.

        ``certificates`` are SHA-256 to common name (``""`` without one): a cloud that calls
        devices by their common name finds them under that name alone.
        """
