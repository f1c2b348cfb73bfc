"""The targets that a run holds, each from the moment its account is known to the run's end.

A target is held before it is read: what two runs side by side plan from what they read would
be made twice, where the cloud does not know it for the same (`tng.clouds.interface.ISSUE`).
"""

import threading
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from tng.ledger import Ledger
from tng.plan.models import TargetDescription
from tng.plan.shard import Shard


class TargetLeases:
    """A context manager that gives all back at its end. Safe to be used by several threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._held: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def hold(self, target: TargetDescription, shard: Shard | None = None) -> None:
        """Keep other processes off the target, or off that shard of it, if it is not held yet.

        Raises `LedgerError` at once if another holds it.
        """
        with self._lock:
            if target.key not in self._held:
                self._stack.enter_context(self._ledger.hold(target, shard))
                self._held.add(target.key)
