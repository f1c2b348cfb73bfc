"""Values as cells: text stays text, dates are dates, and nothing is ever a formula or a link."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tng.audit.models import Decision, Delivery, Standing
from tng.findings import Severity
from tng.models import Status
from tng.report.rows import timestamp
from tng.report.text import printable

MAX_CELL = 32_767
"""UTF-16 code units in one cell (Excel specifications and limits)."""
_CUT = "… (cut)"
_CODED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_MAX_EXACT = 2**53
"""Cells hold numbers as IEEE doubles; from here on digits would be lost."""
_FIRST_YEAR = 1900
"""Excel's calendar begins with 1900-01-01."""

_GOOD, _DOUBTFUL, _BAD, _MUTED = "#D5EDDB", "#FFEBB0", "#F8CFCF", "#E6E6E6"
_TINTS: dict[StrEnum, str] = {
    Status.VERIFIED: _GOOD,
    Status.ATTESTED: _GOOD,
    Status.UNVERIFIED: _DOUBTFUL,
    Status.REJECTED: _BAD,
    Status.UNDECODABLE: _BAD,
    Severity.NOTICE: _MUTED,
    Severity.WARNING: _DOUBTFUL,
    Severity.ERROR: _BAD,
    Delivery.AS_ORDERED: _GOOD,
    Delivery.OVER: _DOUBTFUL,
    Delivery.NOT_ORDERED: _BAD,
    Delivery.NOT_LISTED: _BAD,
    Delivery.NOT_GENUINE: _BAD,
    Standing.IN_PLACE: _GOOD,
    Standing.INCOMPLETE: _BAD,
    Standing.DIFFERENT: _BAD,
    Standing.CONFLICT: _BAD,
    Standing.MISSING: _BAD,
    Standing.UNEXPECTED: _BAD,
    Standing.ABSENT: _MUTED,
    Standing.UNKNOWN: _DOUBTFUL,
    Decision.ACCEPT: _GOOD,
    Decision.ACCEPT_WITH_REMARKS: _DOUBTFUL,
    Decision.DO_NOT_ACCEPT: _BAD,
    Decision.NOTHING: _DOUBTFUL,
}


class CellWriter:
    """Writes values into the cells of one workbook's sheets, each in its format.

    ``numbers`` is how numbers and dates are aligned, in Excel's words.
    """

    def __init__(self, book: Workbook, *, numbers: str = "right") -> None:
        # "@" keeps text that looks like a formula or a number from becoming one when edited.
        text = {"num_format": "@", "valign": "top"}
        self._text = book.add_format(text)
        aligned = {"valign": "top", "align": numbers}
        self._number = book.add_format({**aligned, "num_format": "#,##0"})
        self._moment = book.add_format({**aligned, "num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day = book.add_format({**aligned, "num_format": "yyyy-mm-dd"})
        self._heading = book.add_format(
            {"num_format": "@", "bold": True, "bottom": 1, "bg_color": "#DDE3EA", "valign": "top"}
        )
        tints = {color: book.add_format({**text, "bg_color": color}) for color in _TINTS.values()}
        self._tinted = {value: tints[color] for value, color in _TINTS.items()}

    def heading(self, sheet: Worksheet, row: int, column: int, text: str) -> None:
        """Write a column's heading."""
        sheet.write_string(row, column, cell_text(text), self._heading)

    def value(self, sheet: Worksheet, row: int, column: int, value: object) -> None:
        """Write a value by its type; ``None`` and empty text leave the cell empty.

        Members of the enumerations of outcomes are tinted. Moments are written in UTC.
        """
        if value is None or value == "":
            return
        if isinstance(value, StrEnum):
            form = self._tinted.get(value, self._text)
            sheet.write_string(row, column, value.value, form)
        elif isinstance(value, bool):
            sheet.write_string(row, column, "yes" if value else "no", self._text)
        elif isinstance(value, int) and abs(value) < _MAX_EXACT:
            sheet.write_number(row, column, value, self._number)
        elif isinstance(value, datetime):
            utc = value.astimezone(UTC).replace(tzinfo=None)
            self._date(sheet, row, column, utc, timestamp(value), self._moment)
        elif isinstance(value, date):
            self._date(sheet, row, column, value, value.isoformat(), self._day)
        else:
            sheet.write_string(row, column, cell_text(value), self._text)

    def _date(
        self, sheet: Worksheet, row: int, column: int, value: date, text: str, form: Format
    ) -> None:
        if value.year < _FIRST_YEAR:
            sheet.write_string(row, column, text, self._text)
        else:
            sheet.write_datetime(row, column, value, form)


def cell_text(value: object) -> str:
    """The value's text, as a cell may hold it: no control characters, not too long.

    XlsxWriter takes text from ``<r>`` to ``</r>`` for markup of its own and writes it as it is.
    Spreadsheets read ``_x202E_`` as that character (ECMA-376 part 1, §22.9.2.19), and XlsxWriter
    overlooks every second one of a row of them.
    """
    text = _CODED.sub("\\\\u005f", printable(value))
    if text.startswith("<r>"):
        text = f"\\u003c{text[1:]}"
    if len(text) * 2 <= MAX_CELL:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= MAX_CELL * 2:
        return text
    return units[: (MAX_CELL - len(_CUT)) * 2].decode("utf-16-le", "ignore") + _CUT
