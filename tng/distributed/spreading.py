"""Sending shares to workers and taking their results in order, whatever becomes of the workers.

A few tasks a worker are under way; each is forgotten by the cluster as soon as its result was
taken. What a worker had when it died, dask gives to another one. A task with which worker after
worker dies is tried share by share, with nothing of ours beside it, so that no share is given up
for what another one did.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from tng.decode.interface import Block
from tng.distributed.calls import Calls
from tng.distributed.errors import WorkersDiedError
from tng.distributed.tasks import packed, unpacked_results, work_on
from tng.parallel import Lost
from tng.scan.fetching import fetched_or_declared
from tng.scan.shares import Readable, Share
from tng.scan.stored import StoredBlock
from tng.scan.working import Done

if TYPE_CHECKING:
    from distributed import Future

Result = TypeVar("Result")

TASK_SHARES = 8
"""Shares of one task: 0.3 s of work, against 3 ms that dask needs for it."""

TASK_BYTES = 1024 * 1024
"""Bytes sent with one task, from which on no further share is added."""

SENT_BYTES = 64 * 1024 * 1024
"""Bytes sent and not yet answered, which scheduler and workers hold."""

_QUEUED = 3
"""Tasks under way for each thread of the workers."""

_RECOUNT = 64
"""Tasks between two looks how many threads there are: workers come and go."""


@dataclass(slots=True)
class _Task:
    shares: Sequence[Share]
    future: "Future[Any]"
    sent: int


class Spreading(Generic[Result]):
    """One stream of shares on its way through a cluster; ``work`` is the future of `hand_out`."""

    def __init__(self, calls: Calls, work: "Future[Any]") -> None:
        self._calls = calls
        self._work = work
        self._waiting: deque[_Task] = deque()
        self._begun = 0
        self._room = 0

    def run(self, shares: Iterator[Share]) -> Iterator[tuple[Share, Done[Result] | Lost]]:
        """The shares in order, each with its result."""
        try:
            for together in _tasks(shares):
                self._waiting.append(self._begin(together))
                while self._is_full():
                    yield from self._take()
            while self._waiting:
                yield from self._take()
        finally:
            for task in self._waiting:
                self._calls.forget(task.future)

    def _begin(self, shares: Sequence[Share]) -> _Task:
        if self._begun % _RECOUNT == 0:
            self._room = max(1, self._calls.threads()) * _QUEUED
        self._begun += 1
        data = packed(shares)
        return _Task(shares, self._calls.begin(work_on, self._work, data), len(data))

    def _is_full(self) -> bool:
        sent = sum(task.sent for task in self._waiting)
        return len(self._waiting) > self._room or sent > SENT_BYTES

    def _take(self) -> Iterator[tuple[Share, Done[Result] | Lost]]:
        first = self._waiting[0]
        try:
            done = self._done(first)
        except WorkersDiedError as error:
            for other in list(self._waiting)[1:]:
                self._calls.settle(other.future)
            done = [self._alone(share, error.deaths) for share in first.shares]
        self._waiting.popleft()
        yield from zip(first.shares, done, strict=True)

    def _done(self, task: _Task) -> Sequence[Done[Result] | Lost]:
        """The results of a task; what its worker cannot read is read here and sent."""
        try:
            result: bytes | None = self._calls.result(task.future)
            while result is None:
                again = self._begin([fetched_or_declared(share) for share in task.shares])
                task.shares, task.future = again.shares, again.future
                result = self._calls.result(task.future)
        finally:
            self._calls.forget(task.future)
        return cast("Sequence[Done[Result] | Lost]", unpacked_results(result))

    def _alone(self, share: Share, deaths: int) -> Done[Result] | Lost:
        task = self._begin([share])
        try:
            (done,) = self._done(task)
        except WorkersDiedError as error:
            return Lost(deaths + error.deaths)
        else:
            return done


def _tasks(shares: Iterator[Share]) -> Iterator[tuple[Share, ...]]:
    """Shares that make a task."""
    together: list[Share] = []
    size = 0
    for share in shares:
        together.append(share)
        size += _size(share)
        if len(together) >= TASK_SHARES or size >= TASK_BYTES:
            yield tuple(together)
            together.clear()
            size = 0
    if together:
        yield tuple(together)


def _size(share: Share) -> int:
    """About how many bytes have to be sent for it."""
    return sum(_piece_size(item.piece) for item in share.items if isinstance(item, Readable))


def _piece_size(piece: object) -> int:
    if isinstance(piece, Block):
        return len(piece.data)
    return 0 if isinstance(piece, StoredBlock) else sum(map(len, cast("Any", piece).data))
