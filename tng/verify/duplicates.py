"""Duplicates within and across inputs, exact and in bounded memory.

Only devices that are verified or attested are remembered: a forged entry that
stands before a genuine one must not be able to push it out. The memory is a SQLite
file in a private temporary place, written in sorted batches.
"""

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from types import TracebackType
from typing import NamedTuple, Self

from tng.findings import Finding, finding
from tng.models import AttestedDevice, Outcome, Source, VerifiedDevice
from tng.temporary_database import temporary_database

_CACHE_KIB = 32 * 1024
"""Of about 90 MB for a million devices: the more of it is at hand, the less is read again."""

_SCHEMA = """
CREATE TABLE seen (digest BLOB PRIMARY KEY, place INTEGER, certificate BLOB) WITHOUT ROWID;
CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
"""

_KIND_SHIFT = 36
_FILE_SHIFT = _KIND_SHIFT + 1
"""A place is one 63-bit integer: 2**26 files of 2**36 entries or lines each."""

_INSERT = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)"
_SELECT = "SELECT digest, place, certificate FROM seen WHERE digest = ?"

_MESSAGES = {
    "duplicate-certificate": "the same certificate stands in {}",
    "duplicate-device-id": "the same id stands in {}",
    "duplicate-public-key": "the same public key stands in {} with another certificate",
}

REPEATED = frozenset({"duplicate-certificate", "duplicate-device-id"})
"""The checks that say of a device that it came before: a copied key is worse than that."""

_Row = tuple[bytes, int, bytes]
"""What must be unique (a digest), where it was seen, and with which certificate."""


class Identity(NamedTuple):
    """What of a genuine device must not come twice, and where the device stands.

    ``name`` names the device, ``key`` is a digest of its public key, ``certificate`` the
    beginning of its certificate's SHA-256; the last two are empty where it has none.
    """

    source: Source
    name: bytes
    key: bytes
    certificate: bytes


def identify(outcome: Outcome) -> Identity | None:
    """The identity of a genuine device; ``None`` for any other. Pure."""
    if isinstance(outcome, VerifiedDevice):
        leaf = outcome.leaf
        key = _digest(b"key", leaf.public_key.spki)
        return Identity(outcome.record.source, _name(outcome), key, bytes.fromhex(leaf.sha256[:32]))
    if isinstance(outcome, AttestedDevice):
        name = b"attested " + outcome.record.device_id.encode()
        return Identity(outcome.record.source, name, b"", b"")
    return None


class DuplicateIndex:
    """Remembers ids, keys and certificates of genuine devices; a context manager."""

    def __init__(self) -> None:
        self._database = temporary_database(_SCHEMA, cache_kib=_CACHE_KIB, journal="MEMORY")
        self._places = _Places(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def find(self, devices: Sequence[tuple[int, Identity]]) -> dict[int, Finding]:
        """Which of these devices came before, by their positions; the others are remembered.

        Devices have to come in input order, a hundred or so at once.
        """
        rows = [row for _, identity in devices for row in self._rows(identity)]
        # Sorted, so that neighbours in the tree are written together.
        rows.sort()
        if self._insert_all_new(rows):
            return {}
        found = ((position, self._find_one(identity)) for position, identity in devices)
        return {position: item for position, item in found if item is not None}

    def _find_one(self, identity: Identity) -> Finding | None:
        rows = self._rows(identity)
        found = self._duplicate(*rows)
        if found is None:
            self._database.executemany(_INSERT, rows)
        return found

    def _rows(self, identity: Identity) -> tuple[_Row, ...]:
        """The device's name, and its key where it has a certificate.

        A certificate needs no row of its own: the same certificate has the same key.
        """
        source, name, key, certificate = identity
        place = self._places.number(source)
        named = (name, place, certificate)
        return (named, (key, place, certificate)) if key else (named,)

    def _duplicate(self, identity: _Row, key: _Row | None = None) -> Finding | None:
        same_key = self._seen(key) if key else None
        if key and same_key and same_key[2] == key[2]:
            return self._finding("duplicate-certificate", same_key)
        same_identity = self._seen(identity)
        # One entry may hold several certificates of one chip: the id is then its own.
        if same_identity and same_identity[1] != identity[1]:
            return self._finding("duplicate-device-id", same_identity)
        return self._finding("duplicate-public-key", same_key) if same_key else None

    def _seen(self, row: _Row) -> _Row | None:
        found: _Row | None = self._database.execute(_SELECT, row[:1]).fetchone()
        return found

    def _finding(self, code: str, row: _Row) -> Finding:
        return finding(code, _MESSAGES[code].format(self._places.source(row[1])))

    def _insert_all_new(self, rows: Sequence[_Row]) -> bool:
        """Insert the rows if all are new; otherwise insert none of them."""
        before = self._database.total_changes
        self._database.execute("BEGIN")
        self._database.executemany(_INSERT, rows)
        all_new = self._database.total_changes - before == len(rows)
        self._database.execute("COMMIT" if all_new else "ROLLBACK")
        return all_new


class _Places:
    """Sources as small numbers and back; the names of files lie in the database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._last = ("", 0)

    def number(self, source: Source) -> int:
        """The file's number, whether an entry or a line is meant, and which."""
        if source.file != self._last[0]:
            self._database.execute("INSERT OR IGNORE INTO files (name) VALUES (?)", (source.file,))
            query = "SELECT id FROM files WHERE name = ?"
            self._last = (source.file, self._database.execute(query, (source.file,)).fetchone()[0])
        is_line = source.entry is None
        within = (source.line if is_line else source.entry) or 0
        return (self._last[1] << _FILE_SHIFT) | (is_line << _KIND_SHIFT) | within

    def source(self, number: int) -> Source:
        """The source that has this number."""
        query = "SELECT name FROM files WHERE id = ?"
        name = self._database.execute(query, (number >> _FILE_SHIFT,)).fetchone()[0]
        within = number & ((1 << _KIND_SHIFT) - 1) or None
        if number >> _KIND_SHIFT & 1:
            return Source(name, line=within)
        return Source(name, entry=within)


def _name(device: VerifiedDevice) -> bytes:
    """What names the device.

    A Microchip chip is named by its signed id. For other devices issuer and serial number
    name the certificate (RFC 5280 §4.1.2.2): one SE05x chip has several. The object counts
    too where it is known, since how NXP numbers a chip's second certificate is not.
    """
    if device.record.vendor == "microchip":
        return b"chip " + device.record.device_id.encode()
    place = (device.record.object_id or "").encode()
    return _digest(b"serial", device.leaf.issuer.der, device.leaf.serial_hex.encode(), place)


def _digest(*parts: bytes) -> bytes:
    # 128 bits of SHA-256: no two of a billion devices collide by chance (2**-68).
    return sha256(b"\0".join(parts)).digest()[:16]
