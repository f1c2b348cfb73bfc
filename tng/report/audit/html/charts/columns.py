"""Standing columns along time."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tng.report.audit.html.charts.svg import WIDTH, Chart, drawing, element

_TOP, _PLOT, _BELOW, _LEFT = 16, 132, 22, 46
_WIDEST, _GAP = 34.0, 0.25
_THINNEST = 2.0
_LABEL_ROOM = 56.0
"""Units that a label on the time axis takes."""
_FIGURE_ROOM = 44.0
"""Units that a figure above a column takes."""
_HALF_CHARACTER = 3.5
"""Half the units that a character takes: the last text shall end within the chart."""
_BASE = _TOP + _PLOT


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """A column: the label on the axis, the label in full, how many, and its pattern."""

    short: str
    label: str
    count: int
    pattern: str


def column_chart(
    key: str,
    title: str,
    description: str,
    columns: Sequence[TimeColumn],
    heading: str,
    legend: tuple[tuple[str, str], ...] = (),
) -> Chart:
    """The columns, from left to right, over an axis that begins at zero."""
    top = round_top(max((column.count for column in columns), default=0))
    shapes = [*_lines(top), *_columns(columns, top)]
    picture = drawing(key, title, description, _BASE + _BELOW, shapes)
    rows = tuple((column.label, f"{column.count:,}") for column in columns if column.count)
    return Chart(key, title, description, picture, (heading, "devices"), rows, legend)


def round_top(most: int) -> int:
    """The least of 1, 2, 4, 5 times a power of ten that holds the highest column."""
    if most <= 1:
        return 1
    power = int(10 ** int(math.log10(most)))
    return next(step * power for step in (1, 2, 4, 5, 10) if step * power >= most)


def _height(count: int, top: int) -> float:
    return max(_THINNEST, count / top * _PLOT) if count else 0.0


def _lines(top: int) -> list[Markup]:
    marks = [0, top // 2, top] if top % 2 == 0 else [0, top]
    shapes = []
    for mark in marks:
        y = _BASE - mark / top * _PLOT
        shapes.append(
            element("line", x1=_LEFT, x2=WIDTH, y1=y, y2=y, class_="axis" if not mark else "grid")
        )
        shapes.append(
            element("text", f"{mark:,}", x=_LEFT - 6, y=y + 4, text_anchor="end", class_="tick")
        )
    return shapes


def _columns(columns: Sequence[TimeColumn], top: int) -> list[Markup]:
    room = (WIDTH - _LEFT) / max(1, len(columns))
    width = min(_WIDEST, room * (1 - _GAP))
    middles = [_LEFT + (number + 0.5) * room for number in range(len(columns))]
    heights = [_height(column.count, top) for column in columns]
    named = _apart(range(len(columns)), middles, _LABEL_ROOM)
    ranked = sorted(
        (number for number, column in enumerate(columns) if column.count),
        key=lambda number: -columns[number].count,
    )
    figured = _apart(ranked, middles, _FIGURE_ROOM)
    shapes = []
    for number, column in enumerate(columns):
        middle, height = middles[number], heights[number]
        if height:
            shapes.append(_column(column, middle - width / 2, width, height))
        if number in figured:
            shapes.append(_said(f"{column.count:,}", middle, _BASE - height - 4))
        if number in named:
            shapes.append(_said(column.short, middle, _BASE + 15))
    return shapes


def _column(column: TimeColumn, left: float, width: float, height: float) -> Markup:
    return element(
        "rect",
        x=left,
        y=_BASE - height,
        width=width,
        height=height,
        fill=f"url(#pattern-{column.pattern})",
        class_="stretch",
    )


def _said(text: str, middle: float, base: float) -> Markup:
    inside = min(middle, WIDTH - len(text) * _HALF_CHARACTER)
    return element("text", text, x=inside, y=base, text_anchor="middle", class_="tick")


def _apart(numbers: Iterable[int], middles: Sequence[float], room: float) -> set[int]:
    """Those, earlier ones first, whose texts do not touch."""
    chosen: set[int] = set()
    for number in numbers:
        if all(abs(middles[number] - middles[other]) >= room for other in chosen):
            chosen.add(number)
    return chosen
