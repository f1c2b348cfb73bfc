"""Pages of which parts are generated: what stands between two markers is replaced, the rest kept.

``<!-- generated: NAME -->`` opens a part and ``<!-- end: NAME -->`` closes it.
"""

from collections.abc import Iterable, Mapping, Sequence


def filled(page: str, parts: Mapping[str, str]) -> str:
    """The page with each part put between its markers. Raises `ValueError` where they miss."""
    for name, text in parts.items():
        opening, closing = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->"
        before, found, rest = page.partition(opening)
        _, ended, after = rest.partition(closing)
        if not found or not ended:
            raise ValueError(f"the page has no markers for {name!r}")
        page = f"{before}{opening}\n{text.strip()}\n\n{closing}{after}"
    return page


def markdown_table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, text_columns: Sequence[int] = (0,)
) -> str:
    """A table of which the named columns are text and the others are figures."""
    rule = ["---" if number in text_columns else "--:" for number in range(len(headings))]
    lines = [[*map(_cell, headings)], rule, *([*map(_cell, row)] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
