"""Ctrl-C and SIGTERM: the first ends in good order, the second at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.apply.stopping import StopSignal

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def graceful(stop: "StopSignal") -> Iterator[None]:
    """Set ``stop`` at the first signal, leave the process at the second.

    The ledger is safe either way: what was in flight is taken up by the next run.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(ExitCode.INTERRUPTED)
        stop.set()
        # Not through a console: the signal may have come while its lock was held.
        os.write(2, b"\nfinishing the calls in flight; once more to leave at once\n")

    before = [signal.signal(number, handle) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)
