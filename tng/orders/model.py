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


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of a purchase order.

    ``part_number`` may hold ``*`` and ``?`` as wildcards, since manifests name a factory's code
    where a price list names a family. ``quantity`` is in chips. ``serials`` are empty where the
    order does not name them; ``group_id`` and ``date`` (of the order or the delivery) are
    ``None`` where it does not.
    """

    order: str
    part_number: str
    quantity: int
    serials: tuple[SerialRange, ...]
    group_id: str | None
    date: date | None
    source: Source
