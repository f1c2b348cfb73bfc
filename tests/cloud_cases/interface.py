"""What a cloud is to the shared suite: two targets, a script of faults, and a look behind `tng`.

The promises of `tng` are tested once, for every cloud, in the words of this module. A new
cloud is one more `CloudCase` and its line in `tests.cloud_cases.fixtures`.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tng.sandbox.configuration import SideFile, TargetSection
from tng.sandbox.faults import Fault
from tng.sandbox.record import CallLog
from tng.testing.microchip import MicrochipVendor
from tng.x509.certificate import Certificate, read_certificate

VENDOR = MicrochipVendor()
"""Whose chips all tests of the suite register."""


def chip(number: int) -> Certificate:
    """The certificate of one chip."""
    return read_certificate(VENDOR.device(number).certificate)


def keys(count: int) -> set[str]:
    """The SHA-256 of the certificates of the first chips."""
    return {chip(number).sha256 for number in range(count)}


@dataclass(frozen=True)
class CaseTarget:
    """One target: its name in ``tng.toml``, its name in fault scripts and in the log, and what
    the user is asked about.
    """

    name: str
    account: str
    place: str


@dataclass(frozen=True)
class CaseKind:
    """What is known of a cloud before it is started.

    Operations are named as the log names them: ``writes`` are those that register one device,
    in order; ``undo`` those that remove it; ``moments`` are (operation, number of the call)
    at which the process is killed, of a run over ``devices``; the first ``quick`` of them are
    part of every test run. ``plan`` are the calls a device as the plan counts them, ``fact``
    is a label of the report that says where it went.
    """

    writes: tuple[str, ...]
    undo: tuple[str, ...]
    moments: tuple[tuple[str, int], ...]
    plan: Mapping[str, int]
    fact: str
    devices: int = 8
    per_call: int = 1

    def planned(self, devices: int) -> dict[str, int]:
        """The calls that a plan tells for so many new devices."""
        together = -(-devices // self.per_call)
        return {call: together * count for call, count in self.plan.items()}

    @property
    def registering(self) -> str:
        """The call that makes a device known."""
        return self.writes[0]

    def write_calls(self, devices: int) -> int:
        """How many writing calls it takes to register so many devices."""
        return -(-devices // self.per_call) * len(self.writes)


@dataclass(frozen=True)
class Spoilt:
    """How a target is made unusable: settings and variables, and what `tng` must say of it."""

    values: Mapping[str, str]
    environment: Mapping[str, str]
    said: str


class CloudCase(ABC):
    """A running cloud with two targets of the test's own."""

    kind: CaseKind
    first: CaseTarget
    second: CaseTarget
    right: str
    """What `registered` says of a device that may come in."""
    differs: str
    """What `tng` says of a device that `lock_out` was done to."""

    @property
    def targets(self) -> tuple[CaseTarget, CaseTarget]:
        """Both targets."""
        return self.first, self.second

    @property
    def both(self) -> tuple[str, ...]:
        """The options that name both targets."""
        return tuple(word for target in self.targets for word in ("--target", target.name))

    @property
    def one(self) -> tuple[str, ...]:
        """The options that name the first target."""
        return "--target", self.first.name

    @property
    @abstractmethod
    def log(self) -> CallLog:
        """Every call that reached the cloud."""

    @abstractmethod
    def inject(self, *faults: Fault) -> None:
        """Append faults to the script."""

    @abstractmethod
    def limit(self, devices: float) -> None:
        """Let only so many devices a second be registered on a target; 0 limits nothing."""

    @abstractmethod
    def sections(self) -> Sequence[TargetSection]:
        """The targets for ``tng.toml``."""

    @abstractmethod
    def side_files(self) -> Sequence[SideFile]:
        """What the targets refer to."""

    @abstractmethod
    def environment(self, folder: Path) -> Mapping[str, str]:
        """The variables that give access; the `side_files` are in ``folder``."""

    @abstractmethod
    def registered(self, target: CaseTarget) -> dict[str, str]:
        """SHA-256 of certificate → status, read with the vendor's SDK, behind `tng`'s back."""

    @abstractmethod
    def creations(self, target: CaseTarget) -> Counter[str]:
        """How often each device was really made there."""

    @abstractmethod
    def assert_complete(self, target: CaseTarget, count: int) -> None:
        """What belongs to a registered device beside its certificate is right, and no more."""

    @abstractmethod
    def lock_out(self, target: CaseTarget, number: int) -> None:
        """Somebody else disables the device of chip ``number``."""

    @abstractmethod
    def add(self, target: CaseTarget, number: int) -> None:
        """Somebody else registers chip ``number``, as `tng` would."""

    @abstractmethod
    def spoil(self, target: CaseTarget) -> Spoilt:
        """How ``target`` is made unusable."""

    @abstractmethod
    def operation(self, step: str) -> str:
        """What the log calls the call of a step."""

    @abstractmethod
    def quota(self, operation: str) -> float | None:
        """Calls a second that the vendor documents for an operation of the log, if it does."""

    def assert_registered(self, target: CaseTarget, count: int) -> None:
        """The first ``count`` chips, each once and right; nobody else."""
        assert self.registered(target) == dict.fromkeys(keys(count), self.right)
        self.assert_complete(target, count)
        twice = {name: times for name, times in self.creations(target).items() if times > 1}
        assert twice == {}

    def assert_empty(self, target: CaseTarget) -> None:
        """Nothing is left of anybody."""
        assert self.registered(target) == {}
        self.assert_complete(target, 0)
