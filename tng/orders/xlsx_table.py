"""Orders in XLSX: the first visible sheet that has the header, read by calamine.

What a formula gave when the file was saved is its cell's value; nothing is computed.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from tng.orders.columns import Header
from tng.orders.limits import HEADER_WITHIN
from tng.orders.problems import OrderFileError
from tng.orders.table import NumberedRow, best_header, check_header
from tng.orders.xlsx_parts import checked_parts

_SCANNED = HEADER_WITHIN * 10
"""Rows of a sheet among which the header is looked for; most of them may be blank."""


def read_xlsx(file: str, data: bytes) -> tuple[Header, Iterator[NumberedRow]]:
    """The header and the rows behind it, by their number in the sheet; raises `OrderFileError`."""
    best: tuple[int, Header, int] | None = None
    with _converted(file):
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(checked_parts(file, data)))
        for index in _visible_sheets(workbook):
            number, header = best_header(islice(_rows(workbook, index), _SCANNED))
            if best is None or len(header.columns) > len(best[1].columns):
                best = (number, header, index)
            if header.columns and not header.missing:
                best = (number, header, index)
                break
    if best is None:
        raise OrderFileError(
            f"{file}: found no visible sheet, expected one", "Save it as XLSX again."
        )
    number, header, index = best
    check_header(file, header)
    return header, _behind(file, _rows(workbook, index), number)


def _visible_sheets(workbook: CalamineWorkbook) -> Iterator[int]:
    """The sheets that a person sees, without charts and macros."""
    for index, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible:
            yield index


def _behind(file: str, rows: Iterator[NumberedRow], header: int) -> Iterator[NumberedRow]:
    with _converted(file):
        yield from (row for row in rows if row[0] > header)


def _rows(workbook: CalamineWorkbook, index: int) -> Iterator[NumberedRow]:
    return enumerate(workbook.get_sheet_by_index(index).iter_rows(), 1)


@contextmanager
def _converted(file: str) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        # A panic of the Rust library is no Exception; pyo3 does not export its type.
        if isinstance(error, CalamineError) or type(error).__name__ == "PanicException":
            raise OrderFileError(
                f"{file}: found an XLSX that cannot be read ({type(error).__name__}), expected "
                "one as Excel or LibreOffice write it",
                "Save it as XLSX again, or as CSV UTF-8.",
            ) from error
        raise
