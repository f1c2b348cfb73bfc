"""Duplicates within and across inputs, exact and in bounded memory.

Only devices that are verified or attested are remembered: a forged entry that
stands before a genuine one must not be able to push it out. The memory is a SQLite
file in a private temporary place, written in sorted batches.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from types import TracebackType
from typing import Self

from tng.findings import Finding, finding
from tng.models import AttestedDevice, Outcome, RejectedDevice, Source, VerifiedDevice

BATCH = 512
"""Devices looked up in one go: large enough for sorted inserts, small enough to stream."""

_CACHE_KIB = 16 * 1024
_TEMPORARY_DATABASE = ""
"""SQLite's name for a database in an unlinked temporary file (sqlite.org/inmemorydb.html)."""

_MESSAGES = {
    "duplicate-certificate": "the same certificate stands in {}",
    "duplicate-device-id": "the same id stands in {} with another certificate",
    "duplicate-public-key": "the same public key stands in {} with another certificate",
}


@dataclass(frozen=True, slots=True)
class _Key:
    """One property that must be unique: a digest, and the check that speaks of it."""

    digest: bytes
    code: str


class DuplicateIndex:
    """Remembers ids, keys and certificates of genuine devices; a context manager."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(_TEMPORARY_DATABASE, isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(
            "CREATE TABLE seen (digest BLOB PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def filter(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes in their order; later duplicates of genuine devices become rejected."""
        stream = iter(outcomes)
        while batch := list(islice(stream, BATCH)):
            yield from self._filter_batch(batch)

    def _filter_batch(self, batch: Sequence[Outcome]) -> Iterator[Outcome]:
        keys = [(_keys(outcome), outcome) for outcome in batch]
        rows = sorted(
            (key.digest, str(outcome.record.source))
            for device_keys, outcome in keys
            if isinstance(outcome, VerifiedDevice | AttestedDevice)
            for key in device_keys
        )
        distinct = {digest for digest, _ in rows}
        if len(distinct) == len(rows) and not self._any_seen(distinct):
            self._insert(rows)
            return iter(batch)
        return (self._filter_one(device_keys, outcome) for device_keys, outcome in keys)

    def _filter_one(self, keys: Sequence[_Key], outcome: Outcome) -> Outcome:
        if not isinstance(outcome, VerifiedDevice | AttestedDevice):
            return outcome
        found = self._duplicates(keys, outcome.record.source)
        if found:
            return RejectedDevice(outcome.record, (*outcome.findings, *found))
        self._insert([(key.digest, str(outcome.record.source)) for key in keys])
        return outcome

    def _duplicates(self, keys: Sequence[_Key], source: Source) -> tuple[Finding, ...]:
        for key in keys:
            row = self._database.execute(
                "SELECT source FROM seen WHERE digest = ?", (key.digest,)
            ).fetchone()
            # One entry may hold several certificates of one chip: the id is then its own.
            if row and not (key.code == "duplicate-device-id" and row[0] == str(source)):
                # The keys stand in the order in which they explain most: the same
                # certificate implies the same id and the same key.
                return (finding(key.code, _MESSAGES[key.code].format(row[0])),)
        return ()

    def _any_seen(self, digests: Iterable[bytes]) -> bool:
        wanted = list(digests)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT EXISTS (SELECT 1 FROM seen WHERE digest IN ({marks}))"  # noqa: S608 - marks are literal question marks
        return bool(self._database.execute(query, wanted).fetchone()[0])

    def _insert(self, rows: Iterable[tuple[bytes, str]]) -> None:
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        self._database.execute("COMMIT")


def _keys(outcome: Outcome) -> tuple[_Key, ...]:
    """What must be unique: the certificate, the id and the public key.

    A Microchip chip is named by its signed id. For other devices issuer and serial number
    name the certificate (RFC 5280 §4.1.2.2): one SE05x chip has several.
    """
    if isinstance(outcome, AttestedDevice):
        return (
            _Key(_digest(b"attested", outcome.record.device_id.encode()), "duplicate-device-id"),
        )
    if not isinstance(outcome, VerifiedDevice):
        return ()
    leaf = outcome.leaf
    if outcome.record.vendor == "microchip":
        identity = _digest(b"chip", outcome.record.device_id.encode())
    else:
        identity = _digest(b"serial", leaf.issuer.der, leaf.serial_hex.encode())
    return (
        _Key(bytes.fromhex(leaf.sha256)[:16], "duplicate-certificate"),
        _Key(identity, "duplicate-device-id"),
        _Key(_digest(b"key", leaf.public_key.spki), "duplicate-public-key"),
    )


def _digest(*parts: bytes) -> bytes:
    # 128 bits of SHA-256: no two of a billion devices collide by chance (2**-68).
    return sha256(b"\0".join(parts)).digest()[:16]
