"""Order files for the tests: written by other libraries, or by hand where those refuse."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tng.orders import OrderFileError, read_orders

HEADER = ("order", "part_number", "quantity", "serial", "group_id", "date")


def lines_of(folder: Path, content: bytes | str):
    """The lines of a file of this content; its name says nothing."""
    return book_of(folder, content).lines


def book_of(folder: Path, content: bytes | str):
    path = folder / "orders.data"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_orders(path)


def complaint(folder: Path, content: bytes | str) -> str:
    """The message of a file that is refused, after checking that it says what to do."""
    with pytest.raises(OrderFileError) as caught:
        book_of(folder, content)
    assert caught.value.exit_code == 3
    assert caught.value.hint
    assert caught.value.message.startswith(str(folder / "orders.data"))
    return caught.value.message


def workbook(*sheets) -> bytes:
    """An XLSX whose sheets have these rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_part(xlsx: bytes, name: str, content: bytes) -> bytes:
    """The XLSX with one part replaced or added."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx)) as source,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for known in source.namelist():
            if known != name:
                target.writestr(known, source.read(known))
        target.writestr(name, content)
    return output.getvalue()


def with_rows(rows: bytes) -> bytes:
    """An XLSX whose only sheet has this XML as its rows."""
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<sheetData>" + rows + b"</sheetData></worksheet>"
    )
    return with_part(workbook([HEADER]), "xl/worksheets/sheet1.xml", sheet)
