"""One function over a long stream, on several cores, with the results in order.

Small streams stay in this process: starting others costs more than it gains. Workers
end with their parent, however that ends, and leave Ctrl-C to it.
"""

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import chain, islice
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from typing import Any, TypeVar

from tng.errors import TngError

BATCH = 128
"""Pieces worked on in one go: about 20 ms, against 0.2 ms to hand them to a worker."""

ALONE = 512
"""Pieces done in this process before others are started: about a tenth of a second."""

_QUEUED_BATCHES = 3
"""Batches under way for each worker; bounds memory when the consumer is slow."""

_COLLECTION_THRESHOLD = 50_000
"""Containers made by a worker between two looks for garbage cycles, of which there are none."""

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Work = Callable[[Sequence[Piece]], Sequence[Result]]
"""Works on a batch, so that each kind of step can be done for all of it in a row: that is
a tenth faster than piece by piece, for the processor's caches."""


class WorkerDiedError(TngError):
    """A worker process was killed; what it worked on is not known to be done."""


def ordered_map(work: Work[Piece, Result], pieces: Iterator[Piece], jobs: int) -> Iterator[Result]:
    """The results of ``work`` for batches of the pieces, in the pieces' order.

    ``work`` must be picklable where ``jobs`` is more than 1; ``pieces`` is consumed in
    this process. Raises `WorkerDiedError` if a worker dies.
    """
    for batch in _batches(islice(pieces, ALONE) if jobs > 1 else pieces):
        yield from work(batch)
    following = next(pieces, None) if jobs > 1 else None
    if following is not None:
        yield from _spread(work, chain((following,), pieces), jobs)


def _batches(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    while batch := list(islice(pieces, BATCH)):
        yield batch


def _spread(work: Work[Piece, Result], pieces: Iterator[Piece], jobs: int) -> Iterator[Result]:
    pool = ProcessPoolExecutor(jobs, _context(), _begin_worker, (work,))
    try:
        starting = threading.Thread(target=_start, args=(pool,), daemon=True)
        starting.start()
        for batch in _batches(pieces):
            # Nobody waits for the workers: until they are there, the work goes on here.
            if starting.is_alive():
                yield from work(batch)
            else:
                yield from _in_order(pool, chain((batch,), _batches(pieces)), jobs)
    except BrokenProcessPool as error:
        raise WorkerDiedError(
            "a worker process was killed", "Run the same command again, or with --jobs 1."
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _start(pool: ProcessPoolExecutor) -> None:
    # Ctrl-C goes to every process of a terminal, and the server of the workers takes it for its
    # own until it has loaded everything. What this thread starts inherits that it is blocked,
    # save for the resource tracker, which on its start unblocks it.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # A pool that cannot start says so at the first batch.
    with suppress(BrokenProcessPool, RuntimeError):
        pool.submit(_do_nothing).result()


def _do_nothing() -> None:
    """The first thing a worker does: when it is done, the worker has begun."""


def _in_order(
    pool: ProcessPoolExecutor, batches: Iterator[list[Piece]], jobs: int
) -> Iterator[Result]:
    waiting: deque[Future[Sequence[Result]]] = deque()
    for batch in batches:
        waiting.append(pool.submit(_do_batch, batch))
        if len(waiting) > jobs * _QUEUED_BATCHES:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


def _context() -> multiprocessing.context.BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Imported once by the server, so that workers begin with everything loaded.
    context.set_forkserver_preload(["tng.scan"])
    return context


_work: Work[Any, Any] = tuple


def _begin_worker(work: Work[Any, Any]) -> None:
    global _work
    _work = work
    gc.set_threshold(_COLLECTION_THRESHOLD)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _do_batch(batch: list[Any]) -> Sequence[Any]:
    return _work(batch)
