"""Checking the inputs of a sealed report: whether each is what the report rests on.

To be asked only of a statement whose signature was verified.
"""

from collections.abc import Sequence
from pathlib import Path

from tng.seal.files import digest_of, reason
from tng.seal.places import ESCAPE, InputPlaces
from tng.seal.result import CheckedFile, FileState
from tng.seal.statement import SealedInput

_STDIN = "-"
_MEMBER = "!"
"""Between an archive and its member in the path of an input."""


def check_inputs(inputs: Sequence[SealedInput], folder: Path | None) -> tuple[CheckedFile, ...]:
    """What became of each, in their order; ``folder`` is where they lie now, if it was named."""
    paths, places = {item.path for item in inputs}, InputPlaces(folder)
    return tuple(_check(item, paths, places) for item in inputs)


def _check(item: SealedInput, paths: set[str], places: InputPlaces) -> CheckedFile:
    if not item.sha256:
        return _with(item, FileState.NOT_CHECKED, "it could not be read when the report was made")
    if item.path == _STDIN:
        return _with(item, FileState.NOT_CHECKED, "it came from standard input")
    archive = _archive_of(item.path, paths)
    for group in places.groups(item.path, member=archive is not None):
        found = _look(item, group)
        if found is not None:
            return found
    if archive is not None:
        return _with(item, FileState.NOT_CHECKED, f"it lies in {archive}, which is checked")
    escaped = ESCAPE in item.path
    return _with(
        item, FileState.MISSING, "it cannot be found under this escaped name" if escaped else ""
    )


def _look(item: SealedInput, group: tuple[Path, ...]) -> CheckedFile | None:
    """Unchanged if any of the places holds what was sealed; ``None`` where nothing is there."""
    others: list[CheckedFile] = []
    for place in group:
        try:
            digest = digest_of(place)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            others.append(_with(item, FileState.CHANGED, reason(error)))
            continue
        if digest is not None and digest.sha256 == item.sha256:
            return _with(item, FileState.UNCHANGED)
        others.append(_with(item, FileState.CHANGED))
    return others[0] if others else None


def _with(item: SealedInput, state: FileState, detail: str = "") -> CheckedFile:
    return CheckedFile(item.role, item.path, state, detail)


def _archive_of(path: str, paths: set[str]) -> str | None:
    """The archive among ``paths`` that holds the member ``path``."""
    archive, mark, _ = path.partition(_MEMBER)
    while mark:
        if archive in paths:
            return archive
        following, mark, _ = path[len(archive) + 1 :].partition(_MEMBER)
        archive = f"{archive}{_MEMBER}{following}"
    return None
