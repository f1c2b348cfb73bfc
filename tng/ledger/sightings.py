"""What the ledger remembers of audits: which genuine chip came in which source, for which order.

A source is known by its content, whatever it is called. The first sighting of a chip in a
source is kept as it was, so that the same audit, made again, changes nothing and is told the
same. Knows nothing of how an audit judges.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Any, Protocol

from tng.ledger.transaction import Transaction
from tng.sources.names import printable

BATCH = 500
"""Chips asked for, or written, in one go."""
_NEVER = 2**62
"""Later than any source."""

_ADD_SOURCE = """
    INSERT INTO audited_sources (sha256, name, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_SOURCE_ID = "SELECT id FROM audited_sources WHERE sha256 = ?"
_ADD_SIGHTING = """
    INSERT INTO sightings (chip, source, certificate) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_ADD_ORDER = """
    INSERT INTO chip_orders (chip, name, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_SOURCE = "SELECT at, name FROM audited_sources WHERE id = ?"

_LONGEST_NAME = 1000
"""Characters; PostgreSQL indexes nothing above a third of a page (2,704 bytes)."""

Rows = Callable[[str, Sequence[object]], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Questions:
    """The statements that take a JSON list apart, which no two databases do alike.

    ``own_sources`` gives (sha256, id) of a list of sha256. ``earlier`` and ``orders`` take a
    list of (chip, source, certificate, order) and give, by position from 0, the first earlier
    source and whether the certificate is the same (``earlier`` also takes a list of sources
    to leave out), or the name and time of another order.
    """

    own_sources: str
    earlier: str
    orders: str


@dataclass(frozen=True, slots=True)
class AuditedChip:
    """A genuine chip in a source of an audit; ``number`` is whatever the asker counts by.

    ``chip`` names the chip across audits, ``certificate`` is the SHA-256 of its certificate
    (lower hex, empty where it has none), ``content`` that of the source's bytes, ``source`` what
    the source is called. ``order`` is the order that it was delivered for, empty for none.
    """

    number: int
    chip: str
    certificate: str
    content: str
    source: str
    order: str


@dataclass(frozen=True, slots=True)
class EarlierSighting:
    """The first source in which a chip was seen: when (RFC 3339), and what it was called.

    ``same_certificate`` says whether the chip had the certificate then that it has now.
    """

    at: str
    source: str
    same_certificate: bool


@dataclass(frozen=True, slots=True)
class EarlierOrder:
    """Another order for which a chip was counted before: when (RFC 3339), and its name."""

    at: str
    order: str


@dataclass(frozen=True, slots=True)
class Recollection:
    """What is remembered of ``chip``, as it was asked for."""

    chip: AuditedChip
    sighting: EarlierSighting | None
    order: EarlierOrder | None


class AuditMemory(Protocol):
    """A store of it; both methods raise `LedgerError` if it cannot be read or written."""

    def recall(
        self, chips: Iterable[AuditedChip], contents: Iterable[str]
    ) -> Iterator[Recollection]:
        """What is remembered of those ``chips`` of which anything is, in their order.

        A chip was seen before where it stood in a source of other content, which was audited
        before its own source was for the first time. ``contents`` are those of all sources of
        this audit: what stands in them is no earlier sighting.
        """

    def remember(self, at: datetime, chips: Iterable[AuditedChip]) -> None:
        """Write down ``chips`` as an audit of the time ``at`` saw them, all or none.

        ``chips`` must not ask this memory for anything while it is walked. Sources, sightings
        and orders that are known stay as they are.
        """


def recall(
    rows: Rows, ask: Questions, chips: Iterable[AuditedChip], contents: Iterable[str]
) -> Iterator[Recollection]:
    """`AuditMemory.recall` by ``rows``, which runs one of the questions."""
    own: dict[str, int] = dict(rows(ask.own_sources, (json.dumps(sorted(set(contents))),)))
    excluded = json.dumps(sorted(own.values()))
    sources: dict[int, tuple[str, str]] = {}
    stream = iter(chips)
    while batch := list(islice(stream, BATCH)):
        asked = json.dumps([_asked(chip, own) for chip in batch])
        sightings = {
            key: (source, same) for key, source, same in rows(ask.earlier, (asked, excluded))
        }
        orders = {key: EarlierOrder(at, name) for key, name, at in rows(ask.orders, (asked,))}
        for source, _ in sightings.values():
            if source not in sources:
                sources[source] = rows(_SOURCE, (source,))[0]
        for key in sorted({*sightings, *orders}):
            sighting = None
            if key in sightings:
                source, same = sightings[key]
                sighting = EarlierSighting(*sources[source], same_certificate=bool(same))
            yield Recollection(batch[key], sighting, orders.get(key))


def remember(transaction: Transaction, at: datetime, chips: Iterable[AuditedChip]) -> None:
    """`AuditMemory.remember` within a transaction."""
    when = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    sources: dict[str, int] = {}
    stream = iter(chips)
    while batch := list(islice(stream, BATCH)):
        for chip in batch:
            if chip.content not in sources:
                sources[chip.content] = _source_id(transaction, chip, when)
        transaction.many(
            _ADD_SIGHTING,
            sorted((_named(chip), sources[chip.content], chip.certificate)
                   for chip in batch),
        )  # fmt: skip
        transaction.many(
            _ADD_ORDER,
            [(_named(chip), printable(chip.order), when) for chip in batch if chip.order],
        )


def _source_id(transaction: Transaction, chip: AuditedChip, when: str) -> int:
    transaction.rows(_ADD_SOURCE, (chip.content, printable(chip.source), when))
    return int(transaction.rows(_SOURCE_ID, (chip.content,))[0][0])


def _named(chip: AuditedChip) -> str:
    name = printable(chip.chip)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"sha256:{sha256(name.encode()).hexdigest()}"


def _asked(chip: AuditedChip, own: Mapping[str, int]) -> tuple[str, int, str, str]:
    before = own.get(chip.content, _NEVER)
    return _named(chip), before, chip.certificate, printable(chip.order)
