"""What an entry of the ledger is in SQL. Knows no database, and runs nothing."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from tng.ledger import names
from tng.ledger import statements as sql
from tng.ledger.interface import (
    DeviceMark,
    DeviceState,
    Entry,
    Intent,
    Naming,
    Retraction,
    StepMark,
    StepState,
)

Written = tuple[str, tuple[object, ...]]
"""A statement and its values."""


def written(step: tuple[int, str, str], entries: Iterable[Entry], now: str) -> Iterator[Written]:
    """The statements that write down entries of one device, in their order.

    ``step`` is the target's number, the device's key and the direction; ``now`` is RFC 3339.
    """
    for entry in entries:
        match entry:
            case Intent():
                yield (
                    sql.INTEND,
                    (*step, entry.operation, entry.subject, entry.position, entry.absent, now),
                )
            case StepMark(state=StepState.INTENT):
                yield (
                    sql.MARK_UNKNOWN,
                    (entry.made, entry.note, entry.code, *step, entry.operation, entry.subject),
                )
            case StepMark():
                yield (
                    sql.MARK_STEP,
                    (entry.state, entry.made, entry.already, entry.note, entry.code, now,
                     *step, entry.operation, entry.subject),
                )  # fmt: skip
            case Retraction(previous=None):
                yield sql.RETRACT, (*step, entry.operation, entry.subject)
            case Retraction():
                yield sql.RESTORE, (entry.previous, *step, entry.operation, entry.subject)
            case DeviceMark():
                yield from _marked(step, entry, now)
            case Naming():
                target, key, _ = step
                yield names.ADD, (target, entry.kind, names.stored(entry.name), key)
            case _:
                assert_never(entry)


def _marked(step: tuple[int, str, str], mark: DeviceMark, now: str) -> Iterator[Written]:
    device = step[:2]
    yield sql.MARK_DEVICE, (mark.state, mark.reason, mark.code, now, *device)
    if mark.state is DeviceState.REMOVED:
        yield sql.FORGET_UNDO, device
        yield sql.FORGET_REGISTERED, device
