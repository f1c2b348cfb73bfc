"""The chips behind the arrivals, in a temporary SQLite file: a million need no memory.

Knows nothing of orders. A *kind* is all chips that the orders treat alike: listed by the same
line, of the same part and group.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from tng.audit.arrivals import Arrival
from tng.temporary_database import temporary_database

_CACHE_KIB = 16 * 1024
_REMEMBERED = 4096
_PART_UNKNOWN = 1 << 62
"""Ranks arrivals whose source names no part behind all others: of several certificates of a chip,
not all need to tell what it is."""

_TABLES = """
    CREATE TABLE kinds (id INTEGER PRIMARY KEY, members TEXT NOT NULL UNIQUE);
    CREATE TABLE arrivals (
        number INTEGER PRIMARY KEY,
        chip BLOB NOT NULL,
        kind INTEGER NOT NULL,
        accepted INTEGER NOT NULL,
        duplicate INTEGER NOT NULL,
        serial TEXT,
        rank INTEGER NOT NULL
    );
    CREATE TABLE genuine (
        chip BLOB PRIMARY KEY,
        kind INTEGER NOT NULL,
        place INTEGER NOT NULL,
        serial TEXT
    ) WITHOUT ROWID;
"""
_ADD = "INSERT INTO arrivals VALUES (?, ?, ?, ?, ?, ?, ?)"
_FIND_GENUINE = """
    INSERT INTO genuine
    SELECT chip, kind, row_number() OVER (PARTITION BY kind ORDER BY rank), serial
    FROM (
        SELECT chip, kind, serial, min(rank) AS rank
        FROM arrivals WHERE accepted GROUP BY chip
    )
    ORDER BY chip
"""
"""With min(), SQLite takes the other columns from the row that has the minimum
(sqlite.org/lang_select.html#bareagg)."""
_GENUINE = "SELECT members, kind, count(*) FROM genuine JOIN kinds ON id = kind GROUP BY kind"
_OTHERS = """
    SELECT members, kind, count(*) FROM (
        SELECT kind, min(rank) FROM arrivals
        WHERE NOT accepted AND NOT duplicate AND chip NOT IN (SELECT chip FROM genuine)
        GROUP BY chip
    ) JOIN kinds ON id = kind GROUP BY kind
"""
_SERIALS = """
    SELECT serial FROM genuine WHERE kind IN (SELECT value FROM json_each(?))
    ORDER BY length(serial), serial
"""
_PLACED = """
    SELECT number, accepted, duplicate, arrivals.kind, genuine.kind, place
    FROM arrivals LEFT JOIN genuine USING (chip) ORDER BY number
"""
_MEMBERS = "SELECT members FROM kinds WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Kind:
    """``listed`` is the index of the line that lists the serial number, if any does."""

    listed: int | None
    part_number: str | None
    group_id: str | None


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many chips there are of a kind; ``id`` is its number."""

    id: int
    kind: Kind
    chips: int


@dataclass(frozen=True, slots=True)
class Placed:
    """An arrival with its own kind; of a genuine chip also the chip's, and its place there.

    Places count the genuine chips of a kind from 1, in the order in which they arrived.
    """

    number: int
    accepted: bool
    duplicate: bool
    kind: int
    chip_kind: int | None
    place: int


class Chips:
    """Takes arrivals, then tells of chips.

    A chip is genuine if any of its arrivals is accepted: an entry that was forged in its name
    is not able to push it out, and one object of a chip may be revoked while another is not. It
    is of the kind of its first accepted arrival that names a part.
    """

    def __init__(self) -> None:
        self._database = temporary_database(_TABLES, cache_kib=_CACHE_KIB, check_same_thread=False)
        self._remembered: dict[Kind, int] = {}

    def close(self) -> None:
        """Remove the file."""
        self._database.close()

    def load(self, arrivals: Iterable[tuple[Arrival, int | None]]) -> None:
        """Take all arrivals, each with the line that lists its serial number; once."""
        self._database.execute("BEGIN")
        self._database.executemany(_ADD, map(self._row, arrivals))
        self._database.execute(_FIND_GENUINE)
        self._database.execute("COMMIT")

    def genuine(self) -> list[KindCount]:
        """The kinds of genuine chips."""
        return self._counts(_GENUINE)

    def not_genuine(self) -> list[KindCount]:
        """The kinds of chips of which nothing is accepted; duplicates are none of them."""
        return self._counts(_OTHERS)

    def serials(self, kinds: Iterable[int]) -> Iterator[str]:
        """The listed serial numbers of the genuine chips of some kinds, by length, then text."""
        rows = self._database.execute(_SERIALS, (json.dumps(list(kinds)),))
        return (serial for (serial,) in rows)

    def placed(self) -> Iterator[Placed]:
        """Every arrival, by number."""
        for number, accepted, duplicate, kind, chip_kind, place in self._database.execute(_PLACED):
            yield Placed(number, bool(accepted), bool(duplicate), kind, chip_kind, place or 0)

    def kind(self, number: int) -> Kind:
        """The kind that has this number."""
        row = self._database.execute(_MEMBERS, (number,)).fetchone()
        return Kind(*json.loads(row[0]))

    def _counts(self, query: str) -> list[KindCount]:
        rows = self._database.execute(query)
        return [KindCount(number, Kind(*json.loads(members)), chips)
                for members, number, chips in rows]  # fmt: skip

    def _row(self, item: tuple[Arrival, int | None]) -> tuple[object, ...]:
        arrival, listed = item
        kind = self._number(Kind(listed, arrival.part_number, arrival.group_id))
        chip = sha256(arrival.chip.encode("utf-8", "surrogatepass")).digest()[:16]
        serial = None if listed is None else arrival.serial
        rank = arrival.number + (_PART_UNKNOWN if arrival.part_number is None else 0)
        return (arrival.number, chip, kind, arrival.accepted, arrival.duplicate, serial, rank)

    def _number(self, kind: Kind) -> int:
        number = self._remembered.get(kind)
        if number is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            members = json.dumps([kind.listed, kind.part_number, kind.group_id])
            self._database.execute("INSERT OR IGNORE INTO kinds (members) VALUES (?)", (members,))
            query = "SELECT id FROM kinds WHERE members = ?"
            number = int(self._database.execute(query, (members,)).fetchone()[0])
            self._remembered[kind] = number
        return number
