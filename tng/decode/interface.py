"""What a vendor format plugs in: one decoder.

Decoding has two halves, so that a large input can be split by one process and read
by many: `Decoder.split` walks the stream once, in order and in bounded memory;
`Decoder.read` is pure and does the work of one entry.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from tng.findings import Finding
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


class Decoder(Protocol):
    """One vendor format. Never raises for bad content: that is an `Undecodable`."""

    @property
    def name(self) -> str:
        """The kind, as reports show it, for example ``"microchip-manifest"``."""

    def recognises(self, head: bytes) -> bool:
        """Whether an input that begins with ``head`` (`SNIFF_BYTES` at most) is of this kind."""

    def split(self, stream: BinaryIO, file: str) -> Iterator[RawEntry | Undecodable]:
        """Cut the stream into entries, in order, in memory bounded by one entry."""

    def read(self, raw: RawEntry) -> tuple[Decoded, ...]:
        """Read one entry: a device per certificate found in it."""
