"""From the words on a command line to the files behind them.

Names are only looked up here; nothing is opened. A name is a path or a URL (`tng.storage`).
"""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tng.errors import InputError
from tng.storage.errors import StorageError, StorageSetupError, UnreachableError
from tng.storage.locations import is_url, local_path, parse_url

STDIN = "-"


def printable(name: str) -> str:
    """``name`` with everything that could steer a terminal or break a line written as escapes.

    Names of archive members and of files in a folder come from strangers.
    """
    if name.isprintable():
        return name
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in name
    )


def expand(names: Sequence[str]) -> tuple[str, ...]:
    """Replace globs by what they match, sorted; the same name twice counts once.

    A URL below which there are objects ends with a slash afterwards. Raises `InputError` for a
    path or URL that does not exist or a glob that matches nothing, `StorageError` for a URL
    whose service cannot be used or reached, `UsageError` for one that is none of ours. What exists
    is never taken for a glob, whatever characters it has.
    """
    found: dict[str, None] = {}
    for given in names:
        if is_url(given):
            found.update(dict.fromkeys(_expand_url(given)))
            continue
        name = local_path(given)
        if name == STDIN or os.path.lexists(name):
            found[name] = None
            continue
        is_glob = any(character in name for character in "*?[")
        # Path.glob refuses absolute patterns.
        matches = sorted(glob.glob(name, recursive=True)) if is_glob else []  # noqa: PTH207
        if not matches:
            hint = "Check the path; `-` reads standard input."
            raise _missing(name, is_glob=is_glob, hint=hint)
        found.update(dict.fromkeys(matches))
    return tuple(found)


def _missing(name: str, *, is_glob: bool, hint: str) -> InputError:
    problem = "matches nothing" if is_glob else "does not exist"
    return InputError(f"{printable(name) or 'a source without a name'} {problem}", hint)


def _expand_url(name: str) -> tuple[str, ...]:
    from tng.storage.listing import Kind, has_wildcard, look, match

    url = parse_url(name)
    try:
        kind = look(url)
        if kind is Kind.ABSENT:
            matches = match(url) if has_wildcard(url) else ()
            if not matches:
                hint = f"Check {url.service.holder} and name."
                raise _missing(name, is_glob=has_wildcard(url), hint=hint)
            return matches
    except (StorageSetupError, UnreachableError):
        raise
    except StorageError:
        # What else stands in the way is told when it is opened, and stops no other input.
        return (name,)
    return (name,) if kind is Kind.OBJECT or name.endswith("/") else (f"{name}/",)


def walk(folder: str) -> Iterator[str | OSError]:
    """Every regular file below ``folder``, sorted within each folder, hidden ones left out.

    Links to folders are not followed, so that a loop of links ends. A folder that cannot
    be listed gives its `OSError` in place of its files.
    """
    problems: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=problems.append):
        yield from problems
        problems.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if not name.startswith(".") and path.is_file():
                yield str(path)
    yield from problems
