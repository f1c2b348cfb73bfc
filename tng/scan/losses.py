"""What stands for entries that could not be worked on, so that they are counted and named."""

from collections.abc import Iterator
from dataclasses import replace

from tng.decode.interface import Block, failure
from tng.findings import Finding, finding
from tng.models import Source, Undecodable
from tng.parallel import Lost
from tng.scan.shares import Item, Readable, Share
from tng.scan.stored import StoredBlock


def failed(source: Source, error: Exception) -> Undecodable:
    """For an entry on which the tool itself fails."""
    return Undecodable(source, (failure(error),))


def without(share: Share, lost: Lost) -> Share:
    """The share with its entries declared lost, each under its number."""
    found = finding("entry-lost", f"its process died {lost.deaths} times")
    return replace(
        share, items=tuple(item for each in share.items for item in _declared(each, found))
    )


def _declared(item: Item, found: Finding) -> Iterator[Item]:
    if not isinstance(item, Readable):
        yield item
    elif isinstance(item.piece, Block | StoredBlock):
        yield from entries_declared(item.piece, found)
    else:
        yield Undecodable(item.piece.source, (found,))


def entries_declared(block: Block | StoredBlock, found: Finding) -> Iterator[Undecodable]:
    """Something for each entry that the block seems to have, with what was found instead."""
    return (Undecodable(source, (found,)) for source in _sources(block))


def _sources(block: Block | StoredBlock) -> Iterator[Source]:
    return (Source(block.file, block.first_entry + number) for number in range(block.entries))
