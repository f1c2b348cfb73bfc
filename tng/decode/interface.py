"""What a vendor format plugs in: one decoder.

Decoding has two halves, so that a large input can be split by one process and read
by many: `Decoder.split` walks the stream once, in order and in bounded memory;
`Decoder.read` is pure and does the work of one entry (`BlockDecoder.read_block`: of many).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from tng.findings import Finding, finding
from tng.models import DeviceEntry, Source, Undecodable

SNIFF_BYTES = 64 * 1024
"""How much of an input's beginning a decoder sees when the kind is recognised."""

Decoded = DeviceEntry | Undecodable


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry, cut out of its input and not yet read.

    ``data`` is what to read: the octets of one manifest entry, or of a certificate
    followed by the certificates found beside it. ``object_id`` and ``uid`` (36 lower
    hex digits) are what the text around it says; ``part_number`` what a column or label
    says. ``findings`` were made while splitting and pass on to the device.
    """

    source: Source
    data: tuple[bytes, ...]
    object_id: str | None = None
    uid: str | None = None
    part_number: str | None = None
    findings: tuple[Finding, ...] = ()


def failure(error: Exception) -> Finding:
    """What is said of an entry on which the tool itself fails."""
    return finding("entry-failed", f"{type(error).__name__}: {error}"[:200])


@dataclass(frozen=True, slots=True)
class Block:
    """Many entries in a row, not yet told apart; only of `BlockDecoder`.

    ``first_entry`` is the number of the first; ``entries`` is how many there seem to be: whoever
    reads the block tells how many there are. ``findings`` pass on to the first device.
    ``is_followed`` is false for the last block of an input; ``is_unclosed`` says that the input
    ends with it and is not complete. ``offset`` is where in the input ``data`` begins.
    """

    file: str
    data: bytes
    first_entry: int
    entries: int
    findings: tuple[Finding, ...]
    is_followed: bool
    is_unclosed: bool
    offset: int = 0


@dataclass(frozen=True, slots=True)
class BlockDevices:
    """What a block holds: devices in order, and how many entries they stand in."""

    devices: Sequence[Decoded]
    entries: int


class Decoder(Protocol):
    """One vendor format. Never raises for bad content: that is an `Undecodable`."""

    @property
    def name(self) -> str:
        """The kind, as reports show it, for example ``"microchip-manifest"``."""

    def recognises(self, head: bytes) -> bool:
        """Whether an input that begins with ``head`` (`SNIFF_BYTES` at most) is of this kind."""

    def split(self, stream: BinaryIO, file: str) -> "Iterator[Piece]":
        """Cut the stream into entries, in order, in bounded memory."""

    def read(self, raw: RawEntry) -> tuple[Decoded, ...]:
        """Read one entry: a device per certificate found in it."""


class BlockDecoder(Decoder, Protocol):
    """A format of inputs so large that cutting them entry by entry takes too long.

    Its `split` gives blocks where it can, and raw entries where it must.
    """

    def count_block(self, block: Block) -> int:
        """How many entries a block has: seldom wrong where ``entries`` is, and no more costly.

        For who wants to know before the block is read.
        """

    def read_block(self, block: Block) -> BlockDevices:
        """Read all entries of a block. Pure, as `read`."""


Piece = RawEntry | Block | Undecodable
