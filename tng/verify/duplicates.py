"""Duplicates within and across inputs, exact and in bounded memory.

Only devices that are verified or attested are remembered: a forged entry that
stands before a genuine one must not be able to push it out. The memory is on disk
(`tng.verify.digests`).
"""

from collections.abc import Sequence
from hashlib import sha256
from types import TracebackType
from typing import Self

from tng.findings import Finding, finding
from tng.models import AttestedDevice, Outcome, Source, VerifiedDevice
from tng.temporary_database import temporary_database
from tng.verify.digests import DigestStore, Row

_FILES = "CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"
_FILES_CACHE_KIB = 1024

_KIND_SHIFT = 36
_FILE_SHIFT = _KIND_SHIFT + 1
"""A place is one 63-bit integer: 2**26 files of 2**36 entries or lines each."""

_MESSAGES = {
    "duplicate-certificate": "the same certificate stands in {}",
    "duplicate-device-id": "the same id stands in {}",
    "duplicate-public-key": "the same public key stands in {} with another certificate",
}

REPEATED = frozenset({"duplicate-certificate", "duplicate-device-id"})
"""The checks that say of a device that it came before: a copied key is worse than that."""

Identity = tuple[str, int, bytes, bytes, bytes]
"""What of a genuine device must not come twice, and where the device stands: file and place in
it; what names the device; a digest of its public key, and the beginning of its certificate's
SHA-256, both empty where it has none.

A bare tuple, since thousands of them a second pass between processes.
"""


def identify(outcome: Outcome) -> Identity | None:
    """The identity of a genuine device; ``None`` for any other. Pure."""
    if isinstance(outcome, VerifiedDevice):
        source = outcome.record.source
        key = _digest(b"key", outcome.leaf.public_key.spki)
        certificate = bytes.fromhex(outcome.leaf.sha256[:32])
        return source.file, _place(source), _name(outcome), key, certificate
    if isinstance(outcome, AttestedDevice):
        source = outcome.record.source
        name = b"attested " + outcome.record.device_id.encode()
        return source.file, _place(source), name, b"", b""
    return None


def source_of(identity: Identity) -> Source:
    """Where the device stands that has this identity."""
    return _source(identity[0], identity[1])


def _place(source: Source) -> int:
    """Whether an entry or a line is meant, and which."""
    if source.entry is None:
        return 1 << _KIND_SHIFT | (source.line or 0)
    return source.entry


def _source(file: str, place: int) -> Source:
    within = place & ((1 << _KIND_SHIFT) - 1) or None
    if place >> _KIND_SHIFT & 1:
        return Source(file, line=within)
    return Source(file, entry=within)


class DuplicateIndex:
    """Remembers ids, keys and certificates of genuine devices; a context manager."""

    def __init__(self) -> None:
        self._store = DigestStore()
        self._files = _Files()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._store.__exit__(kind, error, trace)

    def find(self, devices: Sequence[tuple[int, Identity]]) -> dict[int, Finding]:
        """Which of these devices came before, by their positions; the others are remembered.

        Devices have to come in input order, a hundred or so at once.
        """
        if self._store.add_all_new(self._all_rows(devices)):
            return {}
        found = ((position, self._find_one(identity)) for position, identity in devices)
        return {position: item for position, item in found if item is not None}

    def _all_rows(self, devices: Sequence[tuple[int, Identity]]) -> list[Row]:
        """`_rows` of all, without a call for each."""
        rows: list[Row] = []
        last, base = "", 0
        for _, (file, within, name, key, certificate) in devices:
            if file is not last:
                last, base = file, self._files.number(file) << _FILE_SHIFT
            rows.append((name, base | within, certificate))
            if key:
                rows.append((key, base | within, certificate))
        return rows

    def _find_one(self, identity: Identity) -> Finding | None:
        rows = self._rows(identity)
        found = self._duplicate(*rows)
        if found is None:
            for row in rows:
                self._store.add(row)
        return found

    def _rows(self, identity: Identity) -> tuple[Row, ...]:
        """The device's name, and its key where it has a certificate.

        A certificate needs no row of its own: the same certificate has the same key.
        """
        file, within, name, key, certificate = identity
        place = self._files.number(file) << _FILE_SHIFT | within
        named = (name, place, certificate)
        return (named, (key, place, certificate)) if key else (named,)

    def _duplicate(self, identity: Row, key: Row | None = None) -> Finding | None:
        same_key = self._store.get(key[0]) if key else None
        if key and same_key and same_key[2] == key[2]:
            return self._finding("duplicate-certificate", same_key)
        same_identity = self._store.get(identity[0])
        # One entry may hold several certificates of one chip: the id is then its own. Without a
        # certificate there is one device an entry, and members of a zip may have equal names.
        if same_identity and (key is None or same_identity[1] != identity[1]):
            return self._finding("duplicate-device-id", same_identity)
        return self._finding("duplicate-public-key", same_key) if same_key else None

    def _finding(self, code: str, row: Row) -> Finding:
        place = row[1]
        source = _source(self._files.name(place >> _FILE_SHIFT), place)
        return finding(code, _MESSAGES[code].format(source))


class _Files:
    """Names of files as small numbers and back; on disk, for there may be millions."""

    def __init__(self) -> None:
        self._database = temporary_database(_FILES, cache_kib=_FILES_CACHE_KIB)
        self._last = ("", 0)

    def number(self, file: str) -> int:
        """The file's number."""
        if file != self._last[0]:
            self._database.execute("INSERT OR IGNORE INTO files (name) VALUES (?)", (file,))
            query = "SELECT id FROM files WHERE name = ?"
            self._last = (file, self._database.execute(query, (file,)).fetchone()[0])
        return self._last[1]

    def name(self, number: int) -> str:
        """The file that has this number."""
        query = "SELECT name FROM files WHERE id = ?"
        found: str = self._database.execute(query, (number,)).fetchone()[0]
        return found


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
