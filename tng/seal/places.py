"""Where a report's input may lie, by the name that the report has for it.

A report writes odd characters of names as escapes, so a file can lie under another name than
the recorded one. Every search is bounded: the names come from a statement that anybody may
have signed. Reads no file.
"""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tng.report.text import without_surrogates
from tng.sources.names import printable

MAX_PATH_CHARACTERS = 4096
"""Linux takes no longer path (PATH_MAX in linux/limits.h)."""
MAX_LISTED = 100_000
"""Folders, and entries of them, that are looked through for escaped names in one check."""
MAX_ALIKE = 16
"""Files that are looked at for one name; hardly ever there are two."""
ESCAPE = "\\"


_Listing = dict[str, list[str]]
"""Recorded name → names, of those alone that are recorded under another one."""


class InputPlaces:
    """Finds places: as recorded, or in ``folder``, below which all of them stay."""

    def __init__(self, folder: Path | None, most: int = MAX_LISTED) -> None:
        self._folder = folder
        self._listings: dict[Path, _Listing | None] = {}
        self._rest = most

    def groups(self, path: str, *, member: bool) -> Iterator[tuple[Path, ...]]:
        """Places to be looked at together, the better ones first; some may not exist.

        A member of an archive is not looked for by its plain name: the archive vouches for it.
        """
        recorded = Path(path)
        if len(path) > MAX_PATH_CHARACTERS:
            return
        if self._folder is None:
            yield self._find(Path(), recorded.parts)
            return
        if not recorded.is_absolute() and ".." not in recorded.parts:
            yield self._inside(self._find(self._folder, recorded.parts))
        if not member:
            yield self._inside(self._find(self._folder, (recorded.name,)))

    def _find(self, start: Path, parts: tuple[str, ...]) -> tuple[Path, ...]:
        places = [start]
        for part in parts:
            if ESCAPE in part:
                found = (place / name for place in places for name in self._names(place, part))
                places = list(islice(found, MAX_ALIKE))
            else:
                places = [place / part for place in places]
        return tuple(places)

    def _names(self, folder: Path, recorded: str) -> list[str]:
        """The name itself, and the names in the folder that a report writes like this."""
        if folder not in self._listings:
            self._listings[folder] = self._listing(folder)
        listing = self._listings[folder]
        if listing is None:
            return []
        return [recorded, *listing.get(recorded, [])]

    def _listing(self, folder: Path) -> _Listing | None:
        """As much as may still be looked at; ``None`` for what is no folder."""
        found: _Listing = {}
        self._rest -= 1
        if self._rest <= 0:
            return found
        try:
            with os.scandir(folder) as entries:
                for entry in islice(entries, self._rest):
                    self._rest -= 1
                    for recorded in {printable(entry.name), without_surrogates(entry.name)}:
                        if recorded != entry.name:
                            found.setdefault(recorded, []).append(entry.name)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            # A zero byte, or a lone surrogate, is a ValueError: no folder has such a name.
            return None
        except OSError:
            # What may not be listed may still be walked through.
            return found
        return {recorded: sorted(names) for recorded, names in found.items()}

    def _inside(self, places: tuple[Path, ...]) -> tuple[Path, ...]:
        """Those that links do not lead out of the folder."""
        return tuple(place for place in places if self._is_inside(place))

    def _is_inside(self, place: Path) -> bool:
        if self._folder is None:
            return True
        try:
            real = Path(os.path.realpath(place))
        except ValueError:
            # A zero byte, or a lone surrogate: no file has such a name.
            return False
        return real.is_relative_to(os.path.realpath(self._folder))
