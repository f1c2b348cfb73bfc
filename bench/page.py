"""The audit's HTML page: time to write it, its size, and when a reader can use its table.

The time to interactive is that of Chromium from the start of the navigation until the table can
be searched, as a multiple of what an empty page takes to load in the same browser.
"""

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.table import Table

from bench.figures import Figures
from tests.audit.sample import sample_audit
from tests.chromium import Browser, missing_chromium, open_chromium
from tests.report.audit.html import stopwatch
from tng.audit.models import Audit
from tng.report.audit.html import write_html

SIZES = (10, 100_000)
_BYTES = "page_bytes_"
_EMPTY = "<!doctype html><html lang=en><title>empty</title><p>nothing</p></html>\n"
_INTERACTIVE = "return performance.getEntriesByName('interactive')[0].startTime"
_LOADED = "return performance.getEntriesByType('navigation')[0].loadEventEnd"


def measure_page(folder: Path, rounds: int, sizes: tuple[int, int] = SIZES) -> dict[str, float]:
    """Write and open pages of the two sizes; no browser, no times of one."""
    figures: dict[str, float] = {}
    pages = {}
    for size in sizes:
        audit = sample_audit(size)
        pages[size] = folder / f"page-{size}.html"
        figures[f"page_walk_seconds_{size}"] = _timed(partial(_walk, audit))
        figures[f"page_write_seconds_{size}"] = _timed(partial(_write, audit, pages[size]))
        figures[f"{_BYTES}{size}"] = pages[size].stat().st_size
    figures["page_peak_mib"] = _peak_mib(sample_audit(sizes[-1]), folder / "peak.html")
    if reason := missing_chromium():
        print(f"not measured in a browser: {reason}", file=sys.stderr)
        return figures
    return figures | _opened(folder, pages, rounds)


def _opened(folder: Path, pages: dict[int, Path], rounds: int) -> dict[str, float]:
    empty = folder / "empty.html"
    empty.write_text(_EMPTY, "utf-8")
    samples: dict[str, list[float]] = {}
    with open_chromium() as browser:
        browser.open(empty)
        for _ in range(rounds):
            samples.setdefault("page_empty_ms", []).append(_ready(browser, empty, _LOADED))
            for size, path in pages.items():
                key = f"page_interactive_ms_{size}"
                samples.setdefault(key, []).append(_ready(browser, path, _INTERACTIVE))
                samples.setdefault(f"page_sort_ms_{size}", []).append(_slowest_sort(browser))
                samples.setdefault(f"page_search_ms_{size}", []).append(_slowest_search(browser))
    return {name: statistics.median(values) for name, values in samples.items()}


def _ready(browser: Browser, path: Path, moment: str) -> float:
    browser.open(path)
    browser.wait("document.readyState === 'complete'")
    return float(browser.run(moment))


def _slowest_sort(browser: Browser) -> float:
    """The longest that a click on a heading takes, in milliseconds."""
    headings = browser.driver.find_elements("css selector", "#headings button")
    return max(float(browser.run(stopwatch.CLICKED, heading)) for heading in headings)


def _slowest_search(browser: Browser) -> float:
    """The longest from a word typed to the rows that have it, in milliseconds."""
    run = browser.driver.execute_async_script
    return max(float(run(stopwatch.SEARCHED, words)) for words in stopwatch.WORDS)


def _walk(audit: Audit) -> None:
    for _ in audit.devices:
        pass


def _write(audit: Audit, path: Path) -> None:
    with path.open("wb") as stream:
        write_html(audit, stream)


def _timed(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _peak_mib(audit: Audit, path: Path) -> float:
    """What writing adds to Python's memory at most."""
    with path.open("wb") as stream:
        tracemalloc.start()
        try:
            write_html(audit, stream)
            return tracemalloc.get_traced_memory()[1] / (1024 * 1024)
        finally:
            tracemalloc.stop()


def page_table(figures: Figures) -> Table:
    """The figures as a table."""
    sizes = sorted(int(name.removeprefix(_BYTES)) for name in figures if name.startswith(_BYTES))
    table = Table(title="the audit's HTML page")
    for heading in ("measured", *(f"{size:,} devices" for size in sizes)):
        table.add_column(heading)
    table.add_row("written in", *(f"{_own(figures, size):.2f} s" for size in sizes))
    table.add_row("size", *(f"{figures[f'page_bytes_{size}'] / 1e6:.2f} MB" for size in sizes))
    small, large = sizes
    added = figures[f"page_bytes_{large}"] - figures[f"page_bytes_{small}"]
    table.add_row("size of each further device", "", f"{added / (large - small):.1f} bytes")
    table.add_row("memory for writing, at most", "", f"{figures['page_peak_mib']:.0f} MiB")
    if "page_empty_ms" in figures:
        table.add_row("interactive in Chromium", *(_interactive(figures, size) for size in sizes))
        for what in ("sort", "search"):
            times = (f"{figures[f'page_{what}_ms_{size}']:.0f} ms" for size in sizes)
            table.add_row(f"slowest {what}", *times)
    return table


def _own(figures: Figures, size: int) -> float:
    """Seconds of writing without those of making the sample's devices on the way."""
    return figures[f"page_write_seconds_{size}"] - figures[f"page_walk_seconds_{size}"]


def _interactive(figures: Figures, size: int) -> str:
    taken, empty = figures[f"page_interactive_ms_{size}"], figures["page_empty_ms"]
    return f"{taken:.0f} ms, {taken / empty:.1f} x an empty page"
