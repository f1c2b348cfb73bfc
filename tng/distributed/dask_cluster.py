"""A dask cluster as a `Scan` wants it: items of inputs, and shares with their results."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from tng.distributed.spreading import Spreading
from tng.distributed.surveying import Surveying
from tng.distributed.tasks import hand_out, packed_work
from tng.distributed.waiting import PATIENCE_SECONDS, Waiter
from tng.parallel import Lost
from tng.scan.shares import Item, Share
from tng.scan.working import Done
from tng.sources import Opened

if TYPE_CHECKING:
    from distributed import Client

Result = TypeVar("Result")

SURVEYED_BYTES = 4 * 1024 * 1024
"""What is smaller is cut here: asking for a survey takes longer."""


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
        self._client = client
        self._waiter = Waiter(client, patience)
        self._surveyed_bytes = surveyed_bytes

    def items(self, inputs: Iterable[Opened]) -> Iterator[Item]:
        """The items of all inputs, big ones surveyed by workers."""
        return Surveying(self._client, self._waiter, self._surveyed_bytes).items(inputs)

    def spread(
        self, work: Callable[[Share], Done[Result]], shares: Iterator[Share]
    ) -> Iterator[tuple[Share, Done[Result] | Lost]]:
        """The shares in order, each with its result."""
        given: Any = self._client.submit(hand_out, packed_work(work), pure=False)
        try:
            yield from Spreading[Result](self._client, self._waiter, given).run(shares)
        finally:
            given.release()
