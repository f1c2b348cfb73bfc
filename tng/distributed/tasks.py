"""What workers do: the functions that dask calls there.

Workers and coordinator trust each other as processes of one program do; so what passes between
them is pickled. It is pickled here and not by dask, so that the scheduler passes on what it need
not look into.
"""

import pickle
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

from tng import __version__
from tng.distributed.survey import Survey, take_survey
from tng.parallel import Lost
from tng.scan.fetching import fetched
from tng.scan.shares import Share
from tng.scan.working import Done
from tng.sources import InputStreamError
from tng.storage.reading import Stored

Work = Callable[[Share], Done[Any]]
Results = Sequence[Done[Any] | Lost]

PROTOCOL = 5
"""Of pickle: the newest that every supported Python has."""


class OtherVersionError(Exception):
    """The worker runs another version of this program than the coordinator."""


def packed(value: object) -> bytes:
    """The bytes of a value, to be sent."""
    return pickle.dumps(value, PROTOCOL)


def packed_work(work: Work) -> bytes:
    """The bytes of what is done with each share, and of the version that is to do it."""
    return packed((__version__, packed(work)))


def unpacked_results(data: bytes) -> Results:
    """The results that `work_on` gave."""
    return cast("Results", _unpacked(data))


def hand_out(work: bytes) -> bytes:
    """The work itself, as a task: workers have it once each, and it is made again if lost."""
    return work


def work_on(work: bytes, shares: bytes) -> bytes | None:
    """Do the work for several shares; ``None`` if what they need cannot be read here.

    ``shares`` are those of `packed`, the result is for `unpacked_results`.
    """
    do = _known(work)
    try:
        complete = fetched(cast("Sequence[Share]", _unpacked(shares)))
    except InputStreamError:
        return None
    return packed([do(share) for share in complete])


def survey(location: str, path: str, expected: Stored) -> Survey | None:
    """Cut an input without its bytes; see `take_survey`."""
    return take_survey(location, path, expected)


@lru_cache(maxsize=2)
def _known(work: bytes) -> Work:
    """Unpacked once for each run, and not for each share."""
    version, data = cast("tuple[str, bytes]", _unpacked(work))
    if version != __version__:
        raise OtherVersionError(f"{__version__} instead of {version}")
    return cast("Work", _unpacked(data))


def _unpacked(data: bytes) -> object:
    return pickle.loads(data)  # noqa: S301 - from the coordinator or a worker: see the module
