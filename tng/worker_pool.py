"""Worker processes for `tng.parallel`, replaced when one of them dies.

Workers end with their parent, however that ends, and leave Ctrl-C to it. What a worker had
when it was killed is done again.
"""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Generic, cast

from tng.parallel import Lost, Piece, Result, Work

DEATHS = 3
"""How often workers may die of a piece before it is given up: the last time they died of it
alone, so that no other piece can have been the cause."""

_QUEUED = 3
"""Pieces under way for each worker; bounds memory when the consumer is slow."""

_COLLECTION_THRESHOLD = 50_000
"""Containers made by a worker between two looks for garbage cycles, of which there are none."""


@dataclass(slots=True)
class _Waiting(Generic[Piece, Result]):
    piece: Piece
    future: Future[Result]
    deaths: int = 0


class WorkerPool(Generic[Piece, Result]):
    """One stream of pieces on its way through a pool, which is replaced when a worker dies."""

    def __init__(self, work: Work[Piece, Result], jobs: int) -> None:
        self._work = work
        self._jobs = jobs
        self._waiting: deque[_Waiting[Piece, Result]] = deque()

    def run(self, pieces: Iterator[Piece]) -> Iterator[tuple[Piece, Result | Lost]]:
        """The pieces in order, each with its result."""
        self._pool = _start_pool(self._work, self._jobs)
        try:
            for piece in pieces:
                self._submit(_Waiting(piece, Future()))
                if len(self._waiting) > self._jobs * _QUEUED:
                    yield self._take()
            while self._waiting:
                yield self._take()
        finally:
            # Waited for, since a pool that is still ending when the interpreter does complains.
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, waiting: _Waiting[Piece, Result]) -> None:
        self._waiting.append(waiting)
        # A pool that broke says so again where the result is taken.
        with suppress(BrokenProcessPool):
            waiting.future = cast("Future[Result]", self._pool.submit(_do, waiting.piece))
            return
        waiting.future.set_exception(BrokenProcessPool())

    def _take(self) -> tuple[Piece, Result | Lost]:
        while True:
            first = self._waiting[0]
            try:
                result: Result | Lost = first.future.result()
            except BrokenProcessPool:
                self._blame()
                if first.deaths < DEATHS - 1:
                    self._submit_again()
                    continue
                result = _do_alone(self._work, first.piece)
            self._waiting.popleft()
            return first.piece, result

    def _blame(self) -> None:
        """Count the death for those that may have been worked on: the first that are not done."""
        undone = [item for item in self._waiting if not _is_done(item.future)]
        for item in undone[: self._jobs]:
            item.deaths += 1

    def _submit_again(self) -> None:
        """Replace the pool, and give the new one what is not done."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = _start_pool(self._work, self._jobs)
        waiting, self._waiting = self._waiting, deque()
        for item in waiting:
            if _is_done(item.future):
                self._waiting.append(item)
            else:
                item.future = Future()
                self._submit(item)


def _is_done(future: Future[Any]) -> bool:
    return future.done() and not isinstance(future.exception(), BrokenProcessPool)


def _do_alone(work: Work[Piece, Result], piece: Piece) -> Result | Lost:
    """Do the piece in a process in which nothing else happens."""
    pool = _start_pool(work, 1)
    try:
        result = cast("Result", pool.submit(_do, piece).result())
    except BrokenProcessPool:
        return Lost(DEATHS)
    else:
        return result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_pool(work: Work[Any, Any], jobs: int) -> ProcessPoolExecutor:
    """A pool whose workers have been started.

    Ctrl-C goes to every process of a terminal, and one that begins takes it for its own. What
    is started here inherits that it is blocked, save for the resource tracker, which on its
    start unblocks it.
    """
    context = _context()
    if context.get_start_method() != "fork":
        resource_tracker.ensure_running()
    pool = ProcessPoolExecutor(jobs, context, _begin_worker, (work,))
    try:
        _start_workers(pool)
    except BaseException:
        # Ctrl-C came meanwhile; what is left to itself complains when the interpreter ends.
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    return pool


def _start_workers(pool: ProcessPoolExecutor) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        # A pool that cannot start says so at the first piece.
        with suppress(BrokenProcessPool):
            pool.submit(_do_nothing)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _context() -> multiprocessing.context.BaseContext:
    if _may_fork():
        return multiprocessing.get_context("fork")
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Imported once by the server, so that workers begin with everything loaded.
    context.set_forkserver_preload(["tng.scan"])
    return context


def _may_fork() -> bool:
    """Whether a copy of this process would be whole: only where no other thread is.

    A copy begins at once with everything loaded; a fresh process takes a quarter of a second.
    """
    tasks = Path("/proc/self/task")
    return sys.platform == "linux" and tasks.is_dir() and len(list(tasks.iterdir())) == 1


def _do_nothing() -> None:
    """For a worker to be started by."""


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


def _do(piece: object) -> object:
    return _work(piece)
