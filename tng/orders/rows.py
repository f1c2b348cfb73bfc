"""From the cells of one row to what it orders; what cannot be used becomes problems."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from tng.models import Source
from tng.orders.cells import date_of, is_blank, name_of, quantity_of
from tng.orders.columns import Column
from tng.orders.limits import MAX_QUANTITY
from tng.orders.model import SerialRange
from tng.orders.problems import CellError, Problem, Problems
from tng.orders.serials import serials_of

_TOTAL = re.compile(r"(?:(?:grand )?total|sum)(?: quantity)?:?")
_Value = TypeVar("_Value")
_NO_SERIALS: tuple[SerialRange, ...] = ()


@dataclass(frozen=True, slots=True)
class RawRow:
    """The cells of a row by column, and where it stands: ``place`` in words."""

    source: Source
    place: str
    cells: Mapping[Column, object]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One row that can be used."""

    source: Source
    place: str
    order: str
    part_number: str
    quantity: int
    serials: tuple[SerialRange, ...]
    group_id: str | None
    date: date | None


class RowReader:
    """Reads rows; ``names`` are the columns as the file's header spells them."""

    def __init__(self, names: Mapping[Column, str], problems: Problems) -> None:
        self._names = names
        self._problems = problems
        self._ordered = 0
        self.totals: list[str] = []
        """The places of rows that only add up what stands above them."""

    def read(self, row: RawRow) -> OrderRow | None:
        """What the row orders; ``None`` for blank rows, totals, and after problems were noted."""
        if all(map(is_blank, row.cells.values())) or self._is_total(row):
            return None
        found = self._order_row(row)
        self._ordered += found.quantity if found else 0
        return found

    def _is_total(self, row: RawRow) -> bool:
        """Whether the row adds up all rows above it, and nothing else stands in it."""
        cells = dict(row.cells)
        label, quantity = cells.pop(Column.ORDER, None), cells.pop(Column.QUANTITY, None)
        named = isinstance(label, str) and _TOTAL.fullmatch(label.strip().lower())
        if not (is_blank(label) or named) or not all(map(is_blank, cells.values())):
            return False
        try:
            is_total = quantity_of(quantity) == self._ordered
        except CellError:
            return False
        if is_total:
            self.totals.append(row.place)
        return is_total

    def _order_row(self, row: RawRow) -> OrderRow | None:
        order = self._cell(row, Column.ORDER, name_of)
        part = self._cell(row, Column.PART_NUMBER, name_of)
        serials = self._optional(row, Column.SERIAL, serials_of, _NO_SERIALS)
        group = self._optional(row, Column.GROUP_ID, name_of, None)
        day = self._optional(row, Column.DATE, date_of, None)
        quantity = None if serials is None else self._quantity(row, serials)
        if order is None or part is None or serials is None or quantity is None:
            return None
        return OrderRow(row.source, row.place, order, part, quantity, serials, group, day)

    def _quantity(self, row: RawRow, serials: tuple[SerialRange, ...]) -> int | None:
        listed = sum(item.size for item in serials)
        stated = self._optional(row, Column.QUANTITY, quantity_of, listed)
        if stated is None:
            return None
        if not 1 <= stated <= MAX_QUANTITY:
            expected = "a quantity" if serials else "a quantity, or serial numbers"
            self._note(row, Column.QUANTITY, CellError("nothing", expected))
            return None
        if not serials:
            return stated
        # Vendors do not use every number of a range, so that it may be longer than the quantity.
        fewest = max(1, sum(item.size == 1 for item in serials))
        if fewest <= stated <= listed:
            return stated
        expected = f"{listed}" if fewest == listed else f"from {fewest} to {listed}"
        self._note(
            row,
            Column.QUANTITY,
            CellError(
                str(stated),
                f"{expected}, for the serial numbers of the row",
                "The quantity is that of the row: with one serial number a row it is 1 or "
                "left empty.",
            ),
        )
        return None

    def _optional(
        self,
        row: RawRow,
        column: Column,
        read: Callable[[object], _Value],
        otherwise: _Value,
    ) -> _Value | None:
        if is_blank(row.cells.get(column)):
            return otherwise
        return self._cell(row, column, read)

    def _cell(self, row: RawRow, column: Column, read: Callable[[object], _Value]) -> _Value | None:
        try:
            value = row.cells.get(column)
            return read("" if value is None else value)
        except CellError as error:
            self._note(row, column, error)
            return None

    def _note(self, row: RawRow, column: Column, error: CellError) -> None:
        name = self._names.get(column, column.value)
        self._problems.add(Problem(row.place, name, error.found, error.expected, error.hint))
