"""A stand-in of a cloud in a process of its own, so that its CPU time is not the client's."""

import multiprocessing
from abc import ABC, abstractmethod
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self

_READY_SECONDS = 30


class StandIn(ABC):
    """A context manager: the process lives as long as the block.

    ``serve`` is called there with one end of a pipe, first sends what `begun` is given, and
    ends when the other end is closed.
    """

    def __init__(self, serve: Callable[[Connection], None]) -> None:
        # Forked, it would begin with the devices and threads of the process that is measured.
        context = multiprocessing.get_context("spawn")
        self._pipe, self._theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=serve, args=(self._theirs,), daemon=True
        )

    def __enter__(self) -> Self:
        self._process.start()
        # Open here too, it would keep the end of the process from being noticed.
        self._theirs.close()
        if not self._pipe.poll(_READY_SECONDS):
            self._process.kill()
            raise RuntimeError(f"the stand-in did not start within {_READY_SECONDS} s")
        self.begun(self._pipe.recv())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # That its end is closed tells the process to end.
        self._pipe.close()
        self._process.join()

    @abstractmethod
    def begun(self, said: Any) -> None:  # noqa: ANN401 - each stand-in has its own
        """Take what the process says when it is ready."""

    def ask(self, command: object) -> Any:  # noqa: ANN401 - each stand-in has its own
        """Send a command, and wait for the answer."""
        self._pipe.send(command)
        return self._pipe.recv()
