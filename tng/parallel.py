"""One function over a stream of pieces, on several cores, with the results in order.

Small streams stay in this process: starting others costs more than it gains, and loading what
starts them too (`tng.worker_pool`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeVar

ALONE = 2
"""Pieces done in this process before others are started."""

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Work = Callable[[Piece], Result]


@dataclass(frozen=True, slots=True)
class Lost:
    """In place of the result of a piece that worker after worker died of."""

    deaths: int


def ordered_map(
    work: Work[Piece, Result], pieces: Iterator[Piece], jobs: int
) -> Iterator[tuple[Piece, Result | Lost]]:
    """The pieces in their order, each with what ``work`` gives for it.

    ``work`` must be picklable where ``jobs`` is more than 1; what it raises ends the iteration.
    ``pieces`` is consumed in this process, a few pieces ahead.
    """
    for piece in islice(pieces, ALONE) if jobs > 1 else pieces:
        yield piece, work(piece)
    following = next(pieces, None) if jobs > 1 else None
    if following is not None:
        from tng.worker_pool import WorkerPool

        yield from WorkerPool(work, jobs).run(chain((following,), pieces))
