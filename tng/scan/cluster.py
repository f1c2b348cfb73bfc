"""What a `Scan` needs of other machines, so that it knows nothing of how they are reached."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from tng.parallel import Lost
from tng.scan.shares import Item, Share
from tng.scan.working import Done
from tng.sources import Opened

Result = TypeVar("Result")


class Cluster(Protocol):
    """Where inputs are cut and shares worked on, other than here."""

    def items(self, inputs: Iterable[Opened]) -> Iterator[Item]:
        """What `tng.scan.shares.items_of` gives for all inputs, in order.

        Blocks may be stored ones (`tng.scan.stored`).
        """

    def spread(
        self, work: Callable[[Share], Done[Result]], shares: Iterator[Share]
    ) -> Iterator[tuple[Share, Done[Result] | Lost]]:
        """A `tng.scan.collecting.Spread`."""
