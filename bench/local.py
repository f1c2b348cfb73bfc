"""One machine: speed against the limit, memory that does not grow, and start-up."""

import os
import sys
from collections.abc import Iterable, Iterator

from rich.table import Table

from bench.figures import Figures, Settings, plain_table
from bench.inputs import Inputs, make_inputs
from bench.processes import elapsed, has_proc, run_to_end, tng_command
from bench.profiled import measure_profile, profile_rows
from bench.steps import STEPS, measure_steps
from bench.verifying import measure_speed, one_core

_FEW = 10
_QUICK_ENTRIES, _QUICK_MIDDLE = 800, 1_600
_JOBS = {"one": 1, "all": 0}


def measure_local(settings: Settings) -> Figures:
    """Speed on one core and on all, peak memory at two sizes, and start-up."""
    entries = _QUICK_ENTRIES if settings.quick else settings.entries
    middle = _QUICK_MIDDLE if settings.quick else settings.middle
    settings.say(f"making manifests of {entries:,} and {middle:,} chips …")
    inputs = make_inputs(settings.folder, (_FEW, entries, middle))
    settings.say("measuring speed …")
    figures = _speed(inputs, entries, settings.rounds)
    settings.say("measuring the steps …")
    figures |= measure_steps(inputs, entries, settings.rounds)
    settings.say("profiling one core …")
    figures |= measure_profile(one_core(inputs, entries), entries)
    settings.say("measuring start-up …")
    figures |= _start_up(inputs, settings.rounds)
    if has_proc():
        settings.say("measuring memory …")
        figures |= _memory(inputs, (entries, middle))
    return figures


def _speed(inputs: Inputs, entries: int, rounds: int) -> dict[str, float]:
    speed = measure_speed(inputs, entries, rounds)
    return {
        "entries": entries,
        "cores": speed.cores,
        "limit_us_per_device": speed.limit * 1e6,
        "one_core_us_per_device": speed.one_core * 1e6,
        "one_core_ratio_to_limit": speed.to_limit,
        "all_cores_us_per_device": speed.all_cores * 1e6,
        "all_cores_speed_up": speed.speed_up,
        "bare_speed_up": speed.bare_speed_up,
    }


def _start_up(inputs: Inputs, rounds: int) -> dict[str, float]:
    commands = {
        "bare_python_seconds": [sys.executable, "-c", "pass"],
        "help_seconds": tng_command("--help"),
        "ten_entries_seconds": tng_command(
            "verify", str(inputs.manifests[_FEW]), *inputs.trust_flags
        ),
    }
    return dict(zip(commands, elapsed(list(commands.values()), 2 * rounds), strict=True))


def _memory(inputs: Inputs, sizes: Iterable[int]) -> dict[str, float]:
    figures = {}
    for size in sizes:
        for where, jobs in _JOBS.items():
            command = tng_command(
                "verify", str(inputs.manifests[size]), *inputs.trust_flags, "--jobs", str(jobs),
                "--output", os.devnull,
            )  # fmt: skip
            figures[f"peak_mb_{where}_{size}"] = run_to_end(command).peak / 1e6
    return figures


def local_tables(figures: Figures) -> Iterator[Table]:
    """Speed beside its limit, start-up beside Python's own, memory beside ten times the input."""
    title = f"one machine: {figures['entries']:,.0f} entries, {figures['cores']:.0f} cores"
    yield plain_table(title, ("measured", "figure", "against"), _rows(figures))
    headings = ("step, one core", "us a device", "of the whole")
    yield plain_table("where the time goes", headings, _step_rows(figures))
    headings = ("function, one core", "calls a device", "of the profile, by itself")
    profile = plain_table("profile: the functions that take most", headings, profile_rows(figures))
    profile.caption = (
        "cProfile adds its own time to each call of a Python function: the tool's own look larger "
        "here than in the table before."
    )
    yield profile


def _rows(figures: Figures) -> Iterator[tuple[str, str, str]]:
    limit = figures["limit_us_per_device"]
    one = figures["one_core_us_per_device"]
    spread = figures["all_cores_us_per_device"]
    bare = figures["bare_python_seconds"] * 1e3
    yield "limit: two bare P-256 verifications", f"{limit:.0f} us, {1e6 / limit:,.0f}/s", ""
    yield (
        "decode and verify, one core",
        f"{one:.0f} us, {1e6 / one:,.0f}/s",
        f"{figures['one_core_ratio_to_limit']:.0%} of the limit",
    )
    yield (
        "decode and verify, all cores",
        f"{spread:.0f} us, {1e6 / spread:,.0f}/s",
        f"{figures['all_cores_speed_up']:.2f} x one core",
    )
    yield "limit, all cores at once", "", f"{figures['bare_speed_up']:.2f} x one core"
    for name, title in _START_UP.items():
        yield title, f"{figures[name] * 1e3:.0f} ms", f"bare Python: {bare:.0f} ms"
    for name, value in figures.items():
        if name.startswith("peak_mb_"):
            where, size = name.removeprefix("peak_mb_").split("_")
            label = "one core" if where == "one" else "all cores"
            yield f"peak memory, {int(size):,} entries, {label}", f"{value:.0f} MB", ""


def _step_rows(figures: Figures) -> Iterator[tuple[str, str, str]]:
    whole = figures["one_core_us_per_device"]
    rest = whole
    for name, title in STEPS.items():
        step = figures[name]
        rest -= step
        yield title, f"{step:.1f}", f"{step / whole:.0%}"
    own = "tng's own code, in Python"
    # The steps are timed apart: on a busy machine they may sum up to more than the whole.
    yield (own, f"{rest:.1f}", f"{rest / whole:.0%}") if rest > 0 else (own, "lost in noise", "")


_START_UP = {
    "help_seconds": "tng --help",
    "ten_entries_seconds": "tng verify, 10 entries, prompt to prompt",
}
