"""Filling order lines with chips: how many of which kind count for which line.

Pure, and independent of the order in which the devices came: kinds are taken by how few lines
they may go to, so that a line with wildcards is not used up by chips that have one of their
own, and then by name. A best possible filling of many overlapping patterns is not looked for.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tng.audit.chips import KindCount
from tng.audit.models import Delivery
from tng.audit.routes import Route, Routes
from tng.orders import OrderLine


@dataclass(frozen=True, slots=True)
class Runs:
    """Where the chips of one kind go: those up to place ``ends[i]`` to ``targets[i]``."""

    ends: tuple[int, ...]
    targets: tuple[tuple[Delivery, int], ...]

    def at(self, place: int) -> tuple[Delivery, int]:
        """How the chip at ``place`` (from 1) counts, and for which line."""
        return self.targets[bisect_left(self.ends, place)]


@dataclass(frozen=True, slots=True)
class Allocation:
    """What each line got, in chips, and where the chips of each kind went.

    ``delivered`` has all genuine chips of a line, ``over`` those of them that were too many.
    Kinds without a line are in ``refused``, with their routes.
    """

    delivered: tuple[int, ...]
    over: tuple[int, ...]
    runs: Mapping[int, Runs]
    refused: tuple[tuple[KindCount, Route], ...]


def allocate(lines: Sequence[OrderLine], routes: Routes, kinds: Iterable[KindCount]) -> Allocation:
    """Fill the lines with the genuine chips of ``kinds``, each up to its quantity.

    What remains of a kind is over on the last line that it may go to.
    """
    routed = [(item, routes.route(*_members(item))) for item in kinds]
    routed.sort(key=lambda pair: _precedence(*pair))
    delivered = [0] * len(lines)
    over = [0] * len(lines)
    runs: dict[int, Runs] = {}
    for item, route in routed:
        if not route.lines:
            continue
        filled = list(_fill(item.chips, route.lines, lines, delivered))
        placed = sum(count for count, _, _ in filled)
        if placed < item.chips:
            last = route.lines[-1]
            filled.append((item.chips - placed, Delivery.OVER, last))
            delivered[last] += item.chips - placed
            over[last] += item.chips - placed
        runs[item.id] = _runs(filled)
    refused = tuple((item, route) for item, route in routed if not route.lines)
    return Allocation(tuple(delivered), tuple(over), runs, refused)


_Filled = tuple[int, Delivery, int]


def _fill(
    chips: int, route: Sequence[int], lines: Sequence[OrderLine], delivered: list[int]
) -> Iterable[_Filled]:
    for index in route:
        taken = min(chips, max(0, lines[index].quantity - delivered[index]))
        if taken:
            delivered[index] += taken
            chips -= taken
            yield taken, Delivery.AS_ORDERED, index


def _runs(filled: Sequence[_Filled]) -> Runs:
    ends = []
    end = 0
    for count, _, _ in filled:
        end += count
        ends.append(end)
    return Runs(tuple(ends), tuple((delivery, index) for _, delivery, index in filled))


def _members(item: KindCount) -> tuple[int | None, str | None, str | None]:
    return item.kind.listed, item.kind.part_number, item.kind.group_id


def _precedence(item: KindCount, route: Route) -> tuple[int, str, str, int]:
    kind = item.kind
    listed = -1 if kind.listed is None else kind.listed
    return len(route.lines), kind.part_number or "", kind.group_id or "", listed
