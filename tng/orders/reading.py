"""The front door: a file of orders, of whatever kind, into an `OrderBook`.

The kind follows from the content, never from the name.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from tng.errors import UsageError
from tng.orders.columns import Column, Header, ignored_note
from tng.orders.csv_table import read_csv
from tng.orders.json_table import read_json
from tng.orders.limits import MAX_FILE_BYTES, MEBIBYTE
from tng.orders.lines import gather_lines
from tng.orders.model import OrderBook
from tng.orders.problems import OrderFileError, Problems
from tng.orders.rows import RawRow, RowReader
from tng.orders.table import check_header, raw_rows
from tng.sources.names import printable
from tng.storage.errors import StorageError
from tng.storage.reading import open_url

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Excel before 2007, and XLSX under a password ([MS-CFB] §2.2)."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_order_books(paths: Iterable[str | Path]) -> tuple[OrderBook, ...]:
    """The books of several files, in the order of ``paths``.

    Raises `OrderFileError` as `read_orders` does, and `UsageError` where two files have the same
    bytes: each of their lines would be ordered twice.
    """
    books: dict[str, OrderBook] = {}
    files: dict[str, str] = {}
    for path in paths:
        book, file = read_orders(path), printable(str(path))
        if book.sha256 in books:
            raise UsageError(_named_twice(files[book.sha256], file), _ONCE)
        books[book.sha256], files[book.sha256] = book, file
    return tuple(books.values())


_ONCE = "Name each list of orders once with --expect: what it orders counts each time."


def _named_twice(earlier: str, file: str) -> str:
    if earlier == file:
        return f"{file} is named twice as a list of orders"
    return f"{file} is the same list of orders as {earlier}, byte for byte"


def read_orders(path: str | Path) -> OrderBook:
    """The lines that a file, or what a URL names, orders: CSV, XLSX or JSON.

    Needs the columns ``order``, ``part_number`` and ``quantity`` or ``serial``; reads
    ``group_id`` and ``date`` where they are there. Raises `OrderFileError` (exit code 3) that
    names every row and column that cannot be used, what was found and what is expected.
    """
    file = printable(str(path))
    data = _content(file, str(path))
    kind, header, rows = _open(file, data)
    problems = Problems(file)
    names = {column: name for _, column, name in header.columns}
    reader = RowReader(names, problems)
    lines = gather_lines(filter(None, map(reader.read, rows)), problems)
    problems.raise_any()
    if not lines:
        raise OrderFileError(
            f"{file}: found no order line, expected at least one", "Write one row for each line."
        )
    notes = (*ignored_note(header.ignored), *_totals_note(reader.totals))
    return OrderBook(lines, sha256(data).hexdigest(), kind, notes)


def _totals_note(places: Sequence[str]) -> tuple[str, ...]:
    told = "is the sum of the rows above it and was passed over"
    return tuple(f"{place} {told}" for place in places)


def _content(file: str, name: str) -> bytes:
    try:
        with open_url(name) as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except StorageError as error:
        raise OrderFileError(error.message, error.hint) from error
    except OSError as error:
        raise OrderFileError(
            f"{file} cannot be read: {error.strerror}", "Check the path given with --expect."
        ) from error
    if len(data) > MAX_FILE_BYTES:
        raise OrderFileError(
            f"{file}: found more than {MAX_FILE_BYTES // MEBIBYTE} MiB, expected at most so much",
            "Leave out what is not about the order, or write serial numbers as ranges.",
        )
    return data


def _open(file: str, data: bytes) -> tuple[str, Header, Iterable[RawRow]]:
    """The kind, the header (of JSON: what is not known) and the rows behind it."""
    if data.startswith(_ZIP):
        from tng.orders.xlsx_table import read_xlsx

        header, rows = read_xlsx(file, data)
        return "xlsx", header, raw_rows(file, "row", header, rows)
    if data.startswith(_OLE):
        raise OrderFileError(
            f"{file}: found an old or protected Excel file, expected CSV, XLSX or JSON",
            "Save it as XLSX without a password.",
        )
    if data.startswith(_UTF_16):
        raise OrderFileError(
            f"{file}: found text in UTF-16, expected CSV in UTF-8, XLSX or JSON",
            'Save it as "CSV UTF-8", or as XLSX.',
        )
    text = data.removeprefix(_BYTE_ORDER_MARK)
    beginning = text[:4096].lstrip()
    if not beginning and not text.strip():
        raise OrderFileError(f"{file} is empty", "Name a CSV, XLSX or JSON file of orders.")
    if beginning.startswith((b"[", b"{")):
        ignored, entries = read_json(file, text)
        return "json", Header(_JSON_COLUMNS, ignored, ()), entries
    header, rows = read_csv(file, data)
    check_header(file, header)
    return "csv", header, raw_rows(file, "line", header, rows)


_JSON_COLUMNS = tuple((position, column, column.value) for position, column in enumerate(Column))
