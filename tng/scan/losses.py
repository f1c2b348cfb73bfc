"""What stands for entries that could not be worked on, so that they are counted and named."""

from collections.abc import Iterator
from dataclasses import replace

from tng.decode.interface import Block, failure
from tng.findings import finding
from tng.models import Source, Undecodable
from tng.parallel import Lost
from tng.scan.shares import Item, Readable, Share


def failed(source: Source, error: Exception) -> Undecodable:
    """For an entry on which the tool itself fails."""
    return Undecodable(source, (failure(error),))


def without(share: Share, lost: Lost) -> Share:
    """The share with its entries declared lost, each under its number."""
    message = f"its process died {lost.deaths} times"
    return replace(
        share, items=tuple(item for each in share.items for item in _declared(each, message))
    )


def _declared(item: Item, message: str) -> Iterator[Item]:
    if not isinstance(item, Readable):
        yield item
        return
    sources = [item.piece.source] if not isinstance(item.piece, Block) else _sources(item.piece)
    for source in sources:
        yield Undecodable(source, (finding("entry-lost", message),))


def _sources(block: Block) -> Iterator[Source]:
    return (Source(block.file, block.first_entry + number) for number in range(block.entries))
