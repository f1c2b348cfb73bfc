"""``python -m bench``: measure, print tables, and write JSON and a picture."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from bench.figures import Section, Settings
from bench.machine import machine_facts, run_facts
from bench.picture import write_picture
from bench.results import (
    BEFORE_NAME,
    FOLDER,
    Results,
    SectionResult,
    merged,
    read_results,
    write_results,
)
from bench.sections import SECTIONS, section
from bench.targets import target_rows, targets_table

_NAMES = tuple(each.name for each in SECTIONS)
_WIDTH = 110


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the options, measure, print, write."""
    options = _parser().parse_args(arguments)
    names = tuple(dict.fromkeys(options.only or _NAMES))
    talk, data = Console(file=sys.stderr), Console(width=_WIDTH)
    results = _measured([section(name) for name in names], options, talk.print)
    for name, result in results.items():
        data.print(*section(name).tables(result.figures), sep="\n")
    title = "targets (a quick run says nothing about them)" if options.quick else "targets"
    data.print(targets_table(target_rows([section(name) for name in names], results), title))
    folder = options.results or (None if options.quick else FOLDER)
    if folder:
        last = read_results(folder)
        replaced = {name: last[name] for name in results if name in last}
        before = merged(read_results(folder, BEFORE_NAME), replaced, _NAMES)
        write_results(folder, before, BEFORE_NAME)
        together = merged(last, results, _NAMES)
        talk.print(f"written: {write_results(folder, together)}")
        talk.print(f"written: {write_picture(folder, together)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    defaults = Settings(Path(), print)
    for name, about in (
        ("entries", "entries of the speed runs"),
        ("middle", "entries of the larger memory run"),
        ("large", "entries of the section million"),
        ("rounds", "how often each time is taken"),
    ):
        parser.add_argument(
            f"--{name}", type=_positive, default=getattr(defaults, name), help=about
        )
    parser.add_argument(
        "--only", action="append", choices=_NAMES, help="measure this section; may be repeated"
    )
    parser.add_argument(
        "--quick", action="store_true", help="everything small and once: do the figures come?"
    )
    parser.add_argument(
        "--peers", action="store_true", help="download Microchip's own packages and measure them"
    )
    parser.add_argument(
        "--results",
        type=Path,
        help="folder of the JSON and the picture (default: bench/results; none with --quick)",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above 0")
    return number


def _measured(
    sections: Sequence[Section], options: argparse.Namespace, say: Callable[[str], None]
) -> Results:
    machine, run = machine_facts(), run_facts()
    sizes = {name: getattr(options, name) for name in ("entries", "middle", "large", "rounds")}
    if options.quick:
        sizes["rounds"] = 1
    results: Results = {}
    for each in sections:
        say(f"{each.name}: {each.about}")
        with tempfile.TemporaryDirectory(prefix=f"tng-bench-{each.name}-") as name:
            settings = Settings(Path(name), say, **sizes, quick=options.quick, peers=options.peers)
            figures = each.measure(settings)
        told = {"quick": 1.0} if options.quick else {key: float(n) for key, n in sizes.items()}
        results[each.name] = SectionResult(run, machine, told, figures)
    return results


# Guarded: worker processes import this module again.
if __name__ == "__main__":
    main()
