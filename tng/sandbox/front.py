"""The front: an HTTP server between the AWS SDK and an emulator.

Neither emulator throttles, pages or loses a reply, and the real cloud does all of that.
The front recognises account, region and operation of each request, holds quotas, injects
the faults of a script, and records every call. It does not check signatures and knows no
emulator's inside, so it is the same before all of them.

Why not ``microburst`` (0.10), which injects AWS-shaped errors: its ``rate`` limits how
often a *fault* fires, so it has no token bucket, and none per account (it does not read
the access key); it can reset before forwarding, or cut the answer's body, but not drop a
whole answer after the work was done; its log holds the faults that fired, not the calls
that passed, which is what "no write call" and "no device twice" are proved with; and it
brings aiohttp and h2 to every user of ``tng sandbox``. Not used.

One thread serves one connection: SDKs keep connections alive, so there are as many as the
caller has threads. Measured on one core of a 2-core machine: see ``docs/sandbox.md``.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from tng.errors import ConfigurationError
from tng.sandbox import answers
from tng.sandbox.accounts import AccountBook
from tng.sandbox.faults import (
    Effect,
    Fault,
    FaultScript,
    Hook,
    LostReply,
    ServerError,
    Slow,
    Throttle,
    When,
)
from tng.sandbox.operations import Credential, Operation, read_credential, recognise
from tng.sandbox.quotas import UNLIMITED, Buckets, Quotas
from tng.sandbox.record import LOST, CallLog, CallRecord
from tng.sandbox.upstream import Upstream
from tng.sandbox.wire import Connection, Message, WireError

LOOPBACK = "127.0.0.1"


class _ConnectionLostError(Exception):
    """The script wants the caller to lose this connection."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A request and what the front knows about it."""

    time: float
    request: Message
    target: str
    account: str
    region: str
    operation: Operation


@dataclass(slots=True)
class _Course:
    """How a call is going: filled in while it is served, recorded at its end."""

    status: int = LOST
    cloud_status: int | None = None


class Front:
    """A running front; a context manager.

    ``upstream_port`` is the emulator's on the loopback. ``port`` 0 takes a free one.
    ``clock`` (seconds, monotonic) and ``sleep`` serve quotas and slow answers. Raises
    `ConfigurationError` if the port is taken.
    """

    def __init__(
        self,
        upstream_port: int,
        *,
        port: int = 0,
        quotas: Quotas = UNLIMITED,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        log: CallLog | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._upstream_port = upstream_port
        self._buckets = Buckets(quotas, clock)
        self._script = FaultScript(faults, seed)
        self._accounts = AccountBook()
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._stopping = False
        self.log = CallLog() if log is None else log
        self._listener = _listen(port)
        self._acceptor = threading.Thread(target=self._accept, name="front", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def endpoint_url(self) -> str:
        """What the SDK wants as ``endpoint_url``, for every service."""
        return f"http://{LOOPBACK}:{self.port}"

    def inject(self, *faults: Fault) -> None:
        """Append faults to the script; they count from now."""
        for fault in faults:
            self._script.add(fault)

    def limit(self, quotas: Quotas) -> None:
        """Hold other quotas from now, with full buckets."""
        self._buckets = Buckets(quotas, self._clock)

    def __enter__(self) -> "Front":
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping = True
        # Closing a listener does not wake a thread that waits in accept(); a visitor does.
        with socket.create_connection((LOOPBACK, self.port)):
            self._acceptor.join()
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                connection.abort()

    def _accept(self) -> None:
        while True:
            accepted, _ = self._listener.accept()
            if self._stopping:
                accepted.close()
                return
            connection = Connection(accepted)
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        upstream = Upstream(LOOPBACK, self._upstream_port)
        try:
            while not self._stopping:
                self._serve_one(connection, upstream)
        except _ConnectionLostError:
            connection.reset()
        except (WireError, OSError):
            # The caller went away or does not speak HTTP: nobody is left to be told.
            connection.close()
        finally:
            connection.close()
            upstream.close()
            with self._lock:
                self._connections.discard(connection)

    def _serve_one(self, connection: Connection, upstream: Upstream) -> None:
        call = self._read_call(connection.read_request())
        course = _Course()
        try:
            answer = self._answer(call, course, upstream)
            course.status = _status(answer)
        finally:
            # Before the caller knows: whoever has the answer finds the call in the log.
            self.log.add(_record(call, course))
        connection.send(answer)

    def _read_call(self, request: Message) -> _Call:
        headers = request.lower_headers()
        method, _, rest = request.start.partition(" ")
        target = rest.partition(" ")[0]
        credential: Credential = read_credential(headers.get("authorization", ""))
        operation = recognise(method, target, headers, request.body, credential.service)
        account = self._accounts.account_of(credential.access_key)
        return _Call(self._clock(), request, target, account, credential.region, operation)

    def _answer(self, call: _Call, course: _Course, upstream: Upstream) -> Message:
        """What the caller gets; raises `_ConnectionLostError` where that is nothing."""
        place = (call.account, call.region, call.operation.name)
        if call.operation.service == "iot" and not self._buckets.take(*place):
            return answers.throttled(call.operation)
        effects = self._script.effects(*place)
        instead = self._before(call, effects)
        if instead is not None:
            return instead
        try:
            answer = upstream.ask(call.request, call.account)
        except (WireError, OSError):
            return answers.bad_gateway()
        course.cloud_status = _status(answer)
        self._accounts.learn(call.operation, call.request.body, answer.body)
        self._after(effects)
        return answer

    def _before(self, call: _Call, effects: Sequence[Effect]) -> Message | None:
        for effect in effects:
            match effect:
                case Throttle():
                    return answers.throttled(call.operation)
                case ServerError(status):
                    return answers.server_error(call.operation, status)
                case LostReply(When.BEFORE):
                    raise _ConnectionLostError
                case Hook(When.BEFORE, function):
                    function()
        return None

    def _after(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Slow(seconds):
                    self._sleep(seconds)
                case LostReply(When.AFTER):
                    raise _ConnectionLostError
                case Hook(When.AFTER, function):
                    function()


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port), backlog=256)
    except OSError as error:
        raise ConfigurationError(
            f"port {port} of {LOOPBACK} cannot be used: {os.strerror(error.errno or 0)}",
            hint="choose another --port, or none for a free one",
        ) from error


def _status(answer: Message) -> int:
    text = answer.start.split(" ", 2)[1]
    return int(text) if text.isdigit() else 502


def _record(call: _Call, course: _Course) -> CallRecord:
    return CallRecord(
        time=call.time,
        account=call.account,
        region=call.region,
        operation=call.operation,
        status=course.status,
        cloud_status=course.cloud_status,
        target=call.target,
        principal=call.request.lower_headers().get("x-amzn-principal", ""),
        body=call.request.body if call.operation.service == "iot" else b"",
    )
