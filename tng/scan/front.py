"""The front door: named sources in, results of every device out."""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from tng.decode.interface import Decoded
from tng.models import InputSummary, Outcome
from tng.parallel import ordered_map
from tng.scan.cluster import Cluster
from tng.scan.collecting import Collector, Spread, Work
from tng.scan.shares import ShareCutter
from tng.scan.working import Judging, Reading
from tng.sources import open_inputs
from tng.summary import Summary
from tng.verify.verifier import Verifier

Result = TypeVar("Result")

_COLLECTION_THRESHOLD = 50_000
"""Containers made between two looks for garbage: those of about a thousand devices."""


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Look for garbage cycles rarely: our values have none, and looking costs a twentieth."""
    before = gc.get_threshold()
    gc.set_threshold(_COLLECTION_THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Scan:
    """One pass over the named sources; iterate it once, then look at ``inputs`` and ``summary``.

    ``names`` are files, folders, globs or ``-`` for ``stdin``. Raises `InputError` on
    construction if a named source does not exist. ``jobs`` is the number of processes, 0 for
    one a core. Files that are ``apart`` are no sources, wherever they lie. With a ``cluster``
    the work is done there instead.
    """

    def __init__(
        self,
        names: Sequence[str],
        stdin: BinaryIO,
        jobs: int = 0,
        *,
        apart: Sequence[Path] = (),
        cluster: Cluster | None = None,
    ) -> None:
        self.inputs: list[InputSummary] = []
        self.summary = Summary()
        self._opened = open_inputs(names, stdin, apart=apart)
        self._jobs = jobs or os.cpu_count() or 1
        self._cluster = cluster

    def entries(self) -> Iterator[Decoded]:
        """What the inputs hold, unverified; ``summary`` stays empty."""
        return self._run(Reading(_itself))

    def outcomes(self, verifier: Verifier) -> Iterator[Outcome]:
        """What the inputs hold, judged; later duplicates of genuine devices are rejected."""
        return self._run(Judging(verifier, _itself))

    def results(self, verifier: Verifier, result: Callable[[Outcome], Result]) -> Iterator[Result]:
        """What ``result`` makes of each outcome.

        It is called in the processes that judge and must be picklable: what it gives is all
        that has to pass between processes, and the less that is, the faster they are.
        """
        return self._run(Judging(verifier, result))

    def _run(self, work: Work[Result]) -> Iterator[Result]:
        cutter = ShareCutter()
        collector = Collector(work, cutter, self.inputs, self.summary)
        if self._cluster is None:
            spread: Spread[Result] = partial(ordered_map, jobs=self._jobs)
            shares = cutter.cut(self._opened)
        else:
            spread = self._cluster.spread
            shares = cutter.cut_items(self._cluster.items(self._opened))
        with _rare_collection():
            yield from collector.results(shares, spread)


Passed = TypeVar("Passed")


def _itself(value: Passed) -> Passed:
    return value
