"""Orders in CSV: comma, semicolon or tab between cells; UTF-8 with or without a byte order mark.

Of another encoding the columns that hold ASCII alone are read.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from tng.orders.cells import ENCODING_HINT, is_blank
from tng.orders.columns import Header
from tng.orders.limits import (
    HEADER_WITHIN,
    MAX_COLUMNS,
    MAX_LINE_CHARACTERS,
    MAX_LINES_OF_A_ROW,
)
from tng.orders.problems import OrderFileError
from tng.orders.table import NumberedRow, best_header

DELIMITERS = ",;\t"
_UTF_8, _ASCII = "utf-8-sig", "ascii"


def read_csv(file: str, data: bytes) -> tuple[Header, Iterator[NumberedRow]]:
    """The header and the rows behind it, each with the number of its first line.

    Raises `OrderFileError`, also while the rows are walked.
    """
    encoding = _encoding(file, data)
    found = {delimiter: _header(_rows(file, data, encoding, delimiter)) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda each: len(found[each][1].columns))
    number, header = found[delimiter]
    return header, _behind(file, _rows(file, data, encoding, delimiter), number)


def _behind(file: str, rows: Iterator[NumberedRow], header: int) -> Iterator[NumberedRow]:
    """The rows behind that of the header, none of which has more cells than it.

    Otherwise an unquoted ``1,000`` would be an order of one.
    """
    width = MAX_COLUMNS
    for number, cells in rows:
        if number == header:
            width = len(cells)
        if number <= header:
            continue
        if not all(map(is_blank, cells[width:])):
            raise OrderFileError(
                f"{file} line {number}: found {len(cells)} cells, expected {width} as in the "
                f"header in line {header}",
                "Look for a number or a text that holds a separator, and put it in quotes.",
            )
        yield number, cells


def _header(rows: Iterator[NumberedRow]) -> tuple[int, Header]:
    return best_header(islice(_readable(rows), HEADER_WITHIN))


def _readable(rows: Iterator[NumberedRow]) -> Iterator[NumberedRow]:
    """The rows up to a damaged one, which another delimiter may mend, or the reader will tell."""
    with suppress(OrderFileError):
        yield from rows


def _encoding(file: str, data: bytes) -> str:
    """UTF-8, or ASCII for what Excel's plain CSV is: everything else depends on the machine.

    What is no ASCII then becomes `UNREAD`, which no column that is read may hold.
    """
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise OrderFileError(
            f"{file} line {line}: found a NUL byte, expected CSV in UTF-8, XLSX or JSON",
            ENCODING_HINT,
        )
    try:
        data.decode(_UTF_8)
    except UnicodeDecodeError:
        return _ASCII
    return _UTF_8


def _rows(file: str, data: bytes, encoding: str, delimiter: str) -> Iterator[NumberedRow]:
    lines = _Lines(file, data, encoding)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number = lines.begin_row()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise OrderFileError(
                f"{file} line {number}: found a row that is no CSV ({error}), expected cells "
                "with quotes around those that hold a separator",
                "Look for a quote that is never closed, and save it as CSV again.",
            ) from error
        if cells is None:
            return
        if any(cells):
            yield number, cells


class _Lines:
    """The lines of the text, none longer and no row of more of them than is bearable."""

    def __init__(self, file: str, data: bytes, encoding: str) -> None:
        self._file = file
        self._stream = io.TextIOWrapper(io.BytesIO(data), encoding, "replace", newline="")
        self._number = 0
        self._row = 0

    def begin_row(self) -> int:
        """The number of the line with which the next row begins."""
        self._row = self._number + 1
        return self._row

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._stream.readline(MAX_LINE_CHARACTERS + 1)
        if not line:
            raise StopIteration
        self._number += 1
        if len(line) > MAX_LINE_CHARACTERS:
            raise OrderFileError(
                f"{self._file} line {self._number}: found more than {MAX_LINE_CHARACTERS} "
                "characters, expected shorter lines",
                "Write the serial numbers one a row.",
            )
        if self._number - self._row >= MAX_LINES_OF_A_ROW:
            raise OrderFileError(
                f"{self._file} line {self._row}: found a row of more than {MAX_LINES_OF_A_ROW} "
                "lines, expected shorter ones",
                "Look for a quote that is never closed, or write the serial numbers one a row.",
            )
        return line
