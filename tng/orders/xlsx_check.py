"""Walking through the XML of an XLSX's parts, and refusing what no spreadsheet writes.

Gives no values; it bounds what a reader of values will need (ECMA-376 part 1, §18.3.1).
"""

import re
from array import array
from collections.abc import Mapping
from xml.parsers import expat

from tng.orders.limits import (
    MAX_CELL_CHARACTERS,
    MAX_COLUMNS,
    MAX_GRID_CELLS,
    MAX_ROWS,
    MAX_SHEET_CHARACTERS,
)

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ROW = re.compile(r"[1-9][0-9]{0,6}")
_INDEX = re.compile(r"[0-9]{1,9}")


class PartError(Exception):
    """A part, or the whole, is not as a spreadsheet writes it."""

    def __init__(self, found: str, expected: str) -> None:
        self.found = found
        self.expected = expected
        super().__init__(f"found {found}, expected {expected}")


class PartCheck:
    """Any part: well-formed XML without a document type, and so without entities."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_document_type

    def feed(self, chunk: bytes) -> None:
        """Walk on; raises `PartError` or `expat.ExpatError`."""
        self._parser.Parse(chunk, False)  # noqa: FBT003 - expat takes it by position only

    def close(self) -> None:
        """Raise `expat.ExpatError` unless the part is complete."""
        self._parser.Parse(b"", True)  # noqa: FBT003 - expat takes it by position only


def _refuse_document_type(*_: object) -> None:
    raise PartError("XML with a document type", "none")


class SharedStringsCheck(PartCheck):
    """The texts that cells share; ``lengths`` has that of each."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths = array("L")
        self._parser.StartElementHandler = self._begin
        self._parser.CharacterDataHandler = self._characters

    def _begin(self, name: str, _: Mapping[str, str]) -> None:
        if _local(name) == "si":
            self.lengths.append(0)

    def _characters(self, text: str) -> None:
        if not self.lengths:
            return
        self.lengths[-1] += len(text)
        if self.lengths[-1] > MAX_CELL_CHARACTERS:
            raise PartError("a cell that is too long", f"at most {MAX_CELL_CHARACTERS} characters")


class SheetCheck(PartCheck):
    """A sheet: rows and cells in order, within bounds, with their text as often as it is used."""

    def __init__(self, shared: "array[int]") -> None:
        super().__init__()
        self._shared = shared
        self._row = 0
        self._column = 0
        self._width = 0
        self._is_shared = False
        self._value: list[str] | None = None
        self._characters_used = 0
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        match _local(name):
            case "row":
                self._begin_row(attributes.get("r"))
            case "c":
                self._begin_cell(attributes.get("r"))
                self._is_shared = attributes.get("t") == "s"
            case "v" | "is":
                self._use()

    def _begin_row(self, number: str | None) -> None:
        row = self._row + 1
        if number is not None:
            if not _ROW.fullmatch(number) or int(number) < row:
                raise PartError("rows that are not in order", "rows from the first to the last")
            row = int(number)
        if row > MAX_ROWS:
            raise PartError(f"a row {row}", f"at most {MAX_ROWS}")
        self._row, self._column = row, 0

    def _begin_cell(self, reference: str | None) -> None:
        column = self._column + 1
        if reference is not None:
            matched = _REFERENCE.fullmatch(reference)
            if not matched or int(matched[2]) != self._row or _number(matched[1]) < column:
                raise PartError("cells that are not in order", "each in its row, left to right")
            column = _number(matched[1])
        self._column = column

    def _use(self) -> None:
        """The present cell has a value: the grid reaches to it."""
        self._width = max(self._width, self._column)
        if self._width > MAX_COLUMNS:
            raise PartError(f"{self._width} columns", f"at most {MAX_COLUMNS}")
        if self._width * self._row > MAX_GRID_CELLS:
            raise PartError(
                f"a sheet of {self._row} rows and {self._width} columns",
                f"at most {MAX_GRID_CELLS} cells",
            )
        if self._is_shared:
            self._value = []
            self._parser.CharacterDataHandler = self._value.append

    def _end(self, _: str) -> None:
        if self._value is None:
            return
        text = "".join(self._value)
        self._value = None
        self._parser.CharacterDataHandler = None
        if not _INDEX.fullmatch(text) or int(text) >= len(self._shared):
            raise PartError("a cell whose text is not there", "a number of a shared text")
        self._characters_used += self._shared[int(text)]
        if self._characters_used > MAX_SHEET_CHARACTERS:
            raise PartError("too much text in a sheet", f"at most {MAX_SHEET_CHARACTERS}")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
