"""The ledger as one SQLite file.

WAL with ``synchronous=NORMAL``: what was committed survives the death of the process
(``kill -9``); after a power cut the last moments may be missing, which a resumed run
reconciles like any unknown outcome. One connection, one lock: a transaction takes some
tens of microseconds, far less than any call to a cloud.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, assert_never

from tng import __version__
from tng.clouds.interface import RegisteredDevice
from tng.errors import LedgerError
from tng.ledger import sightings
from tng.ledger import statements as sql
from tng.ledger.connection import explain, open_connection
from tng.ledger.interface import (
    OPEN_STATES,
    DeviceMark,
    DeviceRow,
    DeviceState,
    Direction,
    EnrolledDevice,
    Entry,
    Intent,
    LastRun,
    OpenWork,
    Retraction,
    StepMark,
    StepMemory,
    StepState,
)
from tng.ledger.lease import lease
from tng.ledger.sightings import AuditedChip, Recollection
from tng.plan.models import TargetDescription

_PAGE = 500
"""Rows read at a time, so that a long listing never keeps the lock."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SqliteLedger:
    """A `Ledger` in the file ``path``; use it as a context manager, or `close` it."""

    def __init__(
        self, path: Path, *, must_exist: bool = False, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        """Open the ledger, making it (mode 0600) unless it ``must_exist``.

        Raises `LedgerError` for a file that is missing, not a ledger, of a newer version or
        not writable.
        """
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._target_ids: dict[str, int] = {}
        with self._converted():
            self._connection = open_connection(path, must_exist=must_exist)

    def __enter__(self) -> "SqliteLedger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the ledger cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    def begin_run(self, command: str) -> int:
        """Note that a command begins; gives the number of the run."""
        with self._transaction() as connection:
            cursor = connection.execute(sql.BEGIN_RUN, (command, __version__, self._now()))
            run = cursor.lastrowid
        if run is None:
            raise LedgerError(f"{self._path} gave no number to the run", "Check the file.")
        return run

    def finish_run(self, run: int, result: str) -> None:
        """Note how a run ended."""
        with self._transaction() as connection:
            connection.execute(sql.FINISH_RUN, (self._now(), result, run))

    def hold(self, target: TargetDescription) -> AbstractContextManager[None]:
        """Keep every other process off this target; see `lease`."""
        with self._transaction() as connection:
            connection.execute(
                sql.ADD_TARGET,
                (target.key, target.name, target.cloud, target.account, target.region),
            )
        path = self._path.with_name(f"{self._path.name}.{self._target(target.key)}.lock")
        return lease(path, f"target {target.name} ({target.key})")

    def enroll(
        self, run: int, target: str, devices: Iterable[EnrolledDevice], direction: Direction
    ) -> None:
        """Write down the devices of a run in one transaction."""
        number, now = self._target(target), self._now()
        forget = sql.FORGET_UNDO if direction is Direction.REGISTER else sql.DOUBT_REGISTERED
        with self._transaction() as connection:
            for device in devices:
                connection.execute(forget, (number, device.key))
                connection.execute(
                    sql.ENROLL,
                    (number, device.key, device.device_id, device.name, run,
                     device.state, device.reason, now),
                )  # fmt: skip

    def memory(
        self, target: str, key: str, direction: Direction
    ) -> Mapping[tuple[str, str], StepMemory]:
        """What is known of the steps of one device."""
        rows = self._rows(sql.MEMORY, (self._target(target), key, direction))
        return {
            (operation, subject): StepMemory(StepState(state), bool(made), bool(absent))
            for operation, subject, state, made, absent in rows
        }

    def record(self, target: str, key: str, direction: Direction, entries: Sequence[Entry]) -> None:
        """Write down entries of one device in one transaction."""
        step = (self._target(target), key, direction)
        now = self._now()
        with self._transaction() as connection:
            for entry in entries:
                _write(connection, step, entry, now)

    def targets(self) -> tuple[TargetDescription, ...]:
        """Every target, in the order they were first used."""
        return tuple(TargetDescription(*row) for row in self._rows(sql.TARGETS, ()))

    def counts(self, target: str) -> Mapping[DeviceState, int]:
        """How many devices of a target are in which state."""
        rows = self._rows(sql.COUNTS, (self._target(target),))
        return {DeviceState(state): count for state, count in rows}

    def devices(
        self, target: str, *, run: int | None = None, states: Sequence[DeviceState] = ()
    ) -> Iterator[DeviceRow]:
        """The devices of a target by key, read a page at a time."""
        for row in self._paged(sql.DEVICES, (self._target(target), run, json.dumps(states))):
            key, device_id, name, state, reason, code, updated_at = row
            yield DeviceRow(key, device_id, name, DeviceState(state), reason, code, updated_at)

    def registered(self, target: str, device_ids: Sequence[str] = ()) -> Iterator[RegisteredDevice]:
        """The devices of which this tool made something."""
        wanted = {text.lower() for text in device_ids}
        number = self._target(target)
        for key, device_id, name in self._paged(sql.MADE_DEVICES, (number,)):
            if wanted and wanted.isdisjoint({key, device_id.lower(), name.lower()}):
                continue
            steps = self._rows(sql.MADE_STEPS, (number, key))
            yield RegisteredDevice(key, device_id, name, tuple((a, b) for a, b in steps))

    def open_work(self, target: str) -> tuple[OpenWork, ...]:
        """The commands that have something left on this target, latest first."""
        rows = self._rows(sql.OPEN_WORK, (self._target(target), json.dumps(OPEN_STATES)))
        return tuple(
            OpenWork(command, sum(count for _, count in group))
            for command, group in groupby(rows, key=lambda row: str(row[0]))
        )

    def last_run(self) -> LastRun | None:
        """The latest run, of whatever target."""
        rows = self._rows(sql.LAST_RUN, ())
        return LastRun(*rows[0]) if rows else None

    def recall(
        self, chips: Iterable[AuditedChip], contents: Iterable[str]
    ) -> Iterator[Recollection]:
        """What earlier audits saw of these chips; see `AuditMemory`."""
        return sightings.recall(self._rows, chips, contents)

    def remember(self, at: datetime, chips: Iterable[AuditedChip]) -> None:
        """Write down in one transaction what an audit saw; see `AuditMemory`."""
        with self._transaction() as connection:
            sightings.remember(connection, at, chips)

    def _target(self, key: str) -> int:
        if key not in self._target_ids:
            rows = self._rows(sql.TARGET_ID, (key,))
            if not rows:
                raise LedgerError(
                    f"the ledger {self._path} does not know the target {key}",
                    "`tng status` lists the targets it knows.",
                )
            self._target_ids[key] = rows[0][0]
        return self._target_ids[key]

    def _rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._lock, self._converted():
            return self._connection.execute(statement, values).fetchall()

    def _paged(self, statement: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Rows in the order of the key, which is the first column, a page at a time."""
        after = ""
        while rows := self._rows(statement, (*values, after, _PAGE)):
            yield from rows
            after = rows[-1][0]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._converted():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _converted(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(self._path, error) from error

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _write(
    connection: sqlite3.Connection, step: tuple[int, str, str], entry: Entry, now: str
) -> None:
    match entry:
        case Intent():
            connection.execute(
                sql.INTEND,
                (*step, entry.operation, entry.subject, entry.position, entry.absent, now),
            )
        case StepMark():
            connection.execute(
                sql.MARK_STEP,
                (entry.state, entry.made, entry.already, entry.note, entry.code, now,
                 *step, entry.operation, entry.subject),
            )  # fmt: skip
        case Retraction(previous=None):
            connection.execute(sql.RETRACT, (*step, entry.operation, entry.subject))
        case Retraction():
            connection.execute(sql.RESTORE, (entry.previous, *step, entry.operation, entry.subject))
        case DeviceMark():
            _mark_device(connection, step, entry, now)
        case _:
            assert_never(entry)


def _mark_device(
    connection: sqlite3.Connection, step: tuple[int, str, str], mark: DeviceMark, now: str
) -> None:
    target, key, _ = step
    connection.execute(sql.MARK_DEVICE, (mark.state, mark.reason, mark.code, now, target, key))
    if mark.state is DeviceState.REMOVED:
        connection.execute(sql.FORGET_UNDO, (target, key))
        connection.execute(sql.FORGET_REGISTERED, (target, key))
