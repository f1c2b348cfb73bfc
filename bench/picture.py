"""The last run as a picture: devices a second as bars, and each target with what became of it.

Plain SVG, written here: a bar is a rectangle, and a plotting library would be the largest
dependency of the project. One file serves light and dark pages, by the reader's preference.
"""

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from bench.figures import Standing
from bench.results import PICTURE_NAME, Results
from bench.sections import SECTIONS
from bench.targets import TargetRow, target_rows

_WIDTH = 880
_MARGIN, _LINE, _BAR = 24, 30, 18
_LABEL, _TRACK = 330, 400
_THIRD_COLUMN, _LAST_COLUMN = 640, 760

_STYLE = """
:root { color-scheme: light dark }
.paper { fill: #ffffff } .ink { fill: #1f2328 } .faint { fill: #59636e }
.ours { fill: #0969da } .theirs { fill: #8c959f } .limit { fill: #bf8700 }
.held { fill: #1a7f37 } .missed { fill: #cf222e } .unknown { fill: #59636e }
text { font: 14px system-ui, sans-serif } .title { font-weight: 600; font-size: 16px }
.end { text-anchor: end }
@media (prefers-color-scheme: dark) {
.paper { fill: #0d1117 } .ink { fill: #f0f6fc } .faint { fill: #9198a1 }
.ours { fill: #4493f8 } .theirs { fill: #656c76 } .limit { fill: #d29922 }
.held { fill: #3fb950 } .missed { fill: #f85149 } .unknown { fill: #9198a1 }
}
"""

_ROOT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
    ' width="{width}" height="{height}" role="img">'
)
_SYMBOLS = {Standing.HELD: "✓", Standing.MISSED: "✗", Standing.UNKNOWN: "?"}
_CLASSES = {Standing.HELD: "held", Standing.MISSED: "missed", Standing.UNKNOWN: "unknown"}

_BARS = (
    ("peers", "peers_limit_us", "limit: two bare verifications, one core", "limit"),
    ("peers", "peers_tng_all_cores_us", "tng, all cores", "ours"),
    ("peers", "peers_tng_us", "tng, one core", "ours"),
    ("peers", "peers_jws_us", "python-jose, JWS alone", "theirs"),
    ("peers", "peers_tpds_device_manifest_us", "tpds-device-manifest, JWS alone", "theirs"),
    ("peers", "peers_pytrustplatform_us", "pytrustplatform, JWS alone", "theirs"),
    ("peers", "peers_chain_us", "python-jose and chain", "theirs"),
)
"""Section, figure in microseconds a device, label, class."""


def write_picture(folder: Path, results: Results) -> Path:
    """Write the picture beside the JSON; returns the file."""
    path = folder / PICTURE_NAME
    path.write_text(picture(results), "utf-8")
    return path


def picture(results: Results) -> str:
    """The SVG document; the same results give the same bytes."""
    bars = [
        (label, 1e6 / results[section].figures[figure], kind)
        for section, figure, label, kind in _BARS
        if section in results and figure in results[section].figures
    ]
    rows = list(target_rows(SECTIONS, results))
    height = 2 * _MARGIN + _LINE * (len(bars) + len(rows) + 3)
    parts = [
        _ROOT.format(width=_WIDTH, height=height),
        f"<title>{escape(_summary(rows))}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height}" rx="8"/>',
        *_bars(bars, _MARGIN + _LINE // 2),
        *_targets(rows, _MARGIN + _LINE * (len(bars) + 2)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _summary(rows: Iterable[TargetRow]) -> str:
    standings = [row.standing for row in rows]
    return f"{standings.count(Standing.HELD)} of {len(standings)} targets held"


def _bars(bars: list[tuple[str, float, str]], top: int) -> Iterator[str]:
    yield _text(_MARGIN, top, "devices verified a second", "ink title")
    most = max((rate for _, rate, _ in bars), default=1.0)
    for number, (label, rate, kind) in enumerate(bars, 1):
        line = top + number * _LINE
        length = max(1.0, _TRACK * rate / most)
        yield _text(_LABEL - 10, line, label, "ink end")
        yield (
            f'<rect class="{kind}" x="{_LABEL}" y="{line - 14}" width="{length:.1f}"'
            f' height="{_BAR}" rx="3"/>'
        )
        yield _text(int(_LABEL + length + 8), line, f"{rate:,.0f}", "ink")


def _targets(rows: list[TargetRow], top: int) -> Iterator[str]:
    yield _text(_MARGIN, top, "targets", "ink title")
    yield _text(_THIRD_COLUMN - 10, top, "measured", "faint end")
    yield _text(_LAST_COLUMN - 10, top, "wanted", "faint end")
    for number, row in enumerate(rows, 1):
        line = top + number * _LINE
        kind = _CLASSES[row.standing]
        yield _text(_MARGIN, line, _SYMBOLS[row.standing], kind)
        yield _text(_MARGIN + 24, line, f"{row.section}: {row.target.text}", "ink")
        yield _text(_THIRD_COLUMN - 10, line, row.found, "ink end")
        yield _text(_LAST_COLUMN - 10, line, row.target.wanted, "faint end")
        yield _text(_LAST_COLUMN, line, row.standing.value, kind)


def _text(left: int, line: int, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{left}" y="{line}">{escape(text)}</text>'
