"""The figures of registering in Azure DPS as tables that say what they mean."""

from collections.abc import Iterator, Mapping

from rich.table import Table

from bench.enrolling_cases import FREE, HELD, QUOTA_A_MINUTE, RATE
from tng.apply.calls import PACE

Figures = Mapping[str, float]

_CASES = {
    "free_single": "no quota, one by one",
    "free_bulk": "no quota, bulk of 10",
    "held_single": "quota, one by one",
    "held_bulk": "quota, bulk counts as 10",
    "held_bulk_call": "quota, bulk counts as 1",
}
_PLANS = {"plan_there": "all there already", "plan_new": "none there yet"}
_MEANING = (
    f"The quota is {QUOTA_A_MINUTE:,.0f} operations a minute, the rate that is set nine tenths of "
    f"it ({RATE:g} a second), of which {PACE:.0%} is used: {0.9 * PACE:.0%} of the limit is right, "
    "and nothing may be throttled. Without a quota the limit is the SDK alone, making the same "
    "calls in as many threads. Calls and CPU are for each device: all calls that the stand-in saw, "
    "planning too; the client's CPU time while "
    "registering. The stand-in is another process on the same cores. Whether a bulk operation of "
    "10 counts as 10 or as 1 is not documented."
)


def enrolling_tables(figures: Figures) -> Iterator[Table]:
    """One of registering, a row for each case, and one of planning."""
    threads = figures["dps_threads"]
    title = f"registering in Azure DPS over https, {threads:.0f} threads"
    table = Table(title=title, caption=_MEANING, caption_justify="left")
    table.add_column("measured", no_wrap=True)
    headings = ("devices/s", "limit", "of it", "calls", "throttled", "CPU", "SDK's")
    for heading in headings:
        table.add_column(heading, justify="right")
    for case in (*FREE, *HELD):
        table.add_row(_CASES[case.name], *_case(_of(figures, case.name)))
    yield table
    yield _planning_table(figures)


def _planning_table(figures: Figures) -> Table:
    table = Table(title=f"planning against {figures['dps_enrolled']:,.0f} enrollments, no quota")
    table.add_column("measured", no_wrap=True)
    for heading in ("seconds", "queries", "single reads", "CPU a device"):
        table.add_column(heading, justify="right")
    for name, what in _PLANS.items():
        found = _of(figures, name)
        table.add_row(
            f"{found['devices']:,.0f} devices, {what}",
            f"{found['seconds']:.2f}",
            f"{found['queries']:.0f}",
            f"{found['gets']:.0f}",
            f"{found['cpu_ms'] / found['devices']:.2f} ms",
        )
    return table


def _case(found: Figures) -> Iterator[str]:
    yield f"{found['devices_per_second']:,.1f}"
    yield f"{found['limit_per_second']:,.0f}"
    yield f"{found['ratio_to_limit']:.0%}"
    yield f"{found['calls_a_device']:.3f}"
    yield f"{found['throttled']:.0f}"
    yield f"{found['cpu_ms']:.2f} ms"
    yield f"{found['sdk_cpu_ms']:.2f} ms" if "sdk_cpu_ms" in found else ""


def _of(figures: Figures, name: str) -> Figures:
    start = f"dps_{name}_"
    return {
        key.removeprefix(start): value for key, value in figures.items() if key.startswith(start)
    }
