"""Blocks of which only the place is known, for whoever works on them to read there."""

from dataclasses import dataclass

from tng.decode.interface import Block


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block without its bytes.

    ``block`` is as it was cut, with empty ``data``. ``length`` bytes from its ``offset`` on, at
    ``location`` (`tng.sources.Input.location`), have this SHA-256.
    """

    block: Block
    location: str
    length: int
    sha256: bytes

    @property
    def file(self) -> str:
        """As of the block."""
        return self.block.file

    @property
    def first_entry(self) -> int:
        """As of the block."""
        return self.block.first_entry

    @property
    def entries(self) -> int:
        """As of the block."""
        return self.block.entries

    @property
    def start(self) -> int:
        """Offset of its first byte."""
        return self.block.offset

    @property
    def stop(self) -> int:
        """Offset behind its last byte."""
        return self.block.offset + self.length
