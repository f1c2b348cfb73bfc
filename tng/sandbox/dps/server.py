"""The https server of the stand-in: service API and management API, told apart by ``Host``.

It authorizes, holds quotas, injects the faults of a script and records every call, as the
front before an AWS emulator does. One thread serves one connection. Devices speak MQTT to
another server, on the same state.
"""

import datetime
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from tng.sandbox import effects
from tng.sandbox.dps import answers, management, service
from tng.sandbox.dps.answers import ManagementError, RefusalError
from tng.sandbox.dps.authorization import Gate
from tng.sandbox.dps.identity import TokenStore
from tng.sandbox.dps.quotas import DEFAULT_QUOTA, DpsBuckets, DpsQuota
from tng.sandbox.dps.requests import Request, read_request
from tng.sandbox.dps.routes import Name, management_operation, service_operation
from tng.sandbox.dps.state import DpsState, InstanceState
from tng.sandbox.faults import Fault, FaultScript
from tng.sandbox.listener import Listener
from tng.sandbox.operations import UNKNOWN, Operation
from tng.sandbox.record import LOST, CallLog, CallRecord
from tng.sandbox.wire import Connection, ConnectionEndedError, Message, WireError

MANAGEMENT_ACCOUNT = "management"
"""The account of management calls, in fault scripts and in the log."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A request and what the server knows about it; ``state`` is ``None`` for management."""

    time: float
    request: Request
    account: str
    operation: Operation
    state: InstanceState | None


@dataclass(slots=True)
class _Course:
    """How a call is going: filled in while it is served, recorded at its end."""

    status: int = LOST
    cloud_status: int | None = None


class DpsServer:
    """A running server; a context manager.

    ``listeners`` are bound already, so that the hosts of the instances can name their ports;
    they are started and stopped here, and each serves all hosts. ``management_host`` is the
    ``Host`` of the management API. ``clock`` (seconds, monotonic) and ``sleep`` serve quotas
    and slow answers, ``now`` (seconds since the epoch) times and expiries.
    """

    def __init__(
        self,
        state: DpsState,
        listeners: Sequence[Listener],
        context: ssl.SSLContext,
        tokens: TokenStore,
        *,
        management_host: str,
        quota: DpsQuota = DEFAULT_QUOTA,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        log: CallLog | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._listeners = tuple(listeners)
        self._context = context
        self._gate = Gate(tokens, now)
        self._management_host = management_host.lower()
        self._buckets = DpsBuckets(quota, clock)
        self._script = FaultScript(faults, seed)
        self._clock = clock
        self._sleep = sleep
        self._now = lambda: datetime.datetime.fromtimestamp(now(), datetime.UTC)
        self._stopping = False
        self.log = CallLog() if log is None else log

    @property
    def port(self) -> int:
        """The first port that is listened on."""
        return self._listeners[0].port

    def inject(self, *faults: Fault) -> None:
        """Append faults to the script; they count from now."""
        for fault in faults:
            self._script.add(fault)

    def limit(self, quota: DpsQuota) -> None:
        """Hold another quota from now, with full buckets."""
        self._buckets = DpsBuckets(quota, self._clock)

    def __enter__(self) -> "DpsServer":
        for listener in self._listeners:
            listener.start(self._serve, self._context)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping = True
        for listener in self._listeners:
            listener.stop()

    def _serve(self, connection: Connection) -> None:
        goes_on = True
        while goes_on and not self._stopping:
            try:
                message = connection.read_request()
            except ConnectionEndedError:
                return
            except WireError as error:
                connection.send(answers.refusal(answers.bad_request(str(error))))
                return
            goes_on = self._serve_one(connection, read_request(message))

    def _serve_one(self, connection: Connection, request: Request) -> bool:
        """Answer a request; whether the connection is to be used again."""
        call = self._read_call(request)
        course = _Course()
        try:
            answer = self._answer(call, course)
            course.status = _status(answer)
        finally:
            # Before the caller knows: whoever has the answer finds the call in the log.
            self.log.add(_record(call, course))
        connection.send(answer)
        return request.keeps_alive

    def _read_call(self, request: Request) -> _Call:
        now = self._clock()
        if request.host == self._management_host:
            operation = management_operation(request)
            return _Call(now, request, MANAGEMENT_ACCOUNT, operation, None)
        state = self._state.by_host(request.host)
        account = UNKNOWN if state is None else state.instance.name
        return _Call(now, request, account, service_operation(request), state)

    def _answer(self, call: _Call, course: _Course) -> Message:
        """What the caller gets; raises `ConnectionLostError` where that is nothing."""
        if call.account == MANAGEMENT_ACCOUNT:
            return self._answer_management(call, course)
        try:
            return self._answer_service(call, course)
        except RefusalError as error:
            return answers.refusal(error)

    def _answer_service(self, call: _Call, course: _Course) -> Message:
        if call.state is None or call.operation.name == UNKNOWN:
            raise RefusalError(answers.NOT_FOUND, "There is nothing here.")
        service.check_version(call.request)
        self._gate.check_service(_authorization(call), call.state.instance)
        wait = self._buckets.take(call.account, self._cost(call))
        if wait is not None:
            return _throttled(wait if self._buckets.quota.retry_after else None)
        return self._process(call, course, call.state)

    def _process(self, call: _Call, course: _Course, state: InstanceState) -> Message:
        met = self._script.effects(call.account, "", call.operation.name)
        instead = effects.before(met, _throttled, _failed)
        if instead is not None:
            return instead
        try:
            answer = service.perform(call.operation.name, call.request, state, self._now)
        except RefusalError as error:
            answer = answers.refusal(error)
        course.cloud_status = _status(answer)
        effects.after(met, self._sleep)
        return answer

    def _answer_management(self, call: _Call, course: _Course) -> Message:
        name = call.operation.name
        try:
            self._gate.check_management(_authorization(call))
            met = self._script.effects(call.account, "", name)
            instead = effects.before(met, _management_throttled, _management_failed)
            if instead is not None:
                return instead
            answer = answers.document(management.answer(name, call.request, self._state))
        except ManagementError as error:
            return answers.management_error(error)
        course.cloud_status = _status(answer)
        effects.after(met, self._sleep)
        return answer

    def _cost(self, call: _Call) -> int:
        is_bulk = call.operation.name == Name.RUN_BULK_OPERATION
        if is_bulk and self._buckets.quota.bulk_costs_items:
            return service.bulk_cost(call.request)
        return 1


def _authorization(call: _Call) -> str:
    return call.request.headers.get("authorization", "")


def _throttled(retry_after: float | None) -> Message:
    text = "Operations are being throttled for this tenant."
    return answers.service_error(429, answers.THROTTLED, text, retry_after)


def _failed(status: int) -> Message:
    return answers.service_error(status, status * 1000, "injected by the sandbox")


def _management_throttled(retry_after: float | None) -> Message:
    error = ManagementError(429, "TooManyRequests", "The request is being throttled.")
    return answers.management_error(error, retry_after)


def _management_failed(status: int) -> Message:
    error = ManagementError(status, "InternalServerError", "injected by the sandbox")
    return answers.management_error(error)


def _status(answer: Message) -> int:
    return int(answer.start.split(" ", 2)[1])


def _record(call: _Call, course: _Course) -> CallRecord:
    return CallRecord(
        time=call.time,
        account=call.account,
        region="",
        operation=call.operation,
        status=course.status,
        cloud_status=course.cloud_status,
        target=call.request.target,
        principal="",
        body=call.request.body,
    )
