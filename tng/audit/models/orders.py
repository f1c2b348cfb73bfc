"""What became of the orders, and what came twice."""

from dataclasses import dataclass

from tng.orders import OrderLine


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one order line; all counts are in chips.

    ``delivered`` counts all genuine chips, at most ``line.quantity`` of which are as ordered;
    ``over`` is how many of them are more. ``not_genuine`` came as well and are not accepted.
    ``missing`` are the first serials of the line that did not come, ``missing_count`` is how
    many; they are known only where as many are listed as were ordered.
    """

    line: OrderLine
    delivered: int
    over: int
    not_genuine: int
    missing: tuple[str, ...]
    missing_count: int

    @property
    def short(self) -> int:
        """How many of those ordered did not come."""
        return max(0, self.line.quantity - self.delivered)


@dataclass(frozen=True, slots=True)
class UnorderedPart:
    """Genuine chips of a part (and group) that count for no line; ``None`` where unknown."""

    part_number: str | None
    group_id: str | None
    chips: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two inputs that hold the same devices."""

    first: str
    second: str
    devices: int


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """An earlier audit that saw some of these devices in another input.

    ``at`` is that audit's time (RFC 3339), ``source`` the input that it read.
    """

    at: str
    source: str
    devices: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Deliveries against orders."""

    lines: tuple[LineResult, ...]
    unordered: tuple[UnorderedPart, ...]
