"""What a deployment takes in core-hours, calls and gigabytes; money at the user's own prices.

No price is built in: they differ by contract, region and year.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.simulation.stages import Stage

FORMULA = (
    "core-hours x price of a core-hour + calls / 1,000,000 x price of a million calls"
    " + GB kept x months x price of a GB-month"
)


@dataclass(frozen=True, slots=True)
class Prices:
    """In one currency: a core-hour, a million billed calls, a gigabyte kept for a month."""

    core_hour: float = 0.0
    million_calls: float = 0.0
    gigabyte_month: float = 0.0
    months: float = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Of several stages together."""

    core_hours: float
    calls: float
    gigabytes: float

    def money(self, prices: Prices) -> float:
        """In the currency of the prices, by `FORMULA`."""
        return (
            self.core_hours * prices.core_hour
            + self.calls / 1e6 * prices.million_calls
            + self.gigabytes * prices.months * prices.gigabyte_month
        )


def cost(stages: Iterable[Stage]) -> Cost:
    """The stages' sum."""
    listed = list(stages)
    return Cost(
        sum(stage.core_seconds for stage in listed) / 3600,
        sum(stage.calls for stage in listed),
        sum(stage.size for stage in listed) / 1e9,
    )
