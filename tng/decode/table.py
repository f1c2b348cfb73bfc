"""Tables (CSV) with a column of certificates and, usually, one of UIDs.

Which column is which follows from the cells, and for UIDs from the heading where there is
one: every exporter names and orders them otherwise.
"""

import csv
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO, Self

from tng.decode.certificates import read_device, split_group
from tng.decode.encoded import decode_certificate, looks_encoded
from tng.decode.interface import Decoded, RawEntry
from tng.decode.se05x.uid import parse_uid
from tng.decode.text.decoder import is_text
from tng.decode.text.lines import LinePiece, read_lines
from tng.decode.text.marks import object_id_in_label
from tng.findings import Finding, finding
from tng.models import Source, Undecodable

_DELIMITERS = ",;\t"
_SNIFFED_ROWS = 20
_SNIFFED_BYTES = 16 * 1024
_UID_HEADINGS = ("uid", "uniqueid", "deviceid", "chipid", "se05xuid", "se050uid")
_PART_HEADINGS = ("part", "partnumber", "variant", "product")
_MAX_OBJECT_CELL = 40
_MAX_ROW_CHARACTERS = 1024 * 1024
"""A certificate with its issuers as PEM, in several lines, fits many times. A lost quote may
make one row of a whole file."""


class TableDecoder:
    """Rows of cells between commas, semicolons or tabs."""

    name = "csv"

    def recognises(self, head: bytes) -> bool:
        """Whether one of the first rows has several cells, one of them a certificate."""
        if not is_text(head):
            return False
        lines = [line.text for line in read_lines(BytesIO(head[:_SNIFFED_BYTES]))]
        delimiter = _delimiter(lines[0]) if lines else None
        return delimiter is not None and _has_certificate(lines, delimiter)

    def split(self, stream: BinaryIO, file: str) -> Iterator[RawEntry | Undecodable]:
        """The certificates of each row."""
        lines = _Lines(stream)
        rows = csv.reader(lines, delimiter=lines.delimiter)
        columns: _Columns | None = None
        found = False
        while True:
            start = rows.line_num + 1
            lines.begin_row()
            try:
                row = next(rows)
            except StopIteration:
                break
            except csv.Error as error:
                message = f"the row cannot be read: {error}"
                found = True
                yield Undecodable(Source(file, line=start), (finding("pem-malformed", message),))
                continue
            if columns is None:
                columns = _Columns(row)
                if columns.is_heading:
                    continue
            for item in _split_row(row, columns, Source(file, line=start), lines.findings):
                found = True
                yield item
        if not found:
            message = f"no certificate was found in {rows.line_num} lines"
            yield Undecodable(Source(file), (finding("input-unrecognised", message),))

    def read(self, raw: RawEntry) -> tuple[Decoded, ...]:
        """The device."""
        return read_device(raw)


class _Lines:
    """The text's lines as `csv` wants them; the first one tells the delimiter.

    A row that goes on for too many lines is a `csv.Error`; the lines behind it are still given.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._lines = read_lines(stream)
        first = next(self._lines, None)
        self._first = first
        self._row_characters = 0
        self.delimiter = (_delimiter(first.text) if first else None) or ","
        marked = first is not None and first.has_mark
        self.findings = (finding("byte-order-mark", "before the first line"),) if marked else ()

    def begin_row(self) -> None:
        """Count the next row's characters from here."""
        self._row_characters = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        pieces: list[str] = []
        line, self._first = self._first or next(self._lines), None
        while True:
            pieces.append(line.text)
            self._row_characters += len(line.text)
            if self._row_characters > _MAX_ROW_CHARACTERS:
                raise csv.Error(f"it has more than {_MAX_ROW_CHARACTERS} characters")
            if not isinstance(line, LinePiece):
                return "".join(pieces) + "\n"
            line = next(self._lines)


class _Columns:
    """What the first row says of the columns, if it is a heading."""

    def __init__(self, row: Sequence[str]) -> None:
        headings = ["".join(filter(str.isalnum, cell)).lower() for cell in row]
        self.is_heading = not any(map(looks_encoded, row))
        self.uid = _index(headings, _UID_HEADINGS) if self.is_heading else None
        self.part = _index(headings, _PART_HEADINGS) if self.is_heading else None


def _index(headings: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((place for place, heading in enumerate(headings) if heading in wanted), None)


def _delimiter(line: str) -> str | None:
    best = max(_DELIMITERS, key=line.count)
    return best if best in line else None


def _has_certificate(lines: Sequence[str], delimiter: str) -> bool:
    rows = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    try:
        for number, row in enumerate(rows):
            if number == _SNIFFED_ROWS:
                break
            if len(row) > 1 and any(map(looks_encoded, row)):
                return True
    except csv.Error:
        pass  # no table, or one whose first rows are damaged: the text decoders look at it
    return False


def _split_row(
    row: Sequence[str], columns: _Columns, source: Source, findings: tuple[Finding, ...]
) -> Iterator[RawEntry | Undecodable]:
    if not any(cell.strip() for cell in row):
        return
    encoded = [cell for cell in row if looks_encoded(cell)]
    certificates = [der for cell in encoded if (der := decode_certificate(cell)) is not None]
    uid = _uid(row, columns)
    if not certificates:
        message = "the row has no certificate that can be decoded" + (f", UID {uid}" if uid else "")
        code = "certificate-malformed" if encoded else "object-read-failed"
        yield Undecodable(source, (finding(code, message),))
        return
    object_id = next(
        (
            found
            for cell in row
            if len(cell) <= _MAX_OBJECT_CELL and (found := object_id_in_label(cell))
        ),
        None,
    )
    part = columns.part
    part_number = row[part].strip() or None if part is not None and part < len(row) else None
    yield from split_group(
        certificates, RawEntry(source, (), object_id, uid, part_number, findings)
    )


def _uid(row: Sequence[str], columns: _Columns) -> str | None:
    if columns.uid is not None:
        return parse_uid(row[columns.uid]) if columns.uid < len(row) else None
    return next((uid for cell in row if (uid := parse_uid(cell))), None)
