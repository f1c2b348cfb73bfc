"""A dask cluster as a `Scan` wants it: items of inputs, and shares with their results."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from tng.distributed.calls import PATIENCE_SECONDS, Calls
from tng.distributed.spreading import Spreading
from tng.distributed.surveying import Surveying
from tng.distributed.tasks import hand_out, packed_work
from tng.parallel import Lost
from tng.scan.shares import Item, Share
from tng.scan.working import Done
from tng.sources import Opened

if TYPE_CHECKING:
    from distributed import Client

Result = TypeVar("Result")

SURVEYED_BYTES = 1024 * 1024
"""What is smaller is cut here: it is read by then, and makes no more than two tasks."""


class DaskCluster:
    """The `tng.scan.cluster.Cluster` behind one client of dask.

    Inputs of ``surveyed_bytes`` or more are cut by workers; ``patience`` is how many seconds
    there may be no worker.
    """

    def __init__(
        self,
        client: "Client",
        *,
        surveyed_bytes: int = SURVEYED_BYTES,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._calls = Calls(client, patience)
        self._surveyed_bytes = surveyed_bytes

    def items(self, inputs: Iterable[Opened]) -> Iterator[Item]:
        """The items of all inputs, big ones surveyed by workers."""
        return Surveying(self._calls, self._surveyed_bytes).items(inputs)

    def spread(
        self, work: Callable[[Share], Done[Result]], shares: Iterator[Share]
    ) -> Iterator[tuple[Share, Done[Result] | Lost]]:
        """The shares in order, each with its result."""
        given = self._calls.begin(hand_out, packed_work(work))
        try:
            yield from Spreading[Result](self._calls, given).run(shares)
        finally:
            self._calls.forget(given)
