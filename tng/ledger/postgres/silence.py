"""A connection that is given up when its server says nothing any more.

A server that is gone is TCP's to notice (`connection.connect`). One that hangs, or hangs behind a
proxy that does not, still has its connections acknowledged: libpq would wait for its answer for
ever, and the server's own timeouts are what has stopped.
"""

import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

SILENCE_SECONDS = 35.0
"""How long no octet may come or go while an answer is due: the server itself ends a statement
after 30 s (`connection.STATEMENT_SECONDS`), and says so."""

Reply = TypeVar("Reply")


class SilentServerError(psycopg.OperationalError):
    """The server has not answered, and its connection was closed."""


class WatchedConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection of which every operation ends; ``silence`` is in seconds.

    Connecting has libpq's ``connect_timeout``, and no more than that.
    """

    silence = SILENCE_SECONDS

    def wait(
        self,
        gen: PQGen[Reply],
        *arguments: Any,  # noqa: ANN401 - these are psycopg's, and differ by its version
        **options: Any,  # noqa: ANN401
    ) -> Reply:
        """Consume ``gen`` as psycopg does; raises `SilentServerError` besides."""
        return super().wait(self._heard(gen), *arguments, **options)

    def _heard(self, gen: PQGen[Reply]) -> PQGen[Reply]:
        """What ``gen`` asks for and gets, as long as it gets something now and then."""
        heard_at = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                # Nothing is ready each time psycopg looks whether it was interrupted.
                ready = yield wanted
                if ready:
                    heard_at = time.monotonic()
                elif time.monotonic() - heard_at > self.silence:
                    self.close()
                    raise SilentServerError(f"nothing came from it for {self.silence:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            reply: Reply = end.value
            return reply
