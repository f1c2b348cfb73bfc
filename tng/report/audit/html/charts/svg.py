"""Elements of SVG as escaped text, and what a finished chart is.

Colours and type come from the page's style sheet by class; patterns from ``patterns.html``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tng.report.text import printable

WIDTH = 380
"""Units of every chart's width: about the pixels that it has on the page."""
_LABEL_CHARACTER, _FIGURE_CHARACTER, _BETWEEN = 7.6, 8.5, 12
"""Units that a character takes in a wide font: the style sheet leaves the font to the system."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: ``key`` for its ids, what it shows in words, its drawing, and its figures.

    ``headings`` and ``rows`` are the table for who does not see the drawing; ``legend`` pairs
    the name of a pattern with what it means.
    """

    key: str
    title: str
    description: str
    drawing: Markup
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[tuple[str, str], ...] = ()


def element(name: str, content: str = "", /, **attributes: object) -> Markup:
    """One element; ``_`` in an attribute's name stands for ``-``, a last one is dropped.

    ``content`` is escaped unless it is `Markup`; control characters become visible.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _text(value))
        for key, value in attributes.items()
    )
    inside = content if isinstance(content, Markup) else _text(content)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, inside)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return printable(value)


def drawing(
    key: str, title: str, description: str, height: float, shapes: Sequence[Markup]
) -> Markup:
    """The SVG element with its name and description (WAI-ARIA Graphics: role img)."""
    inside = Markup("").join(
        [
            element("title", title, id=f"{key}-title"),
            element("desc", description, id=f"{key}-desc"),
            *shapes,
        ]
    )
    return element(
        "svg",
        inside,
        viewBox=f"0 0 {WIDTH} {_text(float(height))}",
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
    )


def fitting(label: str, figure: str) -> str:
    """The label, cut to what fits beside the figure; the table has all of it."""
    shown = printable(label)
    room = WIDTH - len(figure) * _FIGURE_CHARACTER - _BETWEEN
    longest = max(1, int(room / _LABEL_CHARACTER))
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
