"""``python -m bench.simulation``: what a fleet of that size would take."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.figures import plain_table
from bench.results import FOLDER, read_results
from bench.simulation.assumptions import Assumptions, assumptions
from bench.simulation.cost import FORMULA, Prices, cost
from bench.simulation.events import Interruption, play
from bench.simulation.playing import killed_every, registration
from bench.simulation.stages import Deployment, Stage, stages
from bench.simulation.units import count, duration, size

_WIDTH = 120
_GIGABIT = 125e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the options, simulate, print."""
    options = _parser().parse_args(arguments)
    given = assumptions(read_results(options.results), latency=options.latency)
    deployment = Deployment(
        devices=options.devices,
        targets=options.targets,
        rate=options.rate,
        cores=options.cores,
        readers=options.readers,
        shards=options.shards,
        bandwidth=options.gigabits * _GIGABIT,
        there=options.there,
        dps=options.dps,
    )
    console = Console(width=_WIDTH)
    console.print(plain_table("figures", ("figure", "value", "from"), given.rows()))
    listed = list(stages(deployment, given))
    title = f"{options.devices:,.0f} devices, {options.targets} targets, {options.cores} cores"
    console.print(plain_table(title, HEADINGS, map(stage_cells, listed)))
    interruption = (
        killed_every(options.killed_every * 3600, options.away * 60, deployment, given)
        if options.killed_every
        else None
    )
    _print_course(console, deployment, given, interruption)
    _print_cost(console, listed, options)


HEADINGS = ("stage", "time", "held up by", "core-hours", "calls", "data")


def stage_cells(stage: Stage) -> tuple[str, ...]:
    """The stage as cells under `HEADINGS`; empty where it takes none of it."""
    return (
        stage.name,
        duration(stage.seconds) if stage.seconds else "",
        stage.held_up_by,
        f"{stage.core_seconds / 3600:,.1f}" if stage.core_seconds else "",
        count(stage.calls) if stage.calls else "",
        size(stage.size) if stage.size else "",
    )


def _print_course(
    console: Console,
    deployment: Deployment,
    given: Assumptions,
    interruption: Interruption | None,
) -> None:
    played = play(registration(deployment, given, interruption))
    share = played.share_of(deployment.rate, deployment.targets)
    console.print(
        f"registering, played: {duration(played.seconds)}, {share:.1%} of the quota,"
        f" {played.throttled:,.0f} throttled, {played.repeated:,.0f} asked for twice"
    )


def _print_cost(console: Console, listed: Sequence[Stage], options: argparse.Namespace) -> None:
    # Azure is the other way and no further one.
    total = cost(stage for stage in listed if not stage.name.startswith("or "))
    console.print(
        f"in all: {total.core_hours:,.1f} core-hours, {count(total.calls)} calls,"
        f" {total.gigabytes:,.0f} GB"
    )
    prices = Prices(
        options.core_hour_price, options.call_price, options.gigabyte_price, options.months
    )
    if money := total.money(prices):
        console.print(f"money: {money:,.2f} ({FORMULA})")
    else:
        console.print(f"money: set your prices ({FORMULA})")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=__doc__)
    for name, kind, otherwise, about in _OPTIONS:
        parser.add_argument(f"--{name}", type=kind, default=otherwise, help=about)
    parser.add_argument("--results", type=Path, default=FOLDER, help="folder of the last run")
    return parser


def _above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _whole(text: str) -> int:
    number = _above_zero(text)
    if number != int(number):
        raise argparse.ArgumentTypeError(f"{text} is no whole number")
    return int(number)


def _not_below_zero(text: str) -> float:
    return 0.0 if float(text) == 0 else _above_zero(text)


_OPTIONS = (
    ("devices", _above_zero, 100e6, "how many there are"),
    ("targets", _whole, 1, "AWS accounts in regions that they are divided among"),
    ("rate", _above_zero, 10.0, "registrations a second that each target's quota allows"),
    ("shards", _whole, 1, "processes that register, each with its part of the rate"),
    ("cores", _whole, 2, "of all machines together"),
    ("readers", _whole, 1, "processes that split inputs: machines, or workers of a cluster"),
    ("gigabits", _above_zero, 1.0, "a second of the line that the input comes over"),
    ("there", _not_below_zero, 0.0, "certificates that each target has beforehand"),
    ("dps", _whole, 1, "Azure DPS, at least"),
    ("latency", _above_zero, 0.05, "seconds until the cloud answers a call"),
    ("killed-every", _not_below_zero, 0.0, "hours between two ends of a registering process"),
    ("away", _not_below_zero, 10.0, "minutes until it is started again"),
    ("core-hour-price", _not_below_zero, 0.0, "yours"),
    ("call-price", _not_below_zero, 0.0, "yours, of a million calls"),
    ("gigabyte-price", _not_below_zero, 0.0, "yours, of a gigabyte kept for a month"),
    ("months", _not_below_zero, 1.0, "for which reports and ledger are kept"),
)


if __name__ == "__main__":
    main()
