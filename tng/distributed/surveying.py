"""Having big inputs cut by workers, a few inputs ahead of what is asked for."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tng.decode.registry import recognise
from tng.distributed.calls import Calls
from tng.distributed.errors import ClusterError
from tng.distributed.survey import Survey
from tng.distributed.tasks import survey
from tng.scan.shares import Item, items_of
from tng.sources import Input, Opened, open_located
from tng.sources.streams import DAMAGE
from tng.storage.reading import Stored, describe

if TYPE_CHECKING:
    from distributed import Future

AHEAD = 4
"""Inputs that are surveyed while an earlier one is worked on."""

_FIRST = 10
"""dask's priority: without a survey the workers run out of work."""


@dataclass(frozen=True, slots=True)
class _Asked:
    path: str
    location: str
    future: "Future[Any]"


class Surveying:
    """Asks for surveys, and cuts here what no worker can survey."""

    def __init__(self, calls: Calls, surveyed_bytes: int) -> None:
        self._calls = calls
        self._surveyed_bytes = surveyed_bytes

    def items(self, inputs: Iterable[Opened]) -> Iterator[Item]:
        """The items of all inputs, in order."""
        asked: deque[_Asked] = deque()
        try:
            for opened in inputs:
                following = self._ask(opened)
                # An input that is cut here is open only until the next one is.
                while asked and (following is None or len(asked) > AHEAD):
                    yield from self._take(asked)
                if following is None:
                    yield from items_of(opened)
                else:
                    asked.append(following)
            while asked:
                yield from self._take(asked)
        finally:
            for item in asked:
                self._calls.forget(item.future)

    def _ask(self, opened: Opened) -> _Asked | None:
        if not isinstance(opened, Input) or opened.location is None:
            return None
        stored = _describe(opened.location)
        if stored is None or stored.size < self._surveyed_bytes:
            return None
        # Only what comes in blocks can be told by places.
        if not hasattr(recognise(opened.head), "read_block"):
            return None
        future = self._calls.begin(survey, opened.location, opened.path, stored, priority=_FIRST)
        return _Asked(opened.path, opened.location, future)

    def _take(self, asked: deque[_Asked]) -> Iterator[Item]:
        first = asked[0]
        surveyed = self._surveyed(first)
        asked.popleft()
        if surveyed is not None:
            yield from surveyed.items()
            return
        for opened in open_located(first.location, first.path):
            yield from items_of(opened)

    def _surveyed(self, asked: _Asked) -> Survey | None:
        try:
            found: Survey | None = self._calls.result(asked.future)
        except ClusterError:
            raise
        except Exception:  # noqa: BLE001 - whatever a worker lacks, it can be done here
            return None
        else:
            return found
        finally:
            self._calls.forget(asked.future)


def _describe(location: str) -> Stored | None:
    try:
        return describe(location)
    except DAMAGE:
        return None
