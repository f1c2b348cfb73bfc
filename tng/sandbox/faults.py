"""What can go wrong between the SDK and the cloud, as a script that repeats exactly.

A script is a list of `Fault`. Each counts the calls it matches, so the n-th call of an
operation meets the same fate in every run; chances are drawn from a seeded generator per
fault. Calls that a quota refused are not counted. What the effects look like on the wire
is the front's business.
"""

import os
import random
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

ANY = "*"


class When(StrEnum):
    """On which side of the cloud's work something happens."""

    BEFORE = "before"
    """The cloud has not seen the call."""
    AFTER = "after"
    """The cloud has done its work; the answer has not reached the caller."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """The cloud answers that calls come too fast.

    ``retry_after`` is the seconds of a ``Retry-After`` header, ``None`` for no header. AWS
    sends none, so the front has no use for it.
    """

    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class ServerError:
    """The cloud answers with a 5xx and has done nothing."""

    status: int = 500


@dataclass(frozen=True, slots=True)
class LostReply:
    """The connection is reset, before or after the cloud did its work."""

    when: When


@dataclass(frozen=True, slots=True)
class Slow:
    """The answer comes ``seconds`` late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reject:
    """The cloud refuses in its own words and has done nothing; for the device gateway only."""

    status: int
    code: str
    message: str = "injected by the sandbox"


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer comes, on a connection that stays; for the device gateway only."""

    when: When


@dataclass(frozen=True, slots=True)
class Hook:
    """``function`` is called in the front's thread; the call then goes on as usual."""

    when: When
    function: Callable[[], None]


Effect = Throttle | ServerError | LostReply | Slow | Reject | Silence | Hook


def kill_process(process_id: int) -> Callable[[], None]:
    """A function for `Hook` that ends a process with SIGKILL; gone already is fine."""

    def kill() -> None:
        try:
            os.kill(process_id, signal.SIGKILL)
        except ProcessLookupError:
            return

    return kill


@dataclass(frozen=True, slots=True)
class Fault:
    """An effect and the calls that it meets.

    Of the calls that match ``operation``, ``account`` and ``region`` (`ANY` = all), the
    ``first``-th (from 1) and the ``count - 1`` after it are met, each with ``probability``;
    ``count=None`` means to the end.
    """

    effect: Effect
    operation: str = ANY
    account: str = ANY
    region: str = ANY
    first: int = 1
    count: int | None = 1
    probability: float = 1.0

    def matches(self, account: str, region: str, operation: str) -> bool:
        """Whether a call is one that this fault counts."""
        pairs = ((self.account, account), (self.region, region), (self.operation, operation))
        return all(wanted in (ANY, got) for wanted, got in pairs)


def random_faults(probability: float) -> tuple[Fault, ...]:
    """A bit of everything on every call: the four kinds together at ``probability``."""
    kinds: tuple[Effect, ...] = (
        Throttle(),
        ServerError(),
        LostReply(When.BEFORE),
        LostReply(When.AFTER),
    )
    if probability == 0:
        return ()
    share = probability / len(kinds)
    return tuple(Fault(kind, count=None, probability=share) for kind in kinds)


class FaultScript:
    """The running counts of a list of faults; safe for threads."""

    def __init__(self, faults: Sequence[Fault] = (), seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._faults: list[tuple[Fault, random.Random]] = []
        self._seen: list[int] = []
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Append a fault; it counts from now."""
        with self._lock:
            # Repeatable on purpose, and nothing secret is drawn from it.
            chance = random.Random(f"{self._seed}:{len(self._faults)}")  # noqa: S311
            self._faults.append((fault, chance))
            self._seen.append(0)

    def effects(self, account: str, region: str, operation: str) -> tuple[Effect, ...]:
        """Count a call and say what it meets, in the order of the script."""
        met: list[Effect] = []
        with self._lock:
            for index, (fault, chance) in enumerate(self._faults):
                if not fault.matches(account, region, operation):
                    continue
                self._seen[index] += 1
                number = self._seen[index]
                last = number if fault.count is None else fault.first + fault.count - 1
                if fault.first <= number <= last and chance.random() < fault.probability:
                    met.append(fault.effect)
        return tuple(met)
