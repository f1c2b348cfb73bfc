"""Cutting inputs into shares of work, in order, and telling where each input ends."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from tng.decode.interface import Block, Decoder, RawEntry
from tng.decode.registry import recognise
from tng.findings import Finding, finding
from tng.models import InputSummary, Source, Undecodable
from tng.scan.stored import StoredBlock
from tng.sources import Archive, Input, InputStreamError
from tng.sources.types import Opened

SHARE_ENTRIES = 128
"""Entries worked on in one go: about 15 ms, against 0.3 ms to hand them to another process."""

_ENTRY_BYTES = 4096
"""A genuine full entry. A share has no more bytes than so many entries and one piece."""

ZIP, UNREADABLE, UNRECOGNISED = "zip", "unreadable", "unrecognised"
"""Kinds of inputs (`InputSummary.kind`) that no decoder reads."""


@dataclass(frozen=True, slots=True)
class InputEnd:
    """An input ends here. How many entries it had, the readers count (save of an archive)."""

    path: str
    sha256: str
    kind: str
    entries: int | None = None

    def summary(self, counted: int) -> InputSummary:
        """The summary, with what was counted."""
        entries = counted if self.entries is None else self.entries
        return InputSummary(self.path, self.sha256, self.kind, entries)


@dataclass(frozen=True, slots=True)
class Readable:
    """A piece of an input, with the decoder that reads it."""

    decoder: Decoder
    piece: RawEntry | Block | StoredBlock


Item = Readable | Undecodable | InputEnd


@dataclass(frozen=True, slots=True)
class Share:
    """Pieces in input order, to be worked on in one go.

    ``input`` counts the inputs up to the one with which the share begins. ``shift`` is to be
    added to the numbers of its entries: blocks before may have held more or fewer than they
    seemed to.
    """

    items: tuple[Item, ...]
    input: int
    shift: int


@dataclass(slots=True)
class ShareCutter:
    """Makes shares of opened inputs; `correct` it while it goes."""

    _input: int = 0
    _shift: int = 0
    _shifted_input: int = 0
    _items: list[Item] = field(default_factory=list)
    _weight: int = 0
    _begun: int = 0

    def correct(self, number: int, shift: int) -> None:
        """Say by how much the entries of an input, from here on, are misnumbered."""
        self._shifted_input, self._shift = number, shift

    def cut(self, inputs: Iterable[Opened]) -> Iterator[Share]:
        """The shares of all inputs; small inputs go together."""
        return self.cut_items(chain.from_iterable(map(items_of, inputs)))

    def cut_items(self, items: Iterable[Item]) -> Iterator[Share]:
        """The shares of all items, which are those of inputs one after another."""
        for item in items:
            self._items.append(item)
            self._weight += _weight(item)
            self._input += isinstance(item, InputEnd)
            if self._weight >= SHARE_ENTRIES:
                yield self._take()
        if self._items:
            yield self._take()

    def _take(self) -> Share:
        shift = self._shift if self._shifted_input == self._begun else 0
        share = Share(tuple(self._items), self._begun, shift)
        self._items.clear()
        self._weight, self._begun = 0, self._input
        return share


def _weight(item: Item) -> int:
    """Entries, or as many as there could be by its size: how many there are, nobody knows yet."""
    if not isinstance(item, Readable):
        return 1
    piece = item.piece
    if isinstance(piece, RawEntry):
        return max(1, sum(map(len, piece.data)) // _ENTRY_BYTES)
    size = piece.length if isinstance(piece, StoredBlock) else len(piece.data)
    return max(1, piece.entries, size // _ENTRY_BYTES)


def items_of(opened: Opened) -> Iterator[Item]:
    """The pieces of one input, and its end; to be taken before the next input is opened."""
    if isinstance(opened, Undecodable):
        yield opened
        yield InputEnd(opened.source.file, "", UNREADABLE)
    elif isinstance(opened, Archive):
        yield InputEnd(opened.path, opened.sha256, ZIP, opened.members)
    else:
        yield from _items_of_input(opened)


def _items_of_input(opened: Input) -> Iterator[Item]:
    decoder = recognise(opened.head)
    if decoder is None:
        yield Undecodable(Source(opened.path), (_unrecognised(opened.head),))
    else:
        try:
            for piece in decoder.split(opened.stream, opened.path):
                yield piece if isinstance(piece, Undecodable) else Readable(decoder, piece)
        except InputStreamError as error:
            yield Undecodable(Source(opened.path), (error.finding,))
    kind = decoder.name if decoder else UNRECOGNISED
    yield InputEnd(opened.path, opened.sha256(), kind)


def _unrecognised(head: bytes) -> Finding:
    if not head.strip(b"\0 \t\r\n"):
        return finding("input-empty", "there is nothing in it")
    return finding("input-unrecognised", f"it begins with {head[:16]!r}")
