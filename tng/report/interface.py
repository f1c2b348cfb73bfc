"""What a report format plugs in, and what every format is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tng.models import InputSummary, Outcome
from tng.summary import Summary

__all__ = ["Report", "ReportContext", "Summary"]


@dataclass(frozen=True, slots=True)
class ReportContext:
    """How the devices were judged: the time, strictness, and what the user added to trust.

    ``added`` are (role, id, source file) of the anchors and signers that vouch by the user's
    word. Intermediates are not among them: they vouch for nothing by themselves.
    """

    tool_version: str
    at: datetime
    strict: bool
    added: tuple[tuple[str, str, str], ...]


class Report(Protocol):
    """One form of output; writes as it goes, so that memory stays flat."""

    @property
    def render(self) -> Callable[[Outcome], bytes]:
        """Shows one device in this form; picklable, so that other processes can do it."""

    def begin(self, context: ReportContext) -> None:
        """Write what comes before the devices."""

    def item(self, rendered: bytes) -> None:
        """Write one device, rendered."""

    def end(self, inputs: Sequence[InputSummary], summary: Summary) -> None:
        """Write what comes after them."""
