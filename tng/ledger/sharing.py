"""Who may work on a target at the same time: one process, or the shards of one division.

Made of leases that exclude each other and nothing else, so that every store has it alike. The
lease of the target itself is held by whoever has all of it, and by a shard only while it makes
sure that nobody has; each shard has a lease of its own, by a number that the store gives it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

from tng.errors import LedgerError
from tng.plan.shard import Shard

Lease = Callable[[int, str], AbstractContextManager[None]]
"""Holds what has that number, or raises `LedgerError`; the text is for the message."""

Shards = Callable[[], Mapping[Shard, int]]
"""The numbers of the shards of a target that there ever were; asked under the target's lease."""

_ATTEMPTS, _PAUSE_SECONDS = 100, 0.02
"""Other shards hold the target's lease for a moment while they begin."""


@contextmanager
def hold_whole(lease: Lease, number: int, what: str, shards: Shards) -> Iterator[None]:
    """Hold all of the target."""
    with lease(number, what):
        for shard, other in shards().items():
            _refuse_held(lease, other, _named(shard, what))
        yield


@contextmanager
def hold_shard(lease: Lease, number: int, what: str, shards: Shards, own: Shard) -> Iterator[None]:
    """Hold the shard ``own``, which is one of ``shards``, beside others of the same division."""
    with ExitStack() as held:
        with _gate(lease, number, what):
            for shard, other in shards().items():
                if shard.count != own.count:
                    _refuse_held(lease, other, _named(shard, what))
            held.enter_context(lease(shards()[own], _named(own, what)))
        yield


@contextmanager
def _gate(lease: Lease, number: int, what: str) -> Iterator[None]:
    with ExitStack() as held:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                held.enter_context(lease(number, what))
                break
            except LedgerError:
                if attempt == _ATTEMPTS:
                    raise
            time.sleep(_PAUSE_SECONDS)
        yield


def _refuse_held(lease: Lease, number: int, what: str) -> None:
    with lease(number, what):
        pass


def _named(shard: Shard, what: str) -> str:
    return f"shard {shard} of {what}"
