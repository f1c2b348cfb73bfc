"""What CSV and spreadsheets have in common: numbered rows, the first of which is the header."""

from collections.abc import Iterable, Iterator, Sequence

from tng.models import Source
from tng.orders.cells import is_blank
from tng.orders.columns import EXPECTED, Column, Header, read_header
from tng.orders.limits import HEADER_WITHIN, MAX_COLUMNS, MAX_ROWS
from tng.orders.problems import OrderFileError, shown
from tng.orders.rows import RawRow

NumberedRow = tuple[int, Sequence[object]]
"""The number of a row (or line) from 1, and its cells."""

_MAX_NAMED = 10


def best_header(rows: Iterable[NumberedRow]) -> tuple[int, Header]:
    """The row among the first ones that is most of a header, and its number."""
    best = (0, Header((), (), ()))
    seen = 0
    for number, cells in rows:
        if all(map(is_blank, cells)):
            continue
        header = read_header(cells[:MAX_COLUMNS])
        if len(header.columns) > len(best[1].columns) or not seen:
            best = (number, header)
        seen += 1
        if seen >= HEADER_WITHIN:
            break
    return best


def check_header(file: str, header: Header) -> None:
    """Raise `OrderFileError` where a column is missing or there twice."""
    hint = "The first row names the columns: order, part_number, quantity, and where known "
    hint += "serial, group_id, date."
    if not header.columns:
        found = ", ".join(map(shown, header.ignored[:_MAX_NAMED])) or "no header"
        raise OrderFileError(f"{file}: found {found}, expected {EXPECTED}", hint)
    if header.doubled:
        raise OrderFileError(
            f"{file}: found {header.doubled[0]}, which mean the same column, expected one of them",
            "Rename the column that is not meant.",
        )
    if header.missing:
        names = ", ".join(shown(name) for _, _, name in header.columns)
        raise OrderFileError(
            f"{file}: found {names} but no column {' and no '.join(header.missing)}, "
            f"expected {EXPECTED}",
            hint,
        )


def raw_rows(file: str, word: str, header: Header, rows: Iterable[NumberedRow]) -> Iterator[RawRow]:
    """The rows by column; ``word`` is what a row is called (``"line"``, ``"row"``).

    Raises `OrderFileError` for too many rows or columns.
    """
    for count, (number, cells) in enumerate(rows, 1):
        place = f"{word} {number}"
        if len(cells) > MAX_COLUMNS:
            raise OrderFileError(
                f"{file} {place}: found {len(cells)} columns, expected at most {MAX_COLUMNS}",
                "Leave out what is not about the order.",
            )
        if count > MAX_ROWS:
            raise OrderFileError(
                f"{file}: found more than {MAX_ROWS} rows, expected at most so many",
                "Write serial numbers as ranges, or audit the orders one after another.",
            )
        found: dict[Column, object] = {
            column: cells[position]
            for position, column, _ in header.columns
            if position < len(cells)
        }
        yield RawRow(Source(file, line=number), place, found)
