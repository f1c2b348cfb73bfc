"""Just enough HTTP/1.1 for what stands between a cloud's SDK and a stand-in of the cloud.

Messages are framed by ``Content-Length``, ``chunked`` (answers only) or the end of the
connection (answers only). No trailers, no upgrade; TLS is the socket's business. Sizes are
bounded.
"""

import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass

MAXIMUM_HEAD = 64 * 1024
MAXIMUM_BODY = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_LONGEST_LENGTH = 15
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class WireError(Exception):
    """The peer does not speak the HTTP that this module knows, or went away in a message."""


class ConnectionEndedError(WireError):
    """The peer closed the connection between two messages: the normal end."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer: the first line, the headers in order, the whole body."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def lower_headers(self) -> dict[str, str]:
        """Headers by lower-case name; of repeated ones the last."""
        return {name.lower(): value for name, value in self.headers}


class Connection:
    """A socket with a read buffer."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connected
        self._buffer = b""

    def read_request(self) -> Message:
        """The next request. Raises `ConnectionEndedError`, `WireError`, `OSError`."""
        start, headers = self._read_head()
        named = {name.lower(): value for name, value in headers}
        if "transfer-encoding" in named:
            raise WireError("a chunked request is not supported")
        body = self._read_exactly(_length(named.get("content-length", "0")))
        return Message(start, headers, body)

    def read_answer(self) -> tuple[Message, bool]:
        """The next answer, and whether the connection can be used again."""
        start, headers = self._read_head()
        named = {name.lower(): value for name, value in headers}
        status = start.split(" ", 2)[1]
        reusable = start.startswith("HTTP/1.1") and named.get("connection", "").lower() != "close"
        if "chunked" in named.get("transfer-encoding", "").lower():
            body = self._read_chunks()
        elif "content-length" in named:
            body = self._read_exactly(_length(named["content-length"]))
        elif status in ("204", "304"):
            body = b""
        else:
            body, reusable = self._read_to_end(), False
        return Message(start, headers, body), reusable

    def send(self, message: Message, extra: Iterable[tuple[str, str]] = ()) -> None:
        """Send a message framed by its length; ``extra`` headers are appended."""
        kept = [pair for pair in message.headers if pair[0].lower() not in _HOP_BY_HOP]
        kept += extra
        # RFC 9110 §8.6: an answer without content (204) must not have a length.
        if message.start.split(" ", 2)[1] != "204":
            kept.append(("Content-Length", str(len(message.body))))
        head = "".join(f"{name}: {value}\r\n" for name, value in kept)
        self._socket.sendall(f"{message.start}\r\n{head}\r\n".encode("latin-1") + message.body)

    def is_stale(self) -> bool:
        """Whether the idle peer has closed, or said something nobody asked for."""
        timeout = self._socket.gettimeout()
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self._socket.settimeout(timeout)
        return True

    def reset(self) -> None:
        """Close so that the peer sees "connection reset", not an orderly end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        """Close the socket; closed already is fine."""
        self._socket.close()

    def abort(self) -> None:
        """Wake a thread that is blocked on this connection, from another thread."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _read_head(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > MAXIMUM_HEAD:
                raise WireError(f"head of a message is over {MAXIMUM_HEAD} bytes")
            received = self._socket.recv(_CHUNK)
            if not received:
                ended = WireError if self._buffer else ConnectionEndedError
                raise ended("the connection was closed")
            self._buffer += received
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        if lines[0].count(" ") < 1:
            raise WireError("a message without a proper first line")
        pairs = (line.partition(":") for line in lines[1:])
        return lines[0], tuple((name.strip(), value.strip()) for name, _, value in pairs)

    def _read_exactly(self, length: int) -> bytes:
        if length > MAXIMUM_BODY:
            raise WireError(f"body of {length} bytes, at most {MAXIMUM_BODY} are taken")
        while len(self._buffer) < length:
            self._buffer += self._receive_more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _read_line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > MAXIMUM_HEAD:
                raise WireError("a line without end")
            self._buffer += self._receive_more()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _read_chunks(self) -> bytes:
        chunks: list[bytes] = []
        total = 0
        while True:
            try:
                length = int(self._read_line().partition(b";")[0], 16)
            except ValueError as error:
                raise WireError("a chunk without a length") from error
            total += length
            if total > MAXIMUM_BODY:
                raise WireError(f"body of over {MAXIMUM_BODY} bytes")
            chunks.append(self._read_exactly(length))
            self._read_line()
            if length == 0:
                return b"".join(chunks)

    def _read_to_end(self) -> bytes:
        parts = [self._buffer]
        self._buffer = b""
        while received := self._socket.recv(_CHUNK):
            parts.append(received)
        return b"".join(parts)

    def _receive_more(self) -> bytes:
        received = self._socket.recv(_CHUNK)
        if not received:
            raise WireError("the connection was closed inside a message")
        return received


def _length(text: str) -> int:
    # `int` also takes other scripts' digits and refuses very long texts with an error.
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_LENGTH):
        raise WireError(f"Content-Length {text[:40]!r} is not a proper number")
    return int(text)
