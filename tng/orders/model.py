"""What was ordered: the lines of purchase orders, as their file says it."""

from dataclasses import dataclass
from datetime import date

from tng.models import Source


@dataclass(frozen=True, slots=True)
class SerialRange:
    """Serial numbers from ``first`` to ``last``, both included; one alone is a range of one.

    Both are lower-case hex of the same length, as `DeviceRecord.device_id` is.
    """

    first: str
    last: str

    @property
    def size(self) -> int:
        """How many serial numbers lie in it."""
        return 1 if self.first == self.last else int(self.last, 16) - int(self.first, 16) + 1


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of a purchase order.

    ``part_number`` may hold ``*`` and ``?`` as wildcards, since manifests name a factory's code
    where a price list names a family. ``quantity`` is in chips. ``serials`` are sorted, do not
    overlap, and are empty where the order does not name them; their ranges may hold more
    numbers than the ``quantity``, since vendors do not use every number. ``group_id`` and
    ``date`` (of the order or the delivery) are ``None`` where the order does not name them.
    ``source`` is the first row of the line: ``entry`` in JSON, otherwise ``line``.
    """

    order: str
    part_number: str
    quantity: int
    serials: tuple[SerialRange, ...]
    group_id: str | None
    date: date | None
    source: Source


@dataclass(frozen=True, slots=True)
class OrderBook:
    """A file of orders.

    ``sha256`` is of its bytes (lower hex), ``kind`` is ``"csv"``, ``"xlsx"`` or ``"json"``.
    ``notes`` say in words what was passed over (columns that are not known).
    """

    lines: tuple[OrderLine, ...]
    sha256: str
    kind: str
    notes: tuple[str, ...]


def line_names(lines: tuple[OrderLine, ...]) -> tuple[str, ...]:
    """What to call each line: ``"PO-7 line 2"`` is the second one of that order."""
    seen: dict[str, int] = {}
    names = []
    for line in lines:
        seen[line.order] = seen.get(line.order, 0) + 1
        names.append(f"{line.order} line {seen[line.order]}")
    return tuple(names)
