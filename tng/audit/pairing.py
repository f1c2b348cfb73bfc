"""Which device of one report is which of the other, for any number of them.

The devices lie in a temporary SQLite file; memory is its cache and one device. A certificate
tells a device; a chip whose certificate the other report does not have is told by its vendor,
id and object. Where a report has the same one several times (a duplicate, a forgery of a
chip's id), accepted ones are paired first, then the order counts. What has neither, as a place
that could not be read, is no device and is not compared.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import TracebackType
from typing import Self

import orjson

from tng.audit.models import Delivery, OrderMatch, Standing
from tng.audit.reported import ReportedDevice, ReportedStanding
from tng.errors import OutputError
from tng.models import Status
from tng.temporary_database import temporary_database

_CACHE_KIB = 16 * 1024
_BATCH = 1000

_SIDES = ("old", "new")
_COLUMNS = "number INTEGER PRIMARY KEY, certificate BLOB, chip BLOB, refused INTEGER"
_SCHEMA = f"""
CREATE TABLE old ({_COLUMNS}, source TEXT, body BLOB);
CREATE TABLE new ({_COLUMNS}, source TEXT, body BLOB);
CREATE TABLE pairs (new INTEGER PRIMARY KEY, old INTEGER UNIQUE NOT NULL);
"""
_PAIR = """
    INSERT INTO pairs SELECT new_keys.number, old_keys.number
    FROM new_keys JOIN old_keys USING (key, rank) ORDER BY new_keys.number
"""
_UNPAIRED = {
    "old": "NOT EXISTS (SELECT 1 FROM pairs WHERE pairs.old = old.number)",
    "new": "NOT EXISTS (SELECT 1 FROM pairs WHERE pairs.new = new.number)",
}
_LATER = """
    SELECT old.number, old.source, old.body, new.number, new.source, new.body
    FROM new LEFT JOIN pairs ON pairs.new = new.number LEFT JOIN old ON old.number = pairs.old
    WHERE old.body <> new.body
       OR (old.number IS NULL AND (new.certificate IS NOT NULL OR new.chip IS NOT NULL))
    ORDER BY new.number
"""
_GONE = """
    SELECT number, source, body, NULL, NULL, NULL FROM old
    WHERE NOT EXISTS (SELECT 1 FROM pairs WHERE pairs.old = old.number)
      AND (certificate IS NOT NULL OR chip IS NOT NULL)
    ORDER BY number
"""

Pair = tuple[ReportedDevice | None, ReportedDevice | None]
"""The device as the earlier and as the later report has it."""


class Pairing:
    """Takes the devices of both reports, then gives what may differ; a context manager."""

    def __init__(self) -> None:
        self._database = temporary_database(_SCHEMA, cache_kib=_CACHE_KIB)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def fill(self, old: Iterable[ReportedDevice], new: Iterable[ReportedDevice]) -> None:
        """Take all devices of both reports and pair them; once."""
        for side, devices in zip(_SIDES, (old, new), strict=True):
            rows = (_row(item) for item in devices)
            while batch := list(islice(rows, _BATCH)):
                with _kept():
                    self._database.execute("BEGIN")
                    self._database.executemany(
                        f"INSERT INTO {side} VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - a table's name
                        batch,
                    )
                    self._database.execute("COMMIT")
        with _kept():
            for column in ("certificate", "chip"):
                self._pair_by(column)

    def unequal(self) -> Iterator[Pair]:
        """Every device that is not said of in the same words twice, but for its place.

        Those of the later report come in its order, then those that it does not have, in the
        earlier one's order.
        """
        for query in (_LATER, _GONE):
            with _kept():
                for row in self._database.execute(query):
                    yield _device(*row[:3]), _device(*row[3:])

    def _pair_by(self, column: str) -> None:
        """Pair what is unpaired and has the same ``column``, in order of acceptance and place."""
        for side in _SIDES:
            self._database.execute(
                f"CREATE TABLE {side}_keys (key BLOB, rank INTEGER, number INTEGER, "
                "PRIMARY KEY (key, rank)) WITHOUT ROWID"
            )
            self._database.execute(
                f"INSERT INTO {side}_keys SELECT {column}, row_number() OVER "  # noqa: S608 - our names
                f"(PARTITION BY {column} ORDER BY refused, number), number FROM {side} "
                f"WHERE {column} IS NOT NULL AND {_UNPAIRED[side]}"
            )
        self._database.execute(_PAIR)
        for side in _SIDES:
            self._database.execute(f"DROP TABLE {side}_keys")


@contextmanager
def _kept() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OutputError(
            f"the devices cannot be kept in a temporary file: {error}",
            "Both reports need about their own size; TMPDIR names another folder.",
        ) from error


def _row(device: ReportedDevice) -> tuple[object, ...]:
    body = orjson.dumps(
        (
            device.status.value,
            device.vendor,
            device.device_id,
            device.chip_id,
            device.object_id,
            device.part_number,
            device.group_id,
            device.certificate,
            device.order and (device.order.delivery.value, device.order.order, device.order.line),
            [(item.target, item.standing.value, item.differences) for item in device.standings],
        )
    )
    return (
        device.number,
        device.certificate_key,
        device.chip_key,
        not device.accepted,
        device.source,
        body,
    )


def _device(number: int | None, source: str, body: bytes) -> ReportedDevice | None:
    if number is None:
        return None
    (
        status,
        vendor,
        device_id,
        chip_id,
        object_id,
        part_number,
        group_id,
        certificate,
        order,
        standings,
    ) = orjson.loads(body)
    return ReportedDevice(
        number=number,
        status=Status(status),
        vendor=vendor,
        device_id=device_id,
        chip_id=chip_id,
        object_id=object_id,
        part_number=part_number,
        group_id=group_id,
        certificate=certificate,
        source=source,
        order=None if order is None else OrderMatch(Delivery(order[0]), order[1], order[2]),
        standings=tuple(
            ReportedStanding(target, Standing(standing), tuple(differences))
            for target, standing, differences in standings
        ),
    )
