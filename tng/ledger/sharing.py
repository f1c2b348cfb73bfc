"""Who may work on a target at the same time: one process, or the shards of one division.

Made of leases that exclude each other and nothing else, so that every store has it alike: one for
the target as a whole, one for each shard, and one that is the gate, which everybody holds for the
moment in which it looks who else is there. Each has a number that the store gives it.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from tng.ledger.interface import HeldElsewhereError
from tng.plan.shard import Shard

Lease = Callable[[int, str], AbstractContextManager[None]]
"""Holds what has that number, or raises `HeldElsewhereError`; the text is for the message."""

Shards = Callable[[], Mapping[Shard, int]]
"""The numbers of the shards of a target that there ever were; asked inside the gate."""

_GATE_SECONDS = 60.0
"""Nobody stays in the gate: who waits as long as this waits for a process that is stopped."""
_PAUSE_SECONDS = (0.005, 0.05)
"""Different for each that waits, so that none of them is always the later one."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a target's leases: of the whole of it, and of its gate."""

    whole: int
    gate: int


@contextmanager
def hold_whole(lease: Lease, numbers: Numbers, what: str, shards: Shards) -> Iterator[None]:
    """Hold all of the target; raises `HeldElsewhereError` if another has any of it."""
    with ExitStack() as held:
        with _gate(lease, numbers.gate, what):
            for shard, other in shards().items():
                _refuse_held(lease, other, _named(shard, what))
            held.enter_context(lease(numbers.whole, what))
        yield


@contextmanager
def hold_shard(
    lease: Lease, numbers: Numbers, what: str, shards: Shards, own: Shard
) -> Iterator[None]:
    """Hold the shard ``own``, which is one of ``shards``, beside others of the same division."""
    with ExitStack() as held:
        with _gate(lease, numbers.gate, what):
            _refuse_held(lease, numbers.whole, what)
            for shard, other in shards().items():
                if shard.count != own.count:
                    _refuse_held(lease, other, _named(shard, what))
            held.enter_context(lease(shards()[own], _named(own, what)))
        yield


@contextmanager
def _gate(lease: Lease, number: int, what: str) -> Iterator[None]:
    end = time.monotonic() + _GATE_SECONDS
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(lease(number, what))
                break
            except HeldElsewhereError:
                if time.monotonic() > end:
                    raise
            time.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311 - nothing secret
        yield


def _refuse_held(lease: Lease, number: int, what: str) -> None:
    with lease(number, what):
        pass


def _named(shard: Shard, what: str) -> str:
    return f"shard {shard} of {what}"
