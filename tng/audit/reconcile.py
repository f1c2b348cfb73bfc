"""Deliveries against orders: which chip counts for which line, and what does not fit.

`routes` has the rules by which a chip finds its line, `allocation` fills the lines. Says
nothing about whether a device is genuine: that was judged before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tng.audit.allocation import Allocation, allocate
from tng.audit.arrivals import Arrival
from tng.audit.chips import Chips, Placed
from tng.audit.models import (
    Delivery,
    GeneralFinding,
    LineResult,
    OrderMatch,
    Reconciliation,
    UnorderedPart,
)
from tng.audit.order_findings import line_findings
from tng.audit.routes import Route, Routes
from tng.audit.serial_index import Missing, SerialIndex
from tng.findings import Finding, finding
from tng.orders import OrderLine, line_names

MAX_MISSING = 20
"""So many missing serial numbers of a line are named; the rest are counted."""
_REMEMBERED = 4096
"""Routes kept at hand: devices of a batch mostly have the same."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What the orders say of device ``number``.

    ``match`` is ``None`` for a duplicate, which counts where it stands first. A device that is
    not accepted has the line for which it would have counted.
    """

    number: int
    match: OrderMatch | None
    findings: tuple[Finding, ...]


class Reconciled:
    """The result; a context manager, since the devices lie in a temporary file.

    ``reconciliation`` has the counts, ``findings`` what is to be said of lines.
    """

    def __init__(self, lines: Sequence[OrderLine], arrivals: Iterable[Arrival]) -> None:
        self._lines = tuple(lines)
        self._names = line_names(self._lines)
        self._routes = Routes(self._lines, self._names)
        self._remembered: dict[int, Route] = {}
        self._chips = Chips()
        try:
            serials = SerialIndex(self._lines)
            self._chips.load((item, serials.line_of(item.serial)) for item in arrivals)
            self._allocation = allocate(self._lines, self._routes, self._chips.genuine())
            self.reconciliation = Reconciliation(
                self._line_results(serials), _unordered(self._allocation)
            )
        except BaseException:
            self._chips.close()
            raise
        results = self.reconciliation.lines
        self.findings: tuple[GeneralFinding, ...] = tuple(
            line_findings(results, self._names, serials.conflicts)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._chips.close()

    def matches(self) -> Iterator[Matched]:
        """Every device that arrived, by number; may be walked any number of times."""
        return map(self._matched, self._chips.placed())

    def _matched(self, item: Placed) -> Matched:
        if item.accepted and item.chip_kind is not None:
            return self._genuine(item.number, item.chip_kind, item.place)
        if item.duplicate:
            return Matched(item.number, None, ())
        lines = self._route(item.kind).lines
        return Matched(item.number, self._match(Delivery.NOT_GENUINE, lines[:1]), ())

    def _genuine(self, number: int, kind: int, place: int) -> Matched:
        runs = self._allocation.runs.get(kind)
        if runs is None:
            route = self._route(kind)
            delivery = route.refusal or Delivery.NOT_ORDERED
            found = (route.finding,) if route.finding else ()
            return Matched(number, self._match(delivery, ()), found)
        delivery, line = runs.at(place)
        found = (self._over(line),) if delivery is Delivery.OVER else ()
        return Matched(number, self._match(delivery, (line,)), found)

    def _match(self, delivery: Delivery, lines: Sequence[int]) -> OrderMatch:
        if not lines:
            return OrderMatch(delivery, "", None)
        return OrderMatch(delivery, self._lines[lines[0]].order, lines[0])

    def _over(self, line: int) -> Finding:
        came = self._allocation.delivered[line]
        return finding(
            "order-over",
            f"{self._names[line]} orders {self._lines[line].quantity}, and {came} came",
        )

    def _route(self, kind: int) -> Route:
        route = self._remembered.get(kind)
        if route is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            members = self._chips.kind(kind)
            route = self._routes.route(members.listed, members.part_number, members.group_id)
            self._remembered[kind] = route
        return route

    def _line_results(self, serials: SerialIndex) -> tuple[LineResult, ...]:
        not_genuine = [0] * len(self._lines)
        for item in self._chips.not_genuine():
            for line in self._route(item.id).lines[:1]:
                not_genuine[line] += item.chips
        kinds: dict[int, list[int]] = {}
        for kind, runs in self._allocation.runs.items():
            kinds.setdefault(runs.targets[0][1], []).append(kind)
        return tuple(
            self._result(index, serials, kinds.get(index, []), not_genuine[index])
            for index in range(len(self._lines))
        )

    def _result(
        self, index: int, serials: SerialIndex, kinds: Sequence[int], not_genuine: int
    ) -> LineResult:
        line = self._lines[index]
        missing = Missing((), 0)
        # Of a range that is longer than the quantity, nobody knows which numbers were meant.
        if line.serials and sum(item.size for item in line.serials) == line.quantity:
            missing = serials.missing(index, self._chips.serials(kinds), MAX_MISSING)
        return LineResult(
            line,
            self._allocation.delivered[index],
            self._allocation.over[index],
            not_genuine,
            missing.first,
            missing.count,
        )


def reconcile(lines: Sequence[OrderLine], arrivals: Iterable[Arrival]) -> Reconciled:
    """Hold what arrived against what was ordered.

    ``arrivals`` are walked once; their order decides only which chips are the ones that are
    over. Several arrivals of one chip count once, as genuine if any is accepted.
    """
    return Reconciled(lines, arrivals)


def _unordered(allocation: Allocation) -> tuple[UnorderedPart, ...]:
    counts: dict[tuple[str | None, str | None], int] = {}
    for item, _ in allocation.refused:
        key = (item.kind.part_number, item.kind.group_id)
        counts[key] = counts.get(key, 0) + item.chips
    return tuple(UnorderedPart(part, group, chips) for (part, group), chips in counts.items())
