"""What the effects of a fault script do to a call, before and after the cloud's work.

The answers that stand in for the cloud's are each cloud's own; they are given as functions.
"""

from collections.abc import Callable, Sequence

from tng.sandbox.faults import Effect, Hook, LostReply, ServerError, Slow, Throttle, When
from tng.sandbox.wire import Message


class ConnectionLostError(Exception):
    """The script wants the caller to lose this connection."""


def before(
    effects: Sequence[Effect],
    throttled: Callable[[float | None], Message],
    failed: Callable[[int], Message],
) -> Message | None:
    """The answer in place of the cloud's, if there is one.

    ``throttled`` is given the seconds of ``Retry-After``, ``failed`` a status. Raises
    `ConnectionLostError`.
    """
    for effect in effects:
        match effect:
            case Throttle(retry_after):
                return throttled(retry_after)
            case ServerError(status):
                return failed(status)
            case LostReply(When.BEFORE):
                raise ConnectionLostError
            case Hook(When.BEFORE, function):
                function()
    return None


def after(effects: Sequence[Effect], sleep: Callable[[float], None]) -> None:
    """What happens to an answer on its way. Raises `ConnectionLostError`."""
    for effect in effects:
        match effect:
            case Slow(seconds):
                sleep(seconds)
            case LostReply(When.AFTER):
                raise ConnectionLostError
            case Hook(When.AFTER, function):
                function()
