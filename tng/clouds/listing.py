"""Reading what is wanted out of a list that may be far longer, or far shorter.

Knows no cloud: what a page and a single answer are is told by the adapter.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

Found = TypeVar("Found")


def find(
    wanted: Sequence[str],
    pages: Iterator[Mapping[str, Found]],
    one: Callable[[str], Found | None],
) -> dict[str, Found]:
    """What a list holds of ``wanted``: by pages first, then one by one.

    ``pages`` are taken while they are no more than ``wanted``, and until all were found or
    the list ended. Then ``one`` is asked for each that is still unknown.
    """
    found: dict[str, Found] = {}
    unknown = dict.fromkeys(wanted)
    taken = 0
    while unknown:
        if taken == len(wanted):
            break
        page = next(pages, None)
        if page is None:
            return found
        taken += 1
        for key in [key for key in page if key in unknown]:
            found[key] = page[key]
            del unknown[key]
    for key in unknown:
        value = one(key)
        if value is not None:
            found[key] = value
    return found
