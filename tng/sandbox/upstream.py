"""The front's connection to the emulator: kept alive, opened again when it has gone stale.

A request is sent once only. Sending it a second time would do behind the caller's back
what these tests are about.
"""

import socket

from tng.sandbox.operations import UNKNOWN
from tng.sandbox.wire import Connection, Message

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0


class Upstream:
    """One connection at a time to the emulator; for one thread."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._connection: Connection | None = None

    def ask(self, request: Message, account: str) -> Message:
        """Send a request, return the answer. Raises `WireError` or `OSError`."""
        connection = self._fresh_connection()
        # moto takes the account from this header; ministack from the access key.
        extra = [] if account == UNKNOWN else [("x-moto-account-id", account)]
        try:
            connection.send(request, extra)
            answer, reusable = connection.read_answer()
        except BaseException:
            self.close()
            raise
        if not reusable:
            self.close()
        return answer

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _fresh_connection(self) -> Connection:
        if self._connection is not None and self._connection.is_stale():
            self.close()
        if self._connection is None:
            connected = socket.create_connection(self._address, timeout=CONNECT_SECONDS)
            connected.settimeout(ANSWER_SECONDS)
            self._connection = Connection(connected)
        return self._connection
