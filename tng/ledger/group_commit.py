"""Doing together what several threads want done at the same time.

One thread does the work of all that wait, while the next ones gather: with a commit that
takes a millisecond, sixteen threads wait for one of them and not for sixteen.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class GroupCommit(Generic[Job, Result]):
    """Takes jobs from many threads, and gives each its own result."""

    def __init__(
        self,
        work: Callable[[Sequence[Job]], Sequence[Result | Exception]],
        turn: threading.Lock,
    ) -> None:
        """``work`` does jobs, oldest first, and gives a result or an error for each.

        It is called by one thread at a time, holding ``turn``, which others may hold too.
        """
        self._work = work
        self._turn = turn
        self._gate = threading.Lock()
        self._waiting: list[_Ticket[Job, Result]] = []
        self._led = False

    def do(self, job: Job) -> Result:
        """Wait until the job is done, by this thread or another; raises its error."""
        ticket: _Ticket[Job, Result] = _Ticket(job)
        with self._gate:
            self._waiting.append(ticket)
            leads, self._led = not self._led, True
        if not leads:
            self._wait(ticket)
        if not ticket.results:
            self._lead()
        (result,) = ticket.results
        if isinstance(result, Exception):
            raise result
        return result

    def _wait(self, ticket: "_Ticket[Job, Result]") -> None:
        try:
            ticket.woken.acquire()
        except BaseException:
            # Ctrl-C in the main thread: whoever was to lead and is gone would stop all others.
            with self._gate:
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
            if ticket.woken.acquire(blocking=False) and not ticket.results:
                self._pass_on()
            raise

    def _lead(self) -> None:
        """Do what waits; then one of those that came meanwhile leads, if any did."""
        tickets: list[_Ticket[Job, Result]] = []
        try:
            with self._turn:
                with self._gate:
                    tickets, self._waiting = self._waiting, []
                results = self._work([ticket.job for ticket in tickets])
            for ticket, result in zip(tickets, results, strict=True):
                ticket.results.append(result)
        finally:
            for ticket in tickets:
                if not ticket.results:
                    ticket.results.append(RuntimeError("the thread that did it was ended"))
                ticket.woken.release()
            self._pass_on()

    def _pass_on(self) -> None:
        with self._gate:
            self._led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].woken.release()


class _Ticket(Generic[Job, Result]):
    __slots__ = ("job", "results", "woken")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.results: list[Result | Exception] = []
        """One when it is done."""
        self.woken = threading.Lock()
        self.woken.acquire()
