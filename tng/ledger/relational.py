"""What a ledger does, in any database that understands the statements.

How a statement gets there, and how a target is held, is the business of the database's
own class.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any, ClassVar, Self

from tng import __version__
from tng.clouds.interface import ISSUE, RegisteredDevice
from tng.errors import LedgerError
from tng.ledger import names, sightings
from tng.ledger import statements as sql
from tng.ledger.entries import Written, written
from tng.ledger.interface import (
    OPEN_STATES,
    DeviceRow,
    DeviceState,
    Direction,
    EnrolledDevice,
    Entry,
    LastRun,
    OpenWork,
    StepMemory,
    StepState,
)
from tng.ledger.issued import is_certificate_id
from tng.ledger.names import NameKind
from tng.ledger.sharing import Numbers, hold_shard, hold_whole
from tng.ledger.sightings import AuditedChip, Questions, Recollection
from tng.ledger.transaction import Transaction
from tng.plan.models import TargetDescription
from tng.plan.shard import Shard

_PAGE = 500
"""Rows read, or devices enrolled, at a time: a long listing never keeps the others waiting."""


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


class RelationalLedger(ABC):
    """A `Ledger` over a database; use it as a context manager, or `close` it."""

    _questions: ClassVar[Questions]

    def __init__(self, shown: str, clock: Callable[[], datetime]) -> None:
        """``shown`` is what messages call the ledger: a path, or host and database."""
        self._shown = shown
        self._clock = clock
        self._target_ids: dict[str, int] = {}
        self._leased: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close it; the ledger cannot be used afterwards."""

    @abstractmethod
    def _rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a query; raises `LedgerError`."""

    @abstractmethod
    def _write(self, target: int | None, statements: Sequence[Written]) -> None:
        """Run statements, which may be repeated, in one transaction; raises `LedgerError`.

        ``target`` is the held target that they are about.
        """

    @abstractmethod
    def _transaction(self, target: int | None = None) -> AbstractContextManager[Transaction]:
        """A transaction of its own; within it and at its end, database errors are converted."""

    @abstractmethod
    def _lease(self, number: int, what: str) -> AbstractContextManager[None]:
        """Keep every other process off the target; ``what`` names it in messages."""

    def begin_run(self, command: str) -> int:
        """Note that a command begins; gives the number of the run."""
        with self._transaction() as transaction:
            return transaction.insert(sql.BEGIN_RUN, (command, __version__, self._now()))

    def finish_run(self, run: int, result: str) -> None:
        """Note how a run ended."""
        self._write(None, [(sql.FINISH_RUN, (self._now(), result, run))])

    @contextmanager
    def hold(self, target: TargetDescription, shard: Shard | None = None) -> Iterator[None]:
        """Keep every other process off this target, or off this shard of it; see `Ledger`."""
        names = (target.key, target.name, target.cloud, target.account, target.region)
        self._write(None, [(sql.ADD_TARGET, names)])
        numbers, what = self._numbers(target), f"target {target.name} ({target.key})"
        if shard is None:
            with hold_whole(self._lease, numbers, what, lambda: self._shards(target)):
                yield
            return
        own = (f"{target.key}#{shard}", target.name, sql.SHARD, target.key, str(shard))
        self._write(None, [(sql.ADD_TARGET, own)])
        with hold_shard(self._lease, numbers, what, lambda: self._shards(target), shard):
            self._leased[numbers.whole] = self._shards(target)[shard]
            try:
                yield
            finally:
                self._leased.pop(numbers.whole, None)

    def _numbers(self, target: TargetDescription) -> Numbers:
        # The gate belongs to no target: it is none of its shards either.
        gate = (f"{target.key}#", target.name, sql.SHARD, "", "")
        self._write(None, [(sql.ADD_TARGET, gate)])
        return Numbers(self._target(target.key), self._target(gate[0]))

    def _shards(self, target: TargetDescription) -> dict[Shard, int]:
        """The shards of a target that were ever held; each has a number, as if it were one."""
        rows = self._rows(sql.SHARDS, (sql.SHARD, target.key))
        return {Shard(*map(int, text.split("/"))): number for number, text in rows}

    def _guard(self, number: int) -> int:
        """The number by which the target is held."""
        return self._leased.get(number, number)

    def enroll(
        self, run: int, target: str, devices: Iterable[EnrolledDevice], direction: Direction
    ) -> None:
        """Write down the devices of a run in one transaction."""
        number, now = self._target(target), self._now()
        forget = sql.FORGET_UNDO if direction is Direction.REGISTER else sql.DOUBT_REGISTERED
        stream = iter(devices)
        with self._transaction(self._guard(number)) as transaction:
            while page := list(islice(stream, _PAGE)):
                transaction.many(forget, [(number, device.key) for device in page])
                transaction.many(
                    sql.ENROLL,
                    [(number, device.key, device.device_id, device.name, run,
                      device.state, device.reason, now) for device in page],
                )  # fmt: skip

    def memory(
        self, target: str, key: str, direction: Direction
    ) -> Mapping[tuple[str, str], StepMemory]:
        """What is known of the steps of one device."""
        rows = self._rows(sql.MEMORY, (self._target(target), key, direction))
        return {
            (operation, subject): StepMemory(StepState(state), bool(made), bool(absent), note, at)
            for operation, subject, state, made, absent, note, at in rows
        }

    def notes(self, target: str, operation: str, since: str) -> Iterator[str]:
        """What was noted of the steps of an operation, one a device."""
        for _, note in self._paged(sql.NOTES, (self._target(target), operation, since)):
            yield note

    def record(self, target: str, key: str, direction: Direction, entries: Sequence[Entry]) -> None:
        """Write down entries of one device in one transaction."""
        number = self._target(target)
        entry = written((number, key, direction), entries, self._now())
        self._write(self._guard(number), list(entry))

    def targets(self) -> tuple[TargetDescription, ...]:
        """Every target, in the order they were first used."""
        return tuple(TargetDescription(*row) for row in self._rows(sql.TARGETS, (sql.SHARD,)))

    def counts(self, target: str) -> Mapping[DeviceState, int]:
        """How many devices of a target are in which state."""
        rows = self._rows(sql.COUNTS, (self._target(target),))
        return {DeviceState(state): count for state, count in rows}

    def devices(
        self, target: str, *, run: int | None = None, states: Sequence[DeviceState] = ()
    ) -> Iterator[DeviceRow]:
        """The devices of a target in the order of their keys."""
        number = self._target(target)
        wanted = [*(states or DeviceState)]
        wanted += wanted[:1] * (len(DeviceState) - len(wanted))
        for page in self._pages(sql.DEVICES, (number, run, run, *wanted)):
            issued = self._issued(number, page)
            for row in page:
                yield _device(row, issued.get(row[0], ""))

    def device(self, target: str, key: str) -> DeviceRow | None:
        """One device of a target."""
        rows = self._rows(sql.DEVICE, (self._target(target), key))
        return _device(rows[0]) if rows else None

    def holders(self, target: str, kind: NameKind, name: str, but: str) -> tuple[DeviceRow, ...]:
        """Devices of other keys that were named so; see `Ledger`."""
        values = (self._target(target), kind, names.stored(name), but, names.MOST_HOLDERS)
        return tuple(_device(row) for row in self._rows(names.HOLDERS, values))

    def registered(self, target: str, device_ids: Sequence[str] = ()) -> Iterator[RegisteredDevice]:
        """The devices of which this tool made something."""
        return self._named(sql.MADE_DEVICES, self._target(target), device_ids)

    def found(self, target: str, device_ids: Sequence[str] = ()) -> Iterator[RegisteredDevice]:
        """The devices that are there, of which this tool made nothing."""
        return self._named(sql.FOUND_DEVICES, self._target(target), device_ids)

    def _named(
        self, statement: str, number: int, device_ids: Sequence[str]
    ) -> Iterator[RegisteredDevice]:
        """The devices of a statement, or those of them with these ids, keys or names."""
        wanted = {text.lower() for text in device_ids}
        for page in self._pages(statement, (number,)):
            made: dict[str, list[tuple[str, str]]] = {}
            for key, *step in self._rows(sql.MADE_STEPS, (number, page[0][0], page[-1][0])):
                made.setdefault(key, []).append((step[0], step[1]))
            issued = self._issued(number, page)
            for key, device_id, name, state, reason in page:
                certificate = issued.get(key, "")
                if wanted and wanted.isdisjoint(
                    {key, device_id.lower(), name.lower()} | ({certificate} - {""})
                ):
                    continue
                steps, is_complete = tuple(made.get(key, ())), state == DeviceState.DONE
                yield RegisteredDevice(
                    key, device_id, name, steps, certificate, is_complete, reason
                )

    def open_work(self, target: str) -> tuple[OpenWork, ...]:
        """The commands that have something left on this target, latest first."""
        rows = self._rows(sql.OPEN_WORK, (self._target(target), *OPEN_STATES))
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
        return sightings.recall(self._rows, self._questions, chips, contents)

    def remember(self, at: datetime, chips: Iterable[AuditedChip]) -> None:
        """Write down in one transaction what an audit saw; see `AuditMemory`."""
        with self._transaction() as transaction:
            sightings.remember(transaction, at, chips)

    def _issued(self, number: int, page: Sequence[tuple[Any, ...]]) -> dict[str, str]:
        """The certificates that the requests among the devices of ``page`` got, by their keys."""
        rows = self._rows(sql.ISSUED, (number, page[0][0], page[-1][0], ISSUE))
        return {key: note for key, note in rows if is_certificate_id(note)}

    def _target(self, key: str) -> int:
        if key not in self._target_ids:
            rows = self._rows(sql.TARGET_ID, (key,))
            if not rows:
                raise LedgerError(
                    f"the ledger {self._shown} does not know the target {key}",
                    "`tng status` lists the targets it knows.",
                )
            self._target_ids[key] = rows[0][0]
        return self._target_ids[key]

    def _paged(self, statement: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        for page in self._pages(statement, values):
            yield from page

    def _pages(self, statement: str, values: Sequence[object]) -> Iterator[list[tuple[Any, ...]]]:
        """Rows in the order of the key, which is the first column."""
        after = ""
        while rows := self._rows(statement, (*values, after, _PAGE)):
            yield rows
            after = rows[-1][0]

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _device(row: tuple[Any, ...], certificate_id: str = "") -> DeviceRow:
    key, device_id, name, state, reason, code, at = row
    return DeviceRow(key, device_id, name, DeviceState(state), reason, code, at, certificate_id)
