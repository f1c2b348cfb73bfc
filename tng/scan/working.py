"""What is done with a share, in whichever process: read, judge, and make the result ready.

Results go back to the process that collects them, so each is made as small as what is asked
for: a line of a report, say, instead of the device. An entry on which this fails is a
finding, and the others go on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, cast

from tng.decode.interface import Block, BlockDecoder, Decoded, RawEntry
from tng.models import Outcome, Source, Undecodable
from tng.scan.losses import failed
from tng.scan.shares import InputEnd, Readable, Share
from tng.summary import Kind, kind_of
from tng.verify.duplicates import Identity, identify
from tng.verify.verifier import Verifier

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """What became of a share.

    ``results`` are those of its devices in order. ``genuine`` are the positions and identities
    of those that must not come twice. ``kinds`` are the different kinds of outcomes there are,
    ``kind_of`` says for each device which is its own. ``entries`` counts the entries up to each
    end of an input, and behind the last one; ``shift`` is what the share's own became behind it.
    """

    results: Sequence[Result]
    genuine: Sequence[tuple[int, Identity]]
    kinds: Sequence[Kind]
    kind_of: Sequence[int]
    entries: Sequence[int]
    shift: int


@dataclass(slots=True)
class _Read:
    """The devices of a share, while it is read; ``entries`` and ``shift`` as in `Done`."""

    devices: list[Decoded]
    entries: list[int]
    shift: int


def read_share(share: Share) -> _Read:
    """Decode all of a share."""
    read = _Read([], [0], share.shift)
    for item in share.items:
        if isinstance(item, InputEnd):
            read.entries.append(0)
            read.shift = 0
        elif isinstance(item, Readable) and isinstance(item.piece, Block):
            _read_block(item, item.piece, read)
        else:
            read.entries[-1] += 1
            read.devices += _read_one(_shifted(item, read.shift))
    return read


def _read_block(item: Readable, block: Block, read: _Read) -> None:
    if read.shift:
        block = replace(block, first_entry=block.first_entry + read.shift)
    # Only a `BlockDecoder` cuts blocks.
    found = cast("BlockDecoder", item.decoder).read_block(block)
    read.devices += found.devices
    read.entries[-1] += found.entries
    read.shift += found.entries - block.entries


def _read_one(item: Readable | Undecodable) -> Sequence[Decoded]:
    if isinstance(item, Undecodable):
        return (item,)
    # A block does not come here.
    raw = cast("RawEntry", item.piece)
    try:
        return item.decoder.read(raw)
    except Exception as error:  # noqa: BLE001 - one bad entry never stops the others
        return (failed(raw.source, error),)


def _shifted(item: Readable | Undecodable, shift: int) -> Readable | Undecodable:
    if not shift:
        return item
    if isinstance(item, Undecodable):
        return replace(item, source=moved(item.source, shift))
    raw = cast("RawEntry", item.piece)
    return replace(item, piece=replace(raw, source=moved(raw.source, shift)))


def moved(source: Source, shift: int) -> Source:
    """The source with the number of its entry moved; lines stay."""
    return source if source.entry is None else replace(source, entry=source.entry + shift)


@dataclass(frozen=True, slots=True)
class Reading(Generic[Result]):
    """Decodes shares, without judging."""

    result: Callable[[Decoded], Result]

    def __call__(self, share: Share) -> Done[Result]:
        """Decode all of a share."""
        read = read_share(share)
        results = [self.result(device) for device in read.devices]
        return Done(results, (), (), (), read.entries, read.shift)


@dataclass(frozen=True, slots=True)
class Judging(Generic[Result]):
    """Decodes and judges shares; ``result`` is what is made of each outcome.

    Goes to other processes as it is, so ``result`` must be picklable.
    """

    verifier: Verifier
    result: Callable[[Outcome], Result]

    def __call__(self, share: Share) -> Done[Result]:
        """Judge all of a share; duplicates are for `tng.scan.collecting`."""
        read = read_share(share)
        results: list[Result] = []
        genuine: list[tuple[int, Identity]] = []
        kinds: dict[Kind, int] = {}
        kind_numbers: list[int] = []
        for position, device in enumerate(read.devices):
            outcome = self._judge(device)
            results.append(self.result(outcome))
            kind_numbers.append(kinds.setdefault(kind_of(outcome), len(kinds)))
            identity = identify(outcome)
            if identity is not None:
                genuine.append((position, identity))
        return Done(results, genuine, tuple(kinds), kind_numbers, read.entries, read.shift)

    def outcomes(self, share: Share, positions: Sequence[int]) -> Iterator[Outcome]:
        """The outcomes at some positions of a share, once more."""
        devices = read_share(share).devices
        return (self._judge(devices[position]) for position in positions)

    def _judge(self, device: Decoded) -> Outcome:
        if isinstance(device, Undecodable):
            return device
        try:
            return self.verifier.judge(device)
        except Exception as error:  # noqa: BLE001 - one bad entry never stops the others
            return failed(device.record.source, error)
