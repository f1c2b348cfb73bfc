"""``docs/scale.md`` from the simulation: ``python -m bench.simulation.pages``.

The parts between the markers are written; what people have written around them stays.
"""

from collections.abc import Iterator
from pathlib import Path

from bench.markers import filled, markdown_table
from bench.results import FOLDER, Results, read_results
from bench.simulation.assumptions import Assumptions, assumptions
from bench.simulation.cost import cost
from bench.simulation.events import play
from bench.simulation.playing import killed_daily, measured_runs, registration
from bench.simulation.stages import (
    Deployment,
    registering,
    services_needed,
    stages,
    subscriptions_needed,
)
from bench.simulation.units import count, duration, size

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"

SIZES = (10e6, 100e6, 1000e6)
_HEADINGS = tuple(f"{number / 1e6:,.0f} million" for number in SIZES)

_DEPLOYMENTS = {
    "One account at the default quota of 10/s, one machine with 2 cores": {},
    "One account raised to 100/s, one machine with 8 cores": {"rate": 100, "cores": 8},
    "40 targets raised to 100/s, 64 cores in 8 machines, 8 shards": {
        "targets": 40, "rate": 100, "cores": 64, "readers": 8, "shards": 8,
    },
}  # fmt: skip
"""How it is called → what is not the default of `Deployment`."""

_COURSES = (
    (1, 10, 1), (1, 100, 1), (1, 1000, 1), (1, 1000, 4), (40, 10, 1), (40, 100, 1), (40, 100, 8),
    (40, 1000, 64),
)  # fmt: skip
"""Targets, rate of each, shards."""

_CORES = 64
_AT_ONCE = (10_000, 100_000, 1_000_000, 10_000_000)
"""Devices in one run of `tng register`."""


def document(page: str, results: Results) -> str:
    """The page with the tables of the simulation on that run's figures."""
    given = assumptions(results)
    return filled(
        page,
        {
            "figures": markdown_table(
                ("figure", "value", "from"), given.rows(), text_columns=(0, 2)
            ),
            "stages": "\n\n".join(_stages(given)),
            "cost": _cost(given),
            "courses": _courses(given),
            "memory": _memory(given),
            "azure": _azure(given),
            "validation": _validation(results, given),
        },
    )


def _stages(given: Assumptions) -> Iterator[str]:
    for title, chosen in _DEPLOYMENTS.items():
        columns = [list(stages(Deployment(number, **chosen), given)) for number in SIZES]
        # The way over Azure needs as many services as there are millions: a table of its own.
        rows = [
            (row[0].name, *(duration(stage.seconds) for stage in row), row[-1].held_up_by)
            for row in zip(*columns, strict=True)
            if row[0].seconds and not row[0].name.startswith("or ")
        ]
        yield f"**{title}**"
        headings = ("stage", *_HEADINGS, "held up by")
        yield markdown_table(headings, rows, text_columns=(0, len(headings) - 1))


def _cost(given: Assumptions) -> str:
    rows = []
    for number in SIZES:
        listed = [
            stage for stage in stages(Deployment(number), given) if not stage.name.startswith("or ")
        ]
        total = cost(listed)
        kept = {stage.name: stage.size for stage in listed}
        rows.append(
            (
                f"{number / 1e6:,.0f} million",
                *(f"{stage.core_seconds / 3600:,.0f}" for stage in listed if _computes(stage.name)),
                f"{total.core_hours:,.0f}",
                count(total.calls),
                *(size(kept[name]) for name in kept if kept[name] and "audit" not in name),
            )
        )
    headings = (
        "devices", "verify, core-hours", "register, core-hours", "audit, core-hours",
        "all core-hours", "AWS calls", "input", "report", "index of duplicates", "ledger",
    )  # fmt: skip
    return markdown_table(headings, rows)


def _computes(name: str) -> bool:
    return name.startswith(("decode", "register", "audit"))


def _courses(given: Assumptions) -> str:
    rows = []
    for targets, rate, shards in _COURSES:
        cells = []
        for number in SIZES:
            chosen = Deployment(number, targets, rate, cores=_CORES, shards=shards)
            smooth = play(registration(chosen, given))
            rough = play(registration(chosen, given, killed_daily(chosen, given)))
            cells.append(f"{duration(smooth.seconds)} / {duration(rough.seconds)}")
        share = smooth.share_of(rate, targets)
        held = registering(chosen, given).held_up_by
        rows.append((f"{targets}", f"{rate:,}/s", f"{shards}", *cells, f"{share:.0%}", held))
    headings = ("targets", "quota of each", "shards", *_HEADINGS, "of the quota", "held up by")
    return markdown_table(headings, rows, text_columns=(len(headings) - 1,))


def _memory(given: Assumptions) -> str:
    rows = [
        (
            f"{devices:,.0f}",
            size(devices * given.planned_bytes.value),
            *(f"{number / devices:,.0f}" for number in SIZES),
        )
        for devices in _AT_ONCE
    ]
    headings = ("devices in one run", "memory of its plan", *(f"runs for {it}" for it in _HEADINGS))
    return markdown_table(headings, rows)


def _azure(given: Assumptions) -> str:
    rows = []
    for number in SIZES:
        needed = services_needed(Deployment(number), given)
        seconds = number / needed / given.dps_rate.value
        rows.append(
            (
                f"{number / 1e6:,.0f} million",
                f"{needed:,}",
                f"{subscriptions_needed(needed):,}",
                duration(seconds),
                duration(seconds / 10),
            )
        )
    headings = (
        "devices", "DPS, at least", "subscriptions", "one by one",
        "in bulks of 10, if a bulk counts as one operation",
    )  # fmt: skip
    return markdown_table(headings, rows)


def _validation(results: Results, given: Assumptions) -> str:
    rows = []
    for name, (plan, measured) in measured_runs(results, given).items():
        played = plan.devices / (play(plan).seconds - plan.latency)
        rows.append(
            (name, f"{measured:,.1f}/s", f"{played:,.1f}/s", f"{played / measured - 1:+.1%}")
        )
    if not rows:
        return "No run at a quota has been measured yet (`make bench`)."
    return markdown_table(("run", "measured", "played", "off by"), rows)


if __name__ == "__main__":
    PAGE.write_text(document(PAGE.read_text("utf-8"), read_results(FOLDER)), "utf-8")
