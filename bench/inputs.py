"""Manifests of the test vendor, made once in a temporary folder, on all cores.

Every entry is another chip's, with certificate and five keys as Trust&GO has them: 3.7 kB.
"""

import multiprocessing
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import orjson

from tng.errors import OutputError
from tng.testing.manifest import make_entries, write_manifest
from tng.testing.microchip import MicrochipVendor
from tng.testing.trust_files import write_microchip_trust

_SEED = "bench"
_ALONE = 5_000
"""Entries that are made in this process: about the second that starting others takes."""
_COPY_BYTES = 1 << 24
_BYTES_AN_ENTRY = 6_500
"""Of disk: the entry, its line in a report of the run over it, and its place in an index."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Manifests by number of entries, and the flags that make `tng` trust their vendor."""

    manifests: dict[int, Path]
    root: Path
    signer: Path

    @property
    def trust_flags(self) -> list[str]:
        """Command-line flags."""
        return ["--trust-anchor", str(self.root), "--manifest-signer", str(self.signer)]


def make_inputs(folder: Path, sizes: tuple[int, ...]) -> Inputs:
    """Write a manifest of full entries for each size; the first entries are the same in all."""
    root, signer, _ = write_microchip_trust(folder, MicrochipVendor(_SEED))
    manifests = {size: folder / f"manifest-{size}.json" for size in sizes}
    for size, path in manifests.items():
        make_manifest(path, size)
    return Inputs(manifests, root, signer)


def make_manifest(path: Path, count: int, *, start: int = 0) -> None:
    """Write the entries of the chips ``start`` to ``start + count - 1`` as one JSON array.

    Raises `OutputError` where a run over them would not find room on the disk.
    """
    _check_room(path.parent, count)
    if count <= _ALONE:
        with path.open("wb") as stream:
            write_manifest(stream, make_entries(MicrochipVendor(_SEED), count, start=start))
        return
    shares = list(_shares(path, start, count, os.cpu_count() or 1))
    # Forked, a process would begin with the threads of this one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(shares), context) as pool:
        list(pool.map(_write_share, shares))
    _join([share.path for share in shares], path)


@dataclass(frozen=True, slots=True)
class _Share:
    path: Path
    start: int
    count: int
    is_first: bool


def _shares(path: Path, start: int, count: int, parts: int) -> Iterator[_Share]:
    bounds = [start + count * part // parts for part in range(parts + 1)]
    for number, (first, end) in enumerate(pairwise(bounds)):
        share = path.with_name(f"{path.name}.{number}")
        yield _Share(share, first, end - first, is_first=number == 0)


def _write_share(share: _Share) -> None:
    """Write the entries of an array without its brackets, one a line."""
    vendor = MicrochipVendor(_SEED)
    with share.path.open("wb") as stream:
        for number, entry in enumerate(make_entries(vendor, share.count, start=share.start)):
            stream.write(b"\n" if share.is_first and not number else b",\n")
            stream.write(orjson.dumps(entry))


def _join(parts: list[Path], path: Path) -> None:
    with path.open("wb") as target:
        target.write(b"[")
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, target, _COPY_BYTES)
            part.unlink()
        target.write(b"\n]\n")


def _check_room(folder: Path, count: int) -> None:
    needed, free = count * _BYTES_AN_ENTRY, shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(
            f"{count:,} entries and the report on them need {needed / 1e9:.1f} GB, and {folder} "
            f"has {free / 1e9:.1f} GB",
            "Set TMPDIR to a folder that has room, or measure fewer.",
        )
