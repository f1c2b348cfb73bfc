"""Lying bars, one a row, each with its label and figure above it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tng.report.audit.html.charts.svg import WIDTH, Chart, drawing, element, fitting

_ROW, _BAR, _LABEL_BASE, _BAR_TOP = 38, 12, 13, 19
_THINNEST = 3.0
"""What is there at all is seen, however little it is of the whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar: how many, and the pattern (a class of the style sheet) for them."""

    count: int
    pattern: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: its label, the figure as it is written, and the stretches, left to right."""

    label: str
    figure: str
    parts: tuple[Part, ...]

    @property
    def count(self) -> int:
        """The sum of its parts."""
        return sum(part.count for part in self.parts)


def bar_chart(
    key: str,
    title: str,
    description: str,
    bars: Sequence[Bar],
    headings: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    legend: tuple[tuple[str, str], ...] = (),
) -> Chart:
    """A bar for each row, all against the longest; ``rows`` is the same as a table."""
    longest = max((bar.count for bar in bars), default=0)
    shapes = [shape for row, bar in enumerate(bars) for shape in _row(row * _ROW, bar, longest)]
    picture = drawing(key, title, description, max(1, len(bars)) * _ROW, shapes)
    return Chart(key, title, description, picture, headings, tuple(rows), legend)


def _row(top: float, bar: Bar, longest: int) -> list[Markup]:
    shapes = [
        element("text", fitting(bar.label, bar.figure), x=0, y=top + _LABEL_BASE, class_="label"),
        element(
            "text", bar.figure, x=WIDTH, y=top + _LABEL_BASE, text_anchor="end", class_="figure"
        ),
        element("rect", x=0, y=top + _BAR_TOP, width=WIDTH, height=_BAR, rx=2, class_="track"),
    ]
    left = 0.0
    for part, width in zip(bar.parts, widths(bar, longest), strict=True):
        if width:
            shapes.append(
                element(
                    "rect",
                    x=left,
                    y=top + _BAR_TOP,
                    width=width,
                    height=_BAR,
                    rx=2,
                    fill=f"url(#pattern-{part.pattern})",
                    class_="stretch",
                )
            )
            left += width
    return shapes


def widths(bar: Bar, longest: int) -> list[float]:
    """The width of each part: to scale, but none that is there is thinner than can be seen."""
    scale = WIDTH / longest if longest else 0.0
    exact = [max(_THINNEST, part.count * scale) if part.count else 0.0 for part in bar.parts]
    beyond = max(0.0, sum(exact) - WIDTH)
    widest = max(exact, default=0.0)
    return [width - beyond if width == widest and beyond else width for width in exact]
