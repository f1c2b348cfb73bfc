"""How many calls the steps of devices make, and how long these take. Pure.

As many devices go into one call as the engine puts there (`tng.apply.engine`): of those that
follow one another and need the same single operation. What is tried again is not foreseen.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from tng.plan.view import Rates


@dataclass(frozen=True, slots=True)
class CountedCalls:
    """``calls`` are those of each operation, ``duration`` is their time at the rates."""

    calls: dict[str, int]
    duration: timedelta


def count_calls(devices: Iterable[tuple[str, ...]], rates: Rates) -> CountedCalls:
    """Count the calls of devices, of each of which the operations are given, in order."""
    calls: Counter[str] = Counter()
    costs: Counter[tuple[str, int]] = Counter()
    for operations, alike in groupby(item for item in devices if item):
        count = sum(1 for _ in alike)
        for operation in operations:
            size = rates.batch(operation) if len(operations) == 1 else 1
            full, rest = divmod(count, size)
            calls[operation] += full + bool(rest)
            costs[operation, size] += full
            costs[operation, rest] += bool(rest)
    total: dict[str, float] = {}
    for (operation, steps), number in costs.items():
        total[operation] = total.get(operation, 0.0) + number * rates.cost(operation, steps)
    return CountedCalls(dict(calls), rates.time(total))
