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

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import parse_qs

from tng.sandbox import answers, effects
from tng.sandbox.accounts import AccountBook
from tng.sandbox.faults import Fault, FaultScript
from tng.sandbox.listener import LOOPBACK, Listener
from tng.sandbox.operations import Credential, Operation, read_credential, recognise
from tng.sandbox.quotas import UNLIMITED, Buckets, Quotas
from tng.sandbox.record import LOST, CallLog, CallRecord
from tng.sandbox.upstream import Upstream
from tng.sandbox.wire import Connection, Message, WireError

_DEVICE_ENDPOINT = "iot:Data-ATS"


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
    ``endpoint`` names the devices' endpoint of an account in a region; without it the
    emulator answers DescribeEndpoint, each in its own way.
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
        endpoint: Callable[[str, str], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._upstream_port = upstream_port
        self._buckets = Buckets(quotas, clock)
        self._script = FaultScript(faults, seed)
        self._accounts = AccountBook()
        self._endpoint = endpoint
        self._clock = clock
        self._sleep = sleep
        self.log = CallLog() if log is None else log
        self._listener = Listener(port)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._listener.port

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
        self._listener.start(self._serve)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.stop()

    def _serve(self, connection: Connection) -> None:
        upstream = Upstream(LOOPBACK, self._upstream_port)
        try:
            while not self._listener.stopping:
                self._serve_one(connection, upstream)
        finally:
            upstream.close()

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
        """What the caller gets; raises `ConnectionLostError` where that is nothing."""
        place = (call.account, call.region, call.operation.name)
        if call.operation.service == "iot" and not self._buckets.take(*place):
            return answers.throttled(call.operation)
        met = self._script.effects(*place)
        instead = effects.before(
            met,
            lambda _: answers.throttled(call.operation),
            lambda status: answers.server_error(call.operation, status),
        )
        if instead is not None:
            return instead
        try:
            answer = self._endpoint_answer(call) or upstream.ask(call.request, call.account)
        except (WireError, OSError):
            return answers.bad_gateway()
        course.cloud_status = _status(answer)
        self._accounts.learn(call.operation, call.request.body, answer.body)
        effects.after(met, self._sleep)
        return answer

    def _endpoint_answer(self, call: _Call) -> Message | None:
        """The answer to who asks for the devices' endpoint, where it is the gateway's."""
        if self._endpoint is None or not _asks_for_devices(call):
            return None
        return answers.device_endpoint(self._endpoint(call.account, call.region))


def _asks_for_devices(call: _Call) -> bool:
    if call.operation.name != "DescribeEndpoint":
        return False
    query = parse_qs(call.target.partition("?")[2])
    return query.get("endpointType") == [_DEVICE_ENDPOINT]


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
