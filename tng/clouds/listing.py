"""Reading lists of a cloud: what is wanted out of one that may be far longer, or all of it.

Knows no cloud: what a page and a single answer are is told by the adapter.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

from tng.clouds.interface import RefusedError

Found = TypeVar("Found")

MAX_PAGES = 100_000
"""Of a list that is read whole: 10 million enrollments or 25 million certificates, far above
what a target may hold (Azure DPS: 1,000,000)."""


def find(
    wanted: Sequence[str],
    pages: Iterator[Mapping[str, Found]],
    one: Callable[[str], Found | None],
    page_cost: float = 1.0,
) -> dict[str, Found]:
    """What a list holds of ``wanted``: by pages first, then one by one.

    How long the list is, no cloud tells. So ``pages`` are taken while they take no longer than
    asking for each of ``wanted``, and until all were found or the list ended; then ``one`` is
    asked for each that is still unknown. That takes at most twice as long as the better way, and
    a page. ``page_cost`` is how many single answers are to be had in the time of a page.
    """
    affordable = most_pages(len(wanted), page_cost)
    found: dict[str, Found] = {}
    unknown = dict.fromkeys(wanted)
    taken = 0
    while unknown:
        if taken == affordable:
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


def most_pages(wanted: int, page_cost: float) -> int:
    """How many pages are read at most in search of so many, one at least."""
    return max(1, int(wanted / page_cost))


def all_pages(
    read: Callable[[str | None], tuple[Found, str | None]], limit: int = MAX_PAGES
) -> Iterator[Found]:
    """Every page of a list; ``read`` gives the page of a token, and the token of the next one.

    Raises `RefusedError` for a list that comes back to where it was, or has more pages than
    ``limit``, beside what ``read`` raises.
    """
    seen: set[bytes] = set()
    token: str | None = None
    for _ in range(limit):
        page, token = read(token)
        yield page
        if token is None:
            return
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        if digest in seen:
            raise RefusedError("EndlessList", "the list comes back to a page that was read")
        seen.add(digest)
    raise RefusedError("EndlessList", f"the list has more than {limit:,} pages")
