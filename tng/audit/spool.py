"""Where the devices of an audit wait until everything about them is known.

A report begins with its verdict, which is known last; and each device is compared with orders
and targets only after all were judged. So their rows lie in a temporary file of SQLite's, with
what is found of them afterwards beside them, and are put together while a report walks along.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import orjson

from tng.audit.intake import Place, Shelved
from tng.audit.models import (
    AuditedDevice,
    Delivery,
    DeviceStanding,
    OrderMatch,
    Overlap,
    Standing,
)
from tng.audit.rows import Members, read_row
from tng.findings import Finding, finding
from tng.report.json_text import to_json
from tng.report.text import without_surrogates
from tng.temporary_database import temporary_database

_BATCH = 512
_CACHE_KIB = 8 * 1024

_SCHEMA = """
CREATE TABLE devices (
    number INTEGER PRIMARY KEY, row BLOB, file TEXT, chip TEXT, certificate BLOB,
    accepted INTEGER, duplicate INTEGER
);
CREATE TABLE notes (number INTEGER, code TEXT, message TEXT);
CREATE TABLE orders (number INTEGER PRIMARY KEY, delivery TEXT, name TEXT, line INTEGER);
CREATE TABLE standings (
    certificate BLOB, target INTEGER, standing TEXT, name TEXT, differences BLOB,
    PRIMARY KEY (certificate, target)
) WITHOUT ROWID;
"""

_OVERLAPS = """
SELECT first.file, second.file, COUNT(DISTINCT second.number)
FROM devices AS second JOIN devices AS first ON first.chip = second.chip
WHERE second.duplicate AND first.accepted AND first.file != second.file
GROUP BY first.file, second.file ORDER BY MIN(second.number)
"""


class Spool:
    """The devices of one audit, in the order they came; a context manager and a `Shelf`."""

    def __init__(self) -> None:
        self._database = temporary_database(_SCHEMA, cache_kib=_CACHE_KIB)
        self._database.execute("BEGIN")
        self._waiting: list[tuple[Any, ...]] = []
        self._count = 0
        self._targets: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def add(self, device: Shelved) -> int:
        """Put a device behind the others; gives its number, counted from 1."""
        self._count += 1
        self._waiting.append((self._count, *device))
        if len(self._waiting) == _BATCH:
            self._flush()
        return self._count

    def close_intake(self) -> None:
        """Say that all devices are there; what is asked about them comes after this."""
        self._flush()
        self._database.execute("CREATE INDEX by_chip ON devices (chip)")
        self._database.execute("CREATE INDEX by_certificate ON devices (certificate)")

    def note(self, notes: Iterable[tuple[int, Finding]]) -> None:
        """Add findings to devices by their number."""
        rows = ((number, item.code, without_surrogates(item.message)) for number, item in notes)
        self._database.executemany("INSERT INTO notes VALUES (?, ?, ?)", rows)

    def match(self, matches: Iterable[tuple[int, OrderMatch]]) -> None:
        """Say how devices stand to the orders, by their number."""
        rows = (
            (number, item.delivery.value, without_surrogates(item.order), item.line)
            for number, item in matches
        )
        self._database.executemany("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)", rows)

    def stand(self, sha256: str, standing: DeviceStanding) -> None:
        """Say how all devices of a certificate (its SHA-256 in hex) stand on a target."""
        row = (
            bytes.fromhex(sha256),
            self._target(standing.target),
            standing.standing.value,
            without_surrogates(standing.name),
            to_json(list(standing.differences)),
        )
        self._database.execute("INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?)", row)

    def number(self, sha256: str) -> int:
        """The device that a certificate is of: the first genuine one, or the first.

        Raises `LookupError` where there is none.
        """
        query = (
            "SELECT number FROM devices WHERE certificate = ?"
            " ORDER BY accepted DESC, number LIMIT 1"
        )
        row = self._database.execute(query, (bytes.fromhex(sha256),)).fetchone()
        if row is None:
            raise LookupError(sha256)
        found: int = row[0]
        return found

    def device(self, number: int) -> AuditedDevice:
        """One device, by its number."""
        return next(iter(self._walk(number, number)))

    def place(self, number: int) -> Place:
        """What one calls the device, and where it stands in the sources."""
        device = self.device(number)
        return device.device_id or str(device.source), str(device.source)

    def chips(self) -> tuple[int, int]:
        """How many chips there are, and how many of them are genuine."""
        query = (
            "SELECT COUNT(DISTINCT chip), COUNT(DISTINCT iif(accepted, chip, NULL)) FROM devices"
        )
        found = self._database.execute(query).fetchone()
        return found[0], found[1]

    def overlaps(self) -> tuple[Overlap, ...]:
        """The pairs of inputs of which the second repeats genuine devices of the first."""
        return tuple(Overlap(*row) for row in self._database.execute(_OVERLAPS))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[AuditedDevice]:
        for first in range(1, self._count + 1, _BATCH):
            yield from self._walk(first, first + _BATCH - 1)

    def _walk(self, first: int, last: int) -> Iterator[AuditedDevice]:
        notes = self._notes(first, last)
        orders = self._orders(first, last)
        standings = self._standings(first, last)
        query = "SELECT number, row FROM devices WHERE number BETWEEN ? AND ? ORDER BY number"
        for number, row in self._database.execute(query, (first, last)).fetchall():
            device = _read(number, orjson.loads(row))
            yield replace(
                device,
                findings=device.findings + tuple(notes.get(number, ())),
                order=orders.get(number),
                standings=tuple(standings.get(number, ())),
            )

    def _notes(self, first: int, last: int) -> dict[int, list[Finding]]:
        query = (
            "SELECT number, code, message FROM notes WHERE number BETWEEN ? AND ? ORDER BY rowid"
        )
        found: dict[int, list[Finding]] = {}
        for number, code, message in self._database.execute(query, (first, last)):
            found.setdefault(number, []).append(finding(code, message))
        return found

    def _orders(self, first: int, last: int) -> dict[int, OrderMatch]:
        query = "SELECT number, delivery, name, line FROM orders WHERE number BETWEEN ? AND ?"
        return {
            number: OrderMatch(Delivery(delivery), name, line)
            for number, delivery, name, line in self._database.execute(query, (first, last))
        }

    def _standings(self, first: int, last: int) -> dict[int, list[DeviceStanding]]:
        if not self._targets:
            return {}
        query = (
            "SELECT number, target, standing, name, differences FROM devices"
            " JOIN standings USING (certificate) WHERE number BETWEEN ? AND ?"
            " ORDER BY number, target"
        )
        found: dict[int, list[DeviceStanding]] = {}
        for number, target, standing, name, text in self._database.execute(query, (first, last)):
            item = DeviceStanding(
                self._targets[target], Standing(standing), name, tuple(orjson.loads(text))
            )
            found.setdefault(number, []).append(item)
        return found

    def _target(self, name: str) -> int:
        if name not in self._targets:
            self._targets.append(name)
        return self._targets.index(name)

    def _flush(self) -> None:
        insert = "INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._database.executemany(insert, self._waiting)
        self._waiting.clear()


def _read(number: int, members: Members) -> AuditedDevice:
    return read_row({"number": number, **members})
