"""Reading what is there after a cloud said "exists already". It compares nothing."""

from collections.abc import Callable

from tng.clouds.interface import Reply, ThrottledError, TransientError


def read_after_conflict(read: Callable[[], Reply]) -> Reply:
    """What ``read`` gives, which finds out whose it is that exists already.

    Raises `CloudError` siblings, but never a `TransientError`: that would say that the step
    itself may have taken effect, and what is found at the next try would be taken for this
    tool's own, and be removed by an undo. A `ThrottledError` is tried again, too.
    """
    try:
        return read()
    except TransientError as error:
        raise ThrottledError(error.code, error.message) from error
