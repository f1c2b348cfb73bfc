"""One function over several targets at once, without going deaf to Ctrl-C."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_LOOK_SECONDS = 0.1


def side_by_side(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """What ``function`` gives for each of ``items``, in order; a thread each.

    Raises what the first of them raised, after all have ended. The calling thread wakes up
    again and again: signal handlers run in the main thread alone, and a signal that comes
    just before it falls asleep, or to another thread, would be heeded only at the end.
    """
    if not items:
        return []
    with ThreadPoolExecutor(len(items), thread_name_prefix="target") as pool:
        futures = [pool.submit(function, item) for item in items]
        while wait(futures, _LOOK_SECONDS).not_done:
            pass
    return [future.result() for future in futures]
