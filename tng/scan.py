"""From named sources to a stream of decoded or judged devices, in input order.

The scan opens inputs, recognises their kind, splits them and has the entries read (and
judged), on several cores where there is enough to do. It holds a few batches at a time,
whatever the size of the input.
"""

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tng.decode.interface import Decoded, Decoder, RawEntry
from tng.decode.registry import recognise
from tng.findings import Finding, finding
from tng.models import DeviceEntry, InputSummary, Outcome, Source, Undecodable
from tng.parallel import ordered_map
from tng.sources import Archive, Input, InputStreamError, open_inputs
from tng.verify.duplicates import DuplicateIndex
from tng.verify.verifier import Verifier

_COLLECTION_THRESHOLD = 50_000
"""Containers made between two looks for garbage: those of about a thousand devices."""

ZIP, UNREADABLE, UNRECOGNISED = "zip", "unreadable", "unrecognised"
"""Kinds of inputs (`InputSummary.kind`) that no decoder reads."""

_Piece = tuple[Decoder, RawEntry] | Undecodable


@dataclass(frozen=True, slots=True)
class _Judge:
    """Reads and judges a batch of pieces; travels to worker processes as it is."""

    verifier: Verifier

    def __call__(self, batch: Sequence[_Piece]) -> list[Outcome]:
        return [
            self.verifier.judge(item) if isinstance(item, DeviceEntry) else item
            for item in _read(batch)
        ]


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Look for garbage cycles rarely: our values have none, and looking costs a twentieth."""
    before = gc.get_threshold()
    gc.set_threshold(_COLLECTION_THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Scan:
    """One pass over the named sources; iterate it once, then look at ``inputs``.

    ``names`` are files, folders, globs or ``-`` for ``stdin``. Raises `InputError` on
    construction if a named source does not exist. ``jobs`` is the number of processes, 0 for
    one a core. Files that are ``apart`` are no sources, wherever they lie.
    """

    def __init__(
        self, names: Sequence[str], stdin: BinaryIO, jobs: int = 0, *, apart: Sequence[Path] = ()
    ) -> None:
        self.inputs: list[InputSummary] = []
        self._opened = open_inputs(names, stdin, apart=apart)
        self._jobs = jobs or os.cpu_count() or 1

    def entries(self) -> Iterator[Decoded]:
        """What the inputs hold, unverified."""
        with _rare_collection():
            yield from ordered_map(_read, self._pieces(), self._jobs)

    def outcomes(self, verifier: Verifier) -> Iterator[Outcome]:
        """What the inputs hold, judged; later duplicates of genuine devices are rejected."""
        with DuplicateIndex() as index, _rare_collection():
            yield from index.filter(ordered_map(_Judge(verifier), self._pieces(), self._jobs))

    def _pieces(self) -> Iterator[_Piece]:
        for opened in self._opened:
            if isinstance(opened, Undecodable):
                self.inputs.append(InputSummary(opened.source.file, "", UNREADABLE, 1))
                yield opened
            elif isinstance(opened, Archive):
                self.inputs.append(
                    InputSummary(opened.path, opened.sha256, ZIP, opened.members)
                )  # fmt: skip
            else:
                yield from self._pieces_of(opened)

    def _pieces_of(self, opened: Input) -> Iterator[_Piece]:
        decoder = recognise(opened.head)
        count = 0
        if decoder is None:
            yield Undecodable(Source(opened.path), (_unrecognised(opened.head),))
            count = 1
        else:
            try:
                for raw in decoder.split(opened.stream, opened.path):
                    count += 1
                    yield raw if isinstance(raw, Undecodable) else (decoder, raw)
            except InputStreamError as error:
                count += 1
                yield Undecodable(Source(opened.path), (error.finding,))
        kind = decoder.name if decoder else UNRECOGNISED
        self.inputs.append(InputSummary(opened.path, opened.sha256(), kind, count))


def _read(batch: Sequence[_Piece]) -> list[Decoded]:
    items: list[Decoded] = []
    for piece in batch:
        if isinstance(piece, Undecodable):
            items.append(piece)
        else:
            decoder, raw = piece
            items += decoder.read(raw)
    return items


def _unrecognised(head: bytes) -> Finding:
    if not head.strip(b"\0 \t\r\n"):
        return finding("input-empty", "there is nothing in it")
    return finding("input-unrecognised", f"it begins with {head[:16]!r}")
