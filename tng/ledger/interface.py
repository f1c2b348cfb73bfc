"""What a ledger remembers, and the Protocol that a store of it fulfils.

A step is written down as an *intent* before its call and with its *outcome* after
it. An intent without an outcome therefore means: the call may or may not have taken
effect. No secrets are ever part of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tng.clouds.interface import RegisteredDevice
from tng.errors import LedgerError
from tng.ledger.names import NameKind
from tng.ledger.sightings import AuditMemory
from tng.plan.models import TargetDescription
from tng.plan.shard import Shard


class NoLedgerError(LedgerError):
    """There is no ledger where one was expected."""


class HeldElsewhereError(LedgerError):
    """Another process works on the target, or the part of it, that was to be held."""


class DeviceState(StrEnum):
    """Where one device stands on one target."""

    PENDING = "pending"
    """To be registered; not finished."""
    DONE = "done"
    """Registered as wanted."""
    ATTENTION = "attention"
    """What is there differs from what is wanted and was left alone."""
    FAILED = "failed"
    """The cloud refused a step; the next run tries again."""
    REMOVING = "removing"
    """To be removed; not finished."""
    REMOVED = "removed"
    """What this tool had made was removed."""


OPEN_STATES = (
    DeviceState.PENDING,
    DeviceState.REMOVING,
    DeviceState.FAILED,
    DeviceState.ATTENTION,
)
"""The states that a person or another run has to do something about."""


class Direction(StrEnum):
    """Whether a step makes something or undoes it."""

    REGISTER = "register"
    UNDO = "undo"


class StepState(StrEnum):
    """Where one step of one device stands."""

    INTENT = "intent"
    """About to be made, or made with unknown outcome."""
    DONE = "done"
    ATTENTION = "attention"
    FAILED = "failed"
    UNDONE = "undone"
    """No longer known to be there: an undo was begun or finished."""


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A device that a run is about to handle, in the state it starts from."""

    key: str
    device_id: str
    name: str
    state: DeviceState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StepMemory:
    """What the ledger knows of one step.

    ``made`` is true where this tool made it. ``absent`` is true where the target had been
    read before the intent and did not have it: an unknown outcome is then this tool's own.
    ``note`` is what the latest outcome said. ``at`` is when that was, or, of an unknown outcome,
    when it was first tried (RFC 3339, UTC).
    """

    state: StepState
    made: bool
    absent: bool
    note: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A call is about to be made; ``position`` counts the device's steps from 0."""

    operation: str
    subject: str
    position: int
    absent: bool


@dataclass(frozen=True, slots=True)
class StepMark:
    """The outcome of a call. ``code`` is the cloud's error code where there is one."""

    operation: str
    subject: str
    state: StepState
    made: bool = False
    already: bool = False
    note: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Retraction:
    """A call was not made after all: the step is again what it was before its intent."""

    operation: str
    subject: str
    previous: StepState | None


@dataclass(frozen=True, slots=True)
class DeviceMark:
    """The device reached ``state``; ``REMOVED`` forgets what was made of it."""

    state: DeviceState
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Naming:
    """The device has a name on its target, now and for good, beside others that it may have."""

    kind: NameKind
    name: str


Entry = Intent | StepMark | Retraction | DeviceMark | Naming


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device on one target, as reports show it. ``updated_at`` is RFC 3339, UTC.

    ``certificate_id`` is the certificate that its request got; empty for devices that brought a
    certificate of their own, whose ``key`` it is.
    """

    key: str
    device_id: str
    name: str
    state: DeviceState
    reason: str
    code: str
    updated_at: str
    certificate_id: str = ""


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Devices that one command left unfinished or failed on one target."""

    command: str
    devices: int


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest command, and how it ended: an exit code's name, empty if it has not."""

    command: str
    result: str


class Ledger(AuditMemory, Protocol):
    """A store of it. Every method is safe to be used by several threads at once.

    ``target`` is a `TargetDescription.key`. Every method raises `LedgerError` if the store
    cannot be read or written.
    """

    def begin_run(self, command: str) -> int:
        """Note that a command begins; ``command`` is what to type, without secrets."""

    def finish_run(self, run: int, result: str) -> None:
        """Note how it ended."""

    def hold(
        self, target: TargetDescription, shard: Shard | None = None
    ) -> AbstractContextManager[None]:
        """Keep every other process off this target until the block ends or this one dies.

        With a ``shard``, others may hold other shards of the same division meanwhile. On entry,
        raises `HeldElsewhereError` at once if another holds it.
        """

    def enroll(
        self, run: int, target: str, devices: Iterable[EnrolledDevice], direction: Direction
    ) -> None:
        """Write down the devices of a run, all or none, before the first call."""

    def memory(
        self, target: str, key: str, direction: Direction
    ) -> Mapping[tuple[str, str], StepMemory]:
        """What is known of a device's steps, by (operation, subject)."""

    def notes(self, target: str, operation: str, since: str) -> Iterator[str]:
        """What was noted of the steps of an ``operation`` since then (RFC 3339, UTC)."""

    def record(self, target: str, key: str, direction: Direction, entries: Sequence[Entry]) -> None:
        """Write down entries of one device in one transaction."""

    def targets(self) -> tuple[TargetDescription, ...]:
        """Every target the ledger knows, in the order they were first used."""

    def counts(self, target: str) -> Mapping[DeviceState, int]:
        """How many devices are in which state; states without any are absent."""

    def devices(
        self, target: str, *, run: int | None = None, states: Sequence[DeviceState] = ()
    ) -> Iterator[DeviceRow]:
        """The devices of a target, or only those that ``run`` handled or in ``states``."""

    def device(self, target: str, key: str) -> DeviceRow | None:
        """One device of a target, ``None`` where the ledger does not know it."""

    def holders(self, target: str, kind: NameKind, name: str, but: str) -> tuple[DeviceRow, ...]:
        """Devices that were named so, of other keys than ``but``; some of them, if many.

        Only those that are done, pending or need attention, or whose RegisterThing has no known
        end: of others nothing is there.
        """

    def registered(self, target: str, device_ids: Sequence[str] = ()) -> Iterator[RegisteredDevice]:
        """The devices of which this tool made something, with the steps that it made.

        ``device_ids`` restricts them to these chips, certificate keys or names.
        """

    def found(self, target: str, device_ids: Sequence[str] = ()) -> Iterator[RegisteredDevice]:
        """The devices of which this tool made nothing, since they were there before.

        Those with a ``reason`` were left alone, and it is not known what of them is there.
        """

    def open_work(self, target: str) -> tuple[OpenWork, ...]:
        """The commands that have something left on this target, latest first."""

    def last_run(self) -> LastRun | None:
        """The latest run; ``None`` before any. It may have been about other targets."""
