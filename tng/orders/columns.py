"""Which column of a table is which, by its header; names are compared without case and signs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tng.orders.problems import shown


class Column(StrEnum):
    """The columns that are read, by the name that is theirs in ``--expect`` files."""

    ORDER = "order"
    PART_NUMBER = "part_number"
    QUANTITY = "quantity"
    SERIAL = "serial"
    GROUP_ID = "group_id"
    DATE = "date"


_SYNONYMS = {
    Column.ORDER: (
        "purchaseorder", "po", "ponumber", "pono", "purchaseordernumber", "ordernumber",
        "orderno", "orderid", "purchaseorderno",
    ),
    Column.PART_NUMBER: (
        "part", "partno", "pn", "mpn", "manufacturerpartnumber", "manufacturerpartno",
        "manufacturerpart", "mfrpartnumber", "mfrpartno", "mfgpartnumber", "mfgpartno",
    ),
    Column.QUANTITY: (
        "qty", "orderquantity", "orderqty", "orderedquantity", "orderedqty", "quantityordered",
        "qtyordered",
    ),
    Column.SERIAL: (
        "serials", "serialnumber", "serialnumbers", "serialno", "sn", "uniqueid", "uid",
        "deviceid",
    ),
    Column.GROUP_ID: (
        "group", "lot", "lotid", "lotno", "lotnumber", "batch", "batchno", "batchnumber",
    ),
    Column.DATE: ("orderdate", "deliverydate", "duedate"),
}  # fmt: skip


_REMARK = re.compile(r"[(\[][^()\[\]]{0,40}[)\]]\s*$")


def _plain(name: str) -> str:
    """The name without what stands in brackets behind it, say a unit."""
    return "".join(filter(str.isalnum, _REMARK.sub("", name.casefold())))


_OWN = {_plain(column.value): column for column in Column}
_KNOWN = _OWN | {name: column for column, names in _SYNONYMS.items() for name in names}

EXPECTED = "the columns order, part_number and quantity (or serial)"


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table: (position, column, name as it is written).

    ``ignored`` are the names of columns that are not known, ``doubled`` says of which column
    there are two.
    """

    columns: tuple[tuple[int, Column, str], ...]
    ignored: tuple[str, ...]
    doubled: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Those that must be there and are not."""
        there = {column for _, column, _ in self.columns}
        absent = [column.value for column in (Column.ORDER, Column.PART_NUMBER)
                  if column not in there]  # fmt: skip
        if there.isdisjoint({Column.QUANTITY, Column.SERIAL}):
            absent.append(Column.QUANTITY.value)
        return tuple(absent)


def read_header(names: Sequence[object]) -> Header:
    """What the cells of a row are as a header; a row of data has no columns.

    Where two names mean the same column, the one that is spelt as its own name is taken.
    """
    found: dict[Column, list[tuple[int, str]]] = {}
    ignored = []
    for position, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            continue
        column = _KNOWN.get(_plain(name))
        if column is None:
            ignored.append(name.strip())
        else:
            found.setdefault(column, []).append((position, name.strip()))
    columns, doubled = [], []
    for column, candidates in found.items():
        own = [item for item in candidates if _plain(item[1]) in _OWN]
        taken = own if len(own) == 1 else candidates
        if len(taken) > 1:
            doubled.append(" and ".join(shown(name) for _, name in taken))
        ignored += [name for item in candidates if item not in taken for name in item[1:]]
        columns.append((taken[0][0], column, taken[0][1]))
    return Header(tuple(sorted(columns)), tuple(ignored), tuple(doubled))


_MAX_NAMED = 10


def ignored_note(names: Iterable[str]) -> tuple[str, ...]:
    """A note that these columns were passed over; none if there are none."""
    distinct = tuple(dict.fromkeys(names))
    if not distinct:
        return ()
    listed = ", ".join(shown(name) for name in distinct[:_MAX_NAMED])
    more = f" and {len(distinct) - _MAX_NAMED} more" if len(distinct) > _MAX_NAMED else ""
    return (f"columns that are not known were passed over: {listed}{more}",)
