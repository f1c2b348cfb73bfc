"""Which UID and which issuers belong to which certificate of a text.

A section is what lies between two boundaries (a boot, a session). Within it a UID
belongs to the certificates whose serial number begins with it, and otherwise to the nearest
ones; it stays a claim that the verifier compares.
"""

from collections.abc import Iterator, Sequence

from tng.decode.certificates import authorities_alone, issuers_of
from tng.decode.identity import uid_in_serial
from tng.decode.interface import RawEntry
from tng.decode.text.scanner import Boundary, Found, FoundCertificate, FoundProblem, FoundUid
from tng.findings import Finding, finding
from tng.models import Source, Undecodable
from tng.x509.certificate import Certificate

MAX_PENDING = 256
"""Findings held back in a section that does not end: a bundle of many chips' certificates."""
MAX_PENDING_BYTES = 1024 * 1024
KEPT_BACK = 16
"""Of a full section, as many stay as a chip has certificates, so that its UID still finds them."""
MAX_USED_UIDS = 32 * 1024
"""UIDs remembered of a section, so that one that is printed twice is told of once."""
MAX_AUTHORITIES = 64
"""CA certificates remembered for the whole text; a variant has six."""

_Item = FoundCertificate | FoundUid | FoundProblem


class Sections:
    """Takes what a scanner finds and gives entries; `finish` gives the last ones.

    ``findings`` are of the whole text and pass on to every entry.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self.findings: tuple[Finding, ...] = ()
        self._items: list[_Item] = []
        self._bytes = 0
        self._authorities: dict[str, Certificate] = {}
        self._first_authority: int | None = None
        self._used_uids: set[str] = set()
        self._given = 0

    def add(self, found: Found) -> Iterator[RawEntry | Undecodable]:
        """Take one finding; gives what is settled by it."""
        if isinstance(found, Boundary):
            yield from self._settle(len(self._items))
            self._used_uids.clear()
            return
        if isinstance(found, FoundCertificate):
            if found.certificate is not None and found.certificate.extensions.is_ca:
                self._remember(found.line, found.certificate)
                return
            self._bytes += len(found.data)
        self._items.append(found)
        if len(self._items) > MAX_PENDING or self._bytes > MAX_PENDING_BYTES:
            yield from self._settle(max(1, len(self._items) - KEPT_BACK))

    def finish(self, lines: int) -> Iterator[RawEntry | Undecodable]:
        """The last section, and what is to be said of a text without devices.

        ``lines`` is the number of the last line that is not blank, 0 without any.
        """
        yield from self._settle(len(self._items))
        if self._given:
            return
        if self._first_authority is not None:
            source = Source(self._file, line=self._first_authority)
            yield authorities_alone(source, tuple(self._authorities.values()))
        elif not lines:
            empty = finding("input-empty", "there is nothing in it")
            yield Undecodable(Source(self._file), (empty,))
        else:
            message = f"no certificate was found in {lines} lines"
            yield Undecodable(Source(self._file), (finding("input-unrecognised", message),))

    def _remember(self, line: int, authority: Certificate) -> None:
        if self._first_authority is None:
            self._first_authority = line
        if len(self._authorities) < MAX_AUTHORITIES:
            self._authorities[authority.sha256] = authority

    def _settle(self, count: int) -> Iterator[RawEntry | Undecodable]:
        items = self._items
        uids = _assign(items)
        if len(self._used_uids) > MAX_USED_UIDS:
            self._used_uids.clear()
        self._used_uids.update(uid for uid in uids if uid is not None)
        spoiled = any(isinstance(item, FoundProblem) for item in items)
        for item, uid in zip(items[:count], uids, strict=False):
            if isinstance(item, FoundCertificate):
                self._given += 1
                yield self._entry(item, uid)
            elif isinstance(item, FoundProblem):
                self._given += 1
                yield Undecodable(Source(self._file, line=item.line), (item.finding,))
            elif item.uid not in self._used_uids and not spoiled:
                self._given += 1
                self._used_uids.add(item.uid)
                message = f"UID {item.uid}"
                place = Source(self._file, line=item.line)
                yield Undecodable(place, (finding("uid-without-certificate", message),))
        self._items = items[count:]
        self._bytes = sum(
            len(item.data) for item in self._items if isinstance(item, FoundCertificate)
        )

    def _entry(self, found: FoundCertificate, uid: str | None) -> RawEntry:
        leaf = found.certificate
        issuers = issuers_of(leaf, self._authorities.values()) if leaf else ()
        return RawEntry(
            Source(self._file, line=found.line),
            (found.data, *issuers),
            found.object_id,
            uid,
            None,
            self.findings + found.findings,
        )


def _assign(items: Sequence[_Item]) -> list[str | None]:
    """The UID of each item that is a certificate, ``None`` for the others and without one."""
    known = {item.uid for item in items if isinstance(item, FoundUid)}
    claimed = [_claimed_uid(item) for item in items]
    result = [uid if uid in known else None for uid in claimed]
    taken = {uid for uid in result if uid is not None}
    free = [
        (index, item.uid)
        for index, item in enumerate(items)
        if isinstance(item, FoundUid) and item.uid not in taken
    ]
    # A tool prints the UID either before or after the certificates, throughout.
    comes_first = bool(items) and isinstance(items[0], FoundUid)
    for index, item in enumerate(items):
        if isinstance(item, FoundCertificate) and result[index] is None and free:
            result[index] = _nearest(index, free, comes_first=comes_first)
    return result


def _claimed_uid(item: _Item) -> str | None:
    if isinstance(item, FoundCertificate) and item.certificate is not None:
        return uid_in_serial(item.certificate)
    return None


def _nearest(index: int, free: Sequence[tuple[int, str]], *, comes_first: bool) -> str:
    before = [uid for place, uid in free if place < index]
    after = [uid for place, uid in free if place > index]
    if comes_first:
        return before[-1] if before else after[0]
    return after[0] if after else before[-1]
