"""Putting the results of shares together again: numbers, duplicates, counts, inputs.

Shares come back in order. Two things are known only here, where all of them pass: whether the
blocks before a share held as many entries as they seemed to, and whether a device came before.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from tng.findings import Finding
from tng.models import InputSummary, Outcome, RejectedDevice, Undecodable
from tng.parallel import Lost
from tng.scan.fetching import fetched, fetched_or_declared
from tng.scan.losses import without
from tng.scan.shares import InputEnd, Share, ShareCutter
from tng.scan.working import Done, Judging, Reading
from tng.sources import InputStreamError
from tng.summary import Summary, kind_of
from tng.verify.duplicates import DuplicateIndex, source_of

Result = TypeVar("Result")
Work = Judging[Result] | Reading[Result]
Spread = Callable[
    [Callable[[Share], Done[Result]], Iterator[Share]], Iterator[tuple[Share, Done[Result] | Lost]]
]
"""Does the work for all shares, wherever, and gives each one back with its result, in order.

`Lost` stands for a share whose workers died again and again. The shares are taken in this
process, and not much faster than the results are.
"""


@dataclass(slots=True)
class Collector(Generic[Result]):
    """Passes the results of shares on. ``inputs`` and ``summary`` are filled on the way."""

    work: Work[Result]
    cutter: ShareCutter
    inputs: list[InputSummary]
    summary: Summary
    _input: int = 0
    _shift: int = 0
    _entries: int = 0

    def results(self, shares: Iterator[Share], spread: Spread[Result]) -> Iterator[Result]:
        """The results of all devices, in input order."""
        with DuplicateIndex() as index:
            for share, done in spread(self.work, shares):
                yield from self._collect(share, done, index)

    def _collect(
        self, share: Share, done: Done[Result] | Lost, index: DuplicateIndex
    ) -> Sequence[Result]:
        if isinstance(done, Lost):
            share = without(share, done)
            done = self.work(share)
        if share.shift != self._shift:
            share = replace(fetched_or_declared(share), shift=self._shift)
            done = self.work(share)
        self._count_entries(share, done)
        if isinstance(self.work, Judging):
            return self._judged(self.work, share, done, index)
        return done.results

    def _count_entries(self, share: Share, done: Done[Result]) -> None:
        self._entries += done.entries[0]
        following = iter(done.entries[1:])
        for item in share.items:
            if isinstance(item, InputEnd):
                self.inputs.append(item.summary(self._entries))
                self._entries = next(following)
                self._input += 1
        if done.shift != self._shift or len(done.entries) > 1:
            self._shift = done.shift
            self.cutter.correct(self._input, self._shift)

    def _judged(
        self, work: Judging[Result], share: Share, done: Done[Result], index: DuplicateIndex
    ) -> Sequence[Result]:
        counts = [0] * len(done.kinds)
        for number in done.kind_of:
            counts[number] += 1
        duplicates = index.find(done.genuine)
        results = done.results
        if duplicates:
            results = list(results)
            outcomes = _outcomes_again(work, share, done, list(duplicates))
            for (position, found), outcome in zip(duplicates.items(), outcomes, strict=True):
                rejected = _rejected(outcome, found)
                counts[done.kind_of[position]] -= 1
                self.summary.count(kind_of(rejected))
                results[position] = work.result(rejected)
        for kind, count in zip(done.kinds, counts, strict=True):
            if count:
                self.summary.count(kind, count)
        return results


def _outcomes_again(
    work: Judging[Result], share: Share, done: Done[Result], positions: Sequence[int]
) -> Iterable[Outcome]:
    """The outcomes of genuine devices, which are read again where they did not come with it."""
    try:
        (share,) = fetched([share])
    except InputStreamError as error:
        stands = {position: source_of(identity) for position, identity in done.genuine}
        return [Undecodable(stands[position], (error.finding,)) for position in positions]
    return work.outcomes(share, positions)


def _rejected(outcome: Outcome, found: Finding) -> Outcome:
    if isinstance(outcome, Undecodable):
        return replace(outcome, findings=(*outcome.findings, found))
    return RejectedDevice(outcome.record, (*outcome.findings, found))
