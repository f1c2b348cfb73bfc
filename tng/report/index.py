"""The index of ``tng decode``: which file holds which device. It says nothing about trust."""

import csv
import io
from typing import BinaryIO, Protocol

from tng.certificate_files import WrittenFile
from tng.decode.interface import Decoded
from tng.models import DeviceEntry
from tng.report.json_text import to_json
from tng.report.rows import Row, finding_member, source_member
from tng.report.text import printable, spreadsheet_cell

INDEX_SCHEMA = "tng.index/1"
INDEX_LINES_SCHEMA = "tng.index-lines/1"
_COLUMNS = (
    "file",
    "vendor",
    "device_id",
    "part_number",
    "group_id",
    "object_id",
    "certificate_sha256",
    "subject_common_name",
    "source",
    "findings",
)


class Index(Protocol):
    """One form of the index."""

    def add(self, decoded: Decoded, written: WrittenFile | None) -> None:
        """Add one entry; ``written`` is ``None`` where it has no certificate."""

    def end(self) -> None:
        """Write what comes last."""


def index_row(decoded: Decoded, written: WrittenFile | None) -> Row:
    """The members of one entry of the index."""
    findings = (*decoded.findings, *(written.findings if written else ()))
    path = str(written.path) if written and written.path else None
    if not isinstance(decoded, DeviceEntry):
        members: Row = dict.fromkeys(_COLUMNS[1:8])
        source = decoded.source
    else:
        record = decoded.record
        source = record.source
        members = {
            "vendor": record.vendor,
            "device_id": record.device_id,
            "part_number": record.part_number,
            "group_id": record.group_id,
            "object_id": record.object_id,
            "certificate_sha256": record.leaf.sha256 if record.leaf else None,
            "subject_common_name": record.leaf.subject.common_name if record.leaf else None,
        }
    return {
        "file": path,
        **members,
        "source": source_member(source),
        "findings": [finding_member(item) for item in findings],
    }


class JsonIndex:
    """One object (``tng.index/1``)."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._separator = b"\n"
        stream.write(b'{"schema":"' + INDEX_SCHEMA.encode() + b'","verified":false,"entries":[')

    def add(self, decoded: Decoded, written: WrittenFile | None) -> None:
        """Add one entry."""
        self._stream.write(self._separator + to_json(index_row(decoded, written)))
        self._separator = b",\n"

    def end(self) -> None:
        """Close the object."""
        self._stream.write(b"\n]}\n")


class JsonLinesIndex:
    """A line an entry, with ``message_type``; the last one counts them."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._count = 0

    def add(self, decoded: Decoded, written: WrittenFile | None) -> None:
        """Add one entry."""
        self._count += 1
        row = {"message_type": "entry", **index_row(decoded, written)}
        self._stream.write(to_json(row) + b"\n")

    def end(self) -> None:
        """Write the summary."""
        row = {"message_type": "summary", "schema": INDEX_LINES_SCHEMA, "entries": self._count}
        self._stream.write(to_json(row) + b"\n")


class TextIndex:
    """CSV, or columns for people."""

    def __init__(self, stream: BinaryIO, *, as_csv: bool) -> None:
        self._stream = stream
        self._as_csv = as_csv
        self._line(_COLUMNS)

    def add(self, decoded: Decoded, written: WrittenFile | None) -> None:
        """Add one row."""
        row = index_row(decoded, written)
        source = decoded.record.source if isinstance(decoded, DeviceEntry) else decoded.source
        codes = [*decoded.findings, *(written.findings if written else ())]
        cells = {**row, "source": source, "findings": " ".join(item.code for item in codes)}
        self._line(tuple(cells[column] for column in _COLUMNS))

    def end(self) -> None:
        """Nothing: a table has rows alone."""

    def _line(self, cells: tuple[object, ...]) -> None:
        if self._as_csv:
            line = io.StringIO()
            csv.writer(line).writerow([spreadsheet_cell(cell) for cell in cells])
            text = line.getvalue()
        else:
            # The columns that a person wants: file, device, part, common name, source, findings.
            shown = [printable(cells[column] or "-") for column in (0, 2, 3, 7, 8, 9)]
            widths = (44, 36, 22, 32, 28)
            text = " ".join(f"{cell:<{w}}" for cell, w in zip(shown, widths, strict=False))
            text = f"{text} {shown[5]}\n"
        self._stream.write(text.encode("utf-8", "backslashreplace"))


def make_index(name: str, stream: BinaryIO) -> Index:
    """The index in the form ``json``, ``jsonl``, ``csv`` or (anything else) columns."""
    if name == "json":
        return JsonIndex(stream)
    if name == "jsonl":
        return JsonLinesIndex(stream)
    return TextIndex(stream, as_csv=name == "csv")
