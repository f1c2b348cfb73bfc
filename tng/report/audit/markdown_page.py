"""A Markdown page that never grows beyond what a ticket takes; knows nothing of audits."""

from collections.abc import Iterable, Sequence

TICKET_LIMIT = 65_536
"""Characters of a GitHub issue, comment or pull request; GitLab and Jira take more or half."""
_PAGE = 60_000
"""UTF-8 octets written at most, which leaves room for a line's end becoming two characters."""
_WHERE = "`tng audit --format html`, `xlsx`, `csv` or `json` has them all."


class Page:
    """Collects lines; lists take no more than their share, and say what they leave out."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._size = 0

    def text(self) -> str:
        """The page."""
        return "".join(self._lines)

    def write(self, line: str = "") -> None:
        """Add a line that must be there."""
        self._lines.append(f"{line}\n")
        self._size += len(line.encode()) + 1

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.write()
        self.write(f"## {text}")
        self.write()

    def head(self, cells: Sequence[str]) -> None:
        """Begin a table."""
        self.write(row(cells))
        self.write(row(["---"] * len(cells)))

    def fill(self, lines: Iterable[str], share: int, noun: str) -> None:
        """Add lines as long as they fit into ``share`` octets; say how many ``noun`` did not."""
        end = self._size + min(share, _PAGE - self._size)
        left_out = 0
        for line in lines:
            if left_out or self._size + len(line.encode()) + 1 > end:
                left_out += 1
            else:
                self.write(line)
        if left_out:
            self.write()
            self.write(f"{left_out:,} more {noun} not shown here. {_WHERE}")

    def fill_rest(self, lines: Iterable[str], noun: str) -> None:
        """`fill` with all that is left of the page."""
        self.fill(lines, _PAGE - self._size, noun)


def row(cells: Iterable[object]) -> str:
    """A row of a table; the cells' text is harmless already."""
    return f"| {' | '.join(map(str, cells))} |"
