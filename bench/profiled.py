"""Where the time of one core goes, function by function: a profile of decoding and verifying.

cProfile adds its own time to every call of a Python function and to none within a library, so
that what is ours looks larger here than it is; the steps (`bench.steps`) tell it without. The
functions are told by their own time, what they call left out.
"""

import cProfile
import pstats
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figures import Figures

_ROOT = Path(__file__).parents[1]
_SHOWN = 20
_SHARE, _CALLS = "profile_share ", "profile_calls "
FURTHER = "profile_further"
FURTHER_SHARE, FURTHER_MOST = f"{FURTHER}_share", f"{FURTHER}_most_share"

Own = tuple[str, float, float]
"""A function's name, its calls and its seconds."""


def measure_profile(work: Callable[[], object], entries: int) -> dict[str, float]:
    """The functions that take most by themselves: the share of each, and its calls a device.

    What all the others take together, and the one among them that takes most, stands under
    names that begin with `FURTHER`.
    """
    profiler = cProfile.Profile()
    profiler.runcall(work)
    owns = sorted(_owns(profiler), key=lambda own: own[2], reverse=True)
    whole = sum(seconds for _, _, seconds in owns)
    figures = {}
    for name, calls, seconds in owns[:_SHOWN]:
        figures[_SHARE + name] = seconds / whole
        figures[_CALLS + name] = calls / entries
    rest = [seconds for _, _, seconds in owns[_SHOWN:]]
    figures[FURTHER] = len(rest)
    figures[FURTHER_SHARE] = sum(rest) / whole
    figures[FURTHER_MOST] = max(rest, default=0.0) / whole
    return figures


def profile_rows(figures: Figures) -> Iterator[tuple[str, str, str]]:
    """Function, calls a device, and share, as texts; what takes most comes first."""
    named = [name.removeprefix(_SHARE) for name in figures if name.startswith(_SHARE)]
    for name in sorted(named, key=lambda name: figures[_SHARE + name], reverse=True):
        yield name, f"{figures[_CALLS + name]:.2f}", f"{figures[_SHARE + name]:.1%}"
    if FURTHER in figures:
        most = f"{figures[FURTHER_MOST]:.1%}"
        others = f"{figures[FURTHER]:,.0f} others, each {most} at most"
        yield others, "", f"{figures[FURTHER_SHARE]:.1%}"


def _owns(profiler: cProfile.Profile) -> Iterator[Own]:
    # typeshed leaves out what pstats keeps: (file, line, name) → calls, …, own seconds, …
    entries = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    for (file, _, name), (_, calls, seconds, _, _) in entries.items():
        yield _title(file, name), calls, seconds


def _title(file: str, name: str) -> str:
    """``tng/x509/der.py: read``; of a library's function its package, of a built-in one its own."""
    if file == "~":
        return name.strip("<>").removeprefix("built-in method ").removesuffix(" objects")
    path = Path(file)
    if path.is_relative_to(_ROOT / "tng"):
        return f"{path.relative_to(_ROOT).as_posix()}: {name}"
    return f"{path.parent.name}/{path.name}: {name}"
