"""Comparing two reports on disk: the front door of ``tng diff``.

Any number of devices in bounded memory; what the reports say of them lies in a temporary file.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO, Self

from tng.audit.diff import DeviceChange, compare_device
from tng.audit.fact_changes import compare_facts
from tng.audit.pairing import Pairing
from tng.audit.report_file import ReportFile
from tng.errors import UsageError
from tng.findings import Finding, Severity
from tng.sources.names import STDIN


@dataclass(slots=True)
class DiffSummary:
    """Counts of what changed, kept while the changes pass by."""

    devices: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    heaviest: Severity | None = None

    def add(self, found: Finding) -> None:
        """Count one finding."""
        self.codes[found.code] += 1
        if self.heaviest is None or found.severity.rank > self.heaviest.rank:
            self.heaviest = found.severity

    def fails(self, threshold: Severity | None) -> bool:
        """Whether a finding is as heavy as the threshold; ``None`` is never reached."""
        if threshold is None or self.heaviest is None:
            return False
        return self.heaviest.rank >= threshold.rank


class Comparison:
    """Two reports, read; a context manager. Walk `changes` as often as needed."""

    def __init__(self, old: str, new: str, stdin: BinaryIO) -> None:
        """Read both; `InputError` for one that is no whole report, `UsageError` for two ``-``."""
        if old == new == STDIN:
            raise UsageError("both reports cannot come from standard input", "Name a file for one.")
        files = ReportFile(old, stdin), ReportFile(new, stdin)
        self._pairing = Pairing()
        try:
            self._pairing.fill(files[0].devices(), files[1].devices())
            self.old, self.new = files[0].facts, files[1].facts
            self.facts = compare_facts(self.old.topics, self.new.topics)
        except BaseException:
            self._pairing.__exit__(None, None, None)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pairing.__exit__(kind, error, trace)

    def changes(self) -> Iterator[DeviceChange]:
        """Every device that changed: as in the later report, then those that are gone."""
        for old, new in self._pairing.unequal():
            change = compare_device(old, new)
            if change.findings:
                yield change

    def summary(self) -> DiffSummary:
        """Counts of all changes; walks them once."""
        summary = DiffSummary()
        for fact in self.facts:
            if fact.finding is not None:
                summary.add(fact.finding)
        for change in self.changes():
            summary.devices += 1
            for found in change.findings:
                summary.add(found)
        return summary
