"""Tables on as many sheets as their rows need; knows nothing of audits."""

from collections.abc import Sequence
from dataclasses import dataclass

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from tng.report.audit.xlsx.cells import CellWriter

MAX_ROWS = 1_048_576
"""Rows of a sheet (Excel specifications and limits)."""
_LAST_COLUMN = "XFD"
_A4 = 9


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and how wide the column is, in characters."""

    heading: str
    width: int = 14


class Table:
    """Rows under a heading that stays in sight, on one sheet or, when it is full, on further ones.

    Rows must be added from above to below: none is kept. Below the first block of rows,
    `section` begins others with headings of their own.
    """

    def __init__(
        self,
        book: Workbook,
        cells: CellWriter,
        name: str,
        columns: Sequence[Column],
        *,
        filtered: bool = True,
        rows_a_sheet: int = MAX_ROWS,
    ) -> None:
        self._book = book
        self._cells = cells
        self._name = name
        self._columns = columns
        self._filtered = filtered
        self._rows_a_sheet = rows_a_sheet
        self._sheets = 0
        self._next = 0
        self._widths: dict[int, int] = {}
        self._filterable = filtered
        self._sheet = self._begin()

    def add(self, values: Sequence[object]) -> None:
        """Add a row."""
        if self._next == self._rows_a_sheet:
            self.close()
            self._sheet = self._begin()
        for column, value in enumerate(values):
            self._cells.value(self._sheet, self._next, column, value)
        self._next += 1

    def section(self, columns: Sequence[Column]) -> None:
        """End the rows so far; after an empty row others follow under these headings."""
        self.close()
        self._columns = columns
        if self._next + 3 > self._rows_a_sheet:
            self._sheet = self._begin()
            return
        self._next += 1
        self._head()

    def close(self) -> None:
        """Say that no row follows under the present headings."""
        if self._filterable:
            self._sheet.autofilter(0, 0, max(self._next - 1, 1), len(self._columns) - 1)
            self._filterable = False

    def _begin(self) -> Worksheet:
        self._sheets += 1
        name = self._name if self._sheets == 1 else f"{self._name} {self._sheets}"
        self._sheet = sheet = self._book.add_worksheet(name)
        self._next = 0
        self._widths = {}
        self._filterable = self._filtered
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&RPage &P of &N")
        # Serial numbers are text on purpose.
        sheet.ignore_errors({"number_stored_as_text": f"A1:{_LAST_COLUMN}{MAX_ROWS}"})
        self._head()
        return sheet

    def _head(self) -> None:
        for number, column in enumerate(self._columns):
            self._cells.heading(self._sheet, self._next, number, column.heading)
            if column.width > self._widths.get(number, 0):
                self._widths[number] = column.width
                self._sheet.set_column(number, number, column.width)
        self._next += 1
