"""The stand-in of AWS IoT Core in a process of its own: HTTP/1.1 with connections kept alive."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bench.iot_answers import IotAnswers, IotQuota, Request, Usage
from bench.stand_in import StandIn

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SCOPE = re.compile(rb"Credential=[^/]+/\d+/([^/]+)/")
_ANSWER = (
    b"HTTP/1.1 %d \r\nContent-Type: %b\r\nx-amzn-RequestId: 1\r\n%bContent-Length: %d\r\n\r\n%b"
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the stand-in has seen since it was emptied.

    ``usage`` by region and operation; ``registrations`` counts them by certificate id;
    ``connections`` is how many were open at once at most, ``cpu`` the stand-in's seconds.
    """

    usage: Mapping[tuple[str, str], Usage]
    registrations: Counter[str]
    connections: int
    cpu: float


class _Connections:
    """What all connections share."""

    def __init__(self) -> None:
        self.answers = IotAnswers(IotQuota())
        self.open = self.peak = 0
        self.cpu = time.process_time()


class _Connection(asyncio.Protocol):
    def __init__(self, shared: _Connections) -> None:
        self._shared = shared
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - narrows the type
        self._transport = transport
        self._shared.open += 1
        self._shared.peak = max(self._shared.peak, self._shared.open)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's form
        self._shared.open -= 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _LENGTH.search(head)
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < total:
                return
            body, self._received = self._received[end + 4 : total], self._received[total:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        verb, target, _ = head.split(b"\r\n", 1)[0].split(b" ", 2)
        scope = _SCOPE.search(head)
        region = scope[1].decode() if scope else ""
        request = Request(verb, target, region, body)
        status, kind, error, content = self._shared.answers.answer(request, time.monotonic())
        marked = b"x-amzn-ErrorType: %b\r\n" % error if error else b""
        if self._transport is not None:
            self._transport.write(_ANSWER % (status, kind, marked, len(content), content))


class IotProcess(StandIn):
    """A context manager: the process lives as long as the block; ``url`` is where it is."""

    def __init__(self) -> None:
        super().__init__(_serve)

    def begun(self, said: int) -> None:
        """Take the port."""
        self.url = f"http://127.0.0.1:{said}"

    def empty(self, quota: IotQuota, synthetic: int = 0) -> None:
        """Forget everything, and hold ``quota`` from now; so many certificates are there."""
        self.ask((quota, synthetic))

    def sight(self) -> Sight:
        """What it has seen until now."""
        sight: Sight = self.ask(None)
        return sight


def _serve(pipe: Connection) -> None:
    asyncio.run(_serve_until_closed(pipe))


async def _serve_until_closed(pipe: Connection) -> None:
    loop, shared, ended = asyncio.get_running_loop(), _Connections(), asyncio.Event()
    server = await loop.create_server(lambda: _Connection(shared), "127.0.0.1", 0, backlog=1024)
    loop.add_reader(pipe.fileno(), lambda: _obey(pipe, shared, ended))
    pipe.send(server.sockets[0].getsockname()[1])
    await ended.wait()
    server.close()


def _obey(pipe: Connection, shared: _Connections, ended: asyncio.Event) -> None:
    try:
        command = pipe.recv()
    except EOFError:
        ended.set()
        return
    if command is None:
        answers = shared.answers
        cpu = time.process_time() - shared.cpu
        pipe.send(Sight(answers.usage, answers.registrations, shared.peak, cpu))
        return
    quota, synthetic = command
    shared.answers = IotAnswers(quota, synthetic)
    shared.peak, shared.cpu = shared.open, time.process_time()
    pipe.send(None)
