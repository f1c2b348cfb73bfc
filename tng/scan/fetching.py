"""Reading what a share does not bring along: its stored blocks.

What stands at a block's place has to have the digest with which the block was cut, or it is not
read at all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from tng.decode.interface import Block
from tng.scan.losses import entries_declared
from tng.scan.shares import Item, Readable, Share
from tng.scan.stored import StoredBlock
from tng.sources import InputChangedError, InputStreamError
from tng.sources.streams import DAMAGE, damage
from tng.storage.reading import read_range


def is_stored(item: Item) -> bool:
    """Whether the item does not bring its bytes along."""
    return isinstance(item, Readable) and isinstance(item.piece, StoredBlock)


def fetched(shares: Sequence[Share]) -> tuple[Share, ...]:
    """The shares with all bytes; raises `InputStreamError` if any cannot be had or are others.

    Blocks that lie one behind another are read in one go.
    """
    blocks = fetch(piece for share in shares for piece in _stored(share))
    return tuple(replace(share, items=tuple(_filled(share, blocks))) for share in shares)


def fetched_or_declared(share: Share) -> Share:
    """The share with all bytes; an `Undecodable` for each entry whose bytes cannot be had."""
    if not any(map(is_stored, share.items)):
        return share
    return replace(share, items=tuple(part for item in share.items for part in _parts(item)))


def fetch(stored: Iterable[StoredBlock]) -> Iterator[Block]:
    """The blocks, in order; raises `InputStreamError` as `fetched`."""
    for run in _runs(stored):
        start = run[0].start
        try:
            data = read_range(run[0].location, start, run[-1].stop)
        except DAMAGE as error:
            raise damage(error) from error
        for piece in run:
            yield _checked(piece, data[piece.start - start : piece.stop - start])


def _checked(piece: StoredBlock, data: bytes) -> Block:
    if sha256(data).digest() != piece.sha256:
        raise InputChangedError(f"other bytes than before stand from offset {piece.start} on")
    return replace(piece.block, data=data)


def _runs(stored: Iterable[StoredBlock]) -> Iterator[list[StoredBlock]]:
    run: list[StoredBlock] = []
    for piece in stored:
        if run and (run[-1].location, run[-1].stop) != (piece.location, piece.start):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _stored(share: Share) -> Iterator[StoredBlock]:
    for item in share.items:
        if isinstance(item, Readable) and isinstance(item.piece, StoredBlock):
            yield item.piece


def _filled(share: Share, blocks: Iterator[Block]) -> Iterator[Item]:
    for item in share.items:
        if isinstance(item, Readable) and isinstance(item.piece, StoredBlock):
            yield replace(item, piece=next(blocks))
        else:
            yield item


def _parts(item: Item) -> Iterator[Item]:
    if not isinstance(item, Readable) or not isinstance(item.piece, StoredBlock):
        yield item
        return
    try:
        yield from [replace(item, piece=block) for block in fetch([item.piece])]
    except InputStreamError as error:
        yield from entries_declared(item.piece, error.finding)
