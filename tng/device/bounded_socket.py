"""TCP and TLS to a server under a deadline that holds in every step, with bounded reading.

Resolving a name cannot be interrupted: a thread does it that may be left behind. It is a daemon,
keeps no process alive and ends with the resolver's own time-out.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tng.device.mqtt_model import MAX_CONVERSATION_BYTES, MqttFloodError, MqttLostError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MAX_ADDRESSES = 8
"""Of one name that are tried; IoT endpoints have up to six."""

_SocketAddress = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


@dataclass(slots=True)
class Bounds:
    """What one conversation may take. ``deadline`` is a time of ``clock`` (seconds)."""

    deadline: float
    clock: Callable[[], float] = time.monotonic
    received: int = 0

    @property
    def seconds_left(self) -> float:
        """Until the deadline; 0 when it has passed."""
        return max(0.0, self.deadline - self.clock())

    def renew(self, seconds: float) -> None:
        """A new deadline, so many seconds from now; what may be received counts anew."""
        self.deadline = self.clock() + seconds
        self.received = 0

    def demand_time(self) -> float:
        """The seconds left; `TimeoutError` where there are none."""
        seconds = self.seconds_left
        if not seconds:
            raise TimeoutError("the deadline has passed")
        return seconds


class TlsEndError(Exception):
    """Carries an error of TLS past paho 2.x, which takes every `OSError` for a lost connection."""

    def __init__(self, cause: ssl.SSLError) -> None:
        super().__init__(cause)
        self.cause = cause


class BoundedSocket(ssl.SSLSocket):
    """A TLS socket of one conversation; `ssl` makes it, of the class that `keep_within` names."""

    bounds: ClassVar[Bounds]

    @classmethod
    def keep_within(cls, context: ssl.SSLContext, bounds: Bounds) -> None:
        """Let ``context`` make sockets that keep within ``bounds``."""
        context.sslsocket_class = type(cls.__name__, (cls,), {"bounds": bounds})

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the base's form
        """Agree on TLS, or close."""
        try:
            # Of a handshake the time-out bounds the whole, not each reading (CPython, `_ssl.c`).
            self.settimeout(self.bounds.demand_time())
            super().do_handshake(block)
        except OSError:
            # paho leaves it open.
            self.close()
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read, and count what was read."""
        try:
            data = super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            raise TlsEndError(error) from error
        self.bounds.received += len(data)
        if self.bounds.received > MAX_CONVERSATION_BYTES:
            raise MqttFloodError
        return data

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        """Write; a server that is gone is a lost connection."""
        try:
            return super().send(data, flags)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError as error:
            # Only ever after the handshake: TLS was agreed on, and then the server was gone.
            raise MqttLostError("the server closed the connection") from error


def open_tcp(host: str, port: int, bounds: Bounds) -> socket.socket:
    """A TCP connection to the first address that answers.

    Raises `TimeoutError` at the deadline, `socket.gaierror` for a name without addresses, and
    otherwise the `OSError` of the last address.
    """
    addresses = _resolve(host, port, bounds)
    last: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    for number, (family, address) in enumerate(addresses):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            # Each gets its share, so that one that swallows everything leaves time for others.
            connection.settimeout(bounds.demand_time() / (len(addresses) - number))
            connection.connect(address)
        except OSError as error:
            connection.close()
            last = error
        else:
            return connection
    raise last


def _resolve(host: str, port: int, bounds: Bounds) -> list[_SocketAddress]:
    answers: queue.Queue[list[_SocketAddress] | Exception] = queue.Queue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            answers.put(error)
        else:
            # Without IPv6 in the interpreter an address may be bytes, which cannot be used.
            answers.put([(item[0], item[4]) for item in found[:MAX_ADDRESSES]])  # type: ignore[misc]

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=bounds.demand_time())
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(answer, OSError):
        raise answer
    if isinstance(answer, Exception):
        # An empty or overlong label, which no resolver can be asked for.
        raise socket.gaierror(socket.EAI_NONAME, "no host name") from answer
    return answer
