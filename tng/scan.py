"""From named sources to a stream of decoded or judged devices, in input order.

The scan opens inputs, recognises their kind, splits them and has the entries read (and
judged) by several threads: signature checks release the interpreter's lock. It holds a
few batches at a time, whatever the size of the input.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import BinaryIO, TypeVar

from tng.decode.interface import Decoded, Decoder, RawEntry
from tng.decode.registry import recognise
from tng.findings import Finding, finding
from tng.models import DeviceEntry, InputSummary, Outcome, Source, Undecodable
from tng.sources import Archive, Input, InputStreamError, open_inputs
from tng.verify.duplicates import DuplicateIndex
from tng.verify.verifier import Verifier

BATCH = 64
"""Entries handed to a thread in one go: about 10 ms of work."""

_QUEUED_BATCHES = 4
"""Batches waiting or done for each thread; bounds memory when a reader is slow."""

_Work = tuple[Decoder, RawEntry] | Undecodable
T = TypeVar("T")


class Scan:
    """One pass over the named sources; iterate it once, then look at ``inputs``.

    ``names`` are files, folders, globs or ``-`` for ``stdin``. Raises `InputError` on
    construction if a named source does not exist. ``jobs`` is the number of threads, 0 for
    one a core.
    """

    def __init__(self, names: Sequence[str], stdin: BinaryIO, jobs: int = 0) -> None:
        self.inputs: list[InputSummary] = []
        self._opened = open_inputs(names, stdin)
        self._jobs = jobs or os.cpu_count() or 1

    def entries(self) -> Iterator[Decoded]:
        """What the inputs hold, unverified."""
        return self._run(_read)

    def outcomes(self, verifier: Verifier) -> Iterator[Outcome]:
        """What the inputs hold, judged; later duplicates of genuine devices are rejected."""

        def judge(work: _Work) -> tuple[Outcome, ...]:
            return tuple(
                verifier.judge(item) if isinstance(item, DeviceEntry) else item
                for item in _read(work)
            )

        with DuplicateIndex() as index:
            yield from index.filter(self._run(judge))

    def _run(self, work: Callable[[_Work], tuple[T, ...]]) -> Iterator[T]:
        def run_batch(batch: list[_Work]) -> list[T]:
            return [item for piece in batch for item in work(piece)]

        pieces = self._pieces()
        if self._jobs == 1:
            for piece in pieces:
                yield from work(piece)
            return
        with ThreadPoolExecutor(self._jobs, thread_name_prefix="tng-scan") as pool:
            waiting: deque[Future[list[T]]] = deque()
            try:
                while batch := list(islice(pieces, BATCH)):
                    waiting.append(pool.submit(run_batch, batch))
                    if len(waiting) > self._jobs * _QUEUED_BATCHES:
                        yield from waiting.popleft().result()
                while waiting:
                    yield from waiting.popleft().result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _pieces(self) -> Iterator[_Work]:
        for opened in self._opened:
            if isinstance(opened, Undecodable):
                self.inputs.append(InputSummary(opened.source.file, "", "unreadable", 1))
                yield opened
            elif isinstance(opened, Archive):
                self.inputs.append(
                    InputSummary(opened.path, opened.sha256, "zip", opened.members)
                )  # fmt: skip
            else:
                yield from self._pieces_of(opened)

    def _pieces_of(self, opened: Input) -> Iterator[_Work]:
        decoder = recognise(opened.head)
        count = 0
        if decoder is None:
            yield Undecodable(Source(opened.path), (_unrecognised(opened.head),))
            count = 1
        else:
            try:
                for raw in decoder.split(opened.stream, opened.path):
                    count += 1
                    yield raw if isinstance(raw, Undecodable) else (decoder, raw)
            except InputStreamError as error:
                count += 1
                yield Undecodable(Source(opened.path), (error.finding,))
        kind = decoder.name if decoder else "unrecognised"
        self.inputs.append(InputSummary(opened.path, opened.sha256(), kind, count))


def _read(work: _Work) -> tuple[Decoded, ...]:
    if isinstance(work, Undecodable):
        return (work,)
    decoder, raw = work
    return decoder.read(raw)


def _unrecognised(head: bytes) -> Finding:
    if not head.strip(b"\0 \t\r\n"):
        return finding("input-empty", "there is nothing in it")
    return finding("input-unrecognised", f"it begins with {head[:16]!r}")
