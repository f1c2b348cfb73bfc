"""Calling the fleet provisioning service: one connection that is kept, rates, and second tries.

It gives what was answered or why there is nothing, and writes nothing down.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TypeVar

from tng.apply.calls import PACE
from tng.apply.rate import Clock, RateBucket
from tng.apply.retry import RetryPolicy, system_jitter
from tng.apply.stopping import StopSignal
from tng.csr.issuing import IssuingRefused
from tng.csr.model import CertificateRequest
from tng.device.link import DeviceLink
from tng.device.mqtt_model import MqttFloodError, MqttLostError
from tng.provisioning.conversation import FleetConversation, Stage
from tng.provisioning.failures import FAILURES, Circumstances, explain_failure
from tng.provisioning.messages import CreatedCertificate, RegisteredThing, Rejection
from tng.provisioning.rejections import CREATE, REGISTER, explain, is_throttle, is_unwell

RATES = {CREATE: 20.0, REGISTER: 10.0}
"""A second and account (AWS service quotas, fleet provisioning MQTT API)."""

_IDLE_SECONDS = 30.0
"""A connection that nobody turned for longer is opened anew: the keep-alive is 60 s."""

OpenLink = Callable[[float], DeviceLink]
"""Makes a link whose deadline is so many seconds from now; nothing is connected yet."""

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class FleetService:
    """The template of one account: ``host`` is its Data-ATS endpoint, ``client_id`` who asks."""

    host: str
    template: str
    client_id: str


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """Why there is no answer. ``unknown``: the call may have taken effect all the same."""

    refused: IssuingRefused
    unknown: bool


class FleetCaller:
    """Asks one question after another; `close` it, or use it as a context manager."""

    def __init__(
        self,
        service: FleetService,
        open_link: OpenLink,
        stop: StopSignal,
        *,
        clock: Clock = time.monotonic,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._service = service
        self._open_link = open_link
        self._stop = stop
        self._clock = clock
        self._policy = policy or RetryPolicy(base=1.0)
        self._buckets = {
            name: RateBucket(PACE * rate, clock, stop.wait) for name, rate in RATES.items()
        }
        self._held = ExitStack()
        self._link: DeviceLink | None = None
        self._conversation: FleetConversation | None = None
        self._was_connected = False
        self._deadline = 0.0
        self._used_at = 0.0

    def begin(self, seconds: float) -> None:
        """A new device: everything about it has to be done in so many seconds."""
        self._deadline = self._clock() + seconds
        if self._clock() - self._used_at > _IDLE_SECONDS:
            self.close()
        if self._link is not None:
            self._link.renew(seconds)

    def close(self) -> None:
        """Give the connection up; the next question opens another."""
        self._link = self._conversation = None
        self._held.close()

    def create(
        self, request: CertificateRequest, begin: Callable[[], None]
    ) -> CreatedCertificate | NotAnswered:
        """CreateCertificateFromCsr; the certificate's key is the request's.

        ``begin`` is called when all is ready, once, right before the service is asked.
        """
        return self._call(CREATE, lambda talk: talk.create_certificate(request), begin)

    def register(
        self,
        created: CreatedCertificate,
        parameters: Mapping[str, str],
        begin: Callable[[], None],
        unlikely_name: str = "",
    ) -> RegisteredThing | NotAnswered:
        """RegisterThing, with the ownership token of that certificate; ``begin`` as above.

        ``unlikely_name`` is what `explain` tells of the device's parameters.

        A reply that is lost is asked for again with the same token, which is used up by then if
        the first question took effect: a rejection leaves that unknown.
        """
        return self._call(
            REGISTER, lambda talk: talk.register_thing(created, parameters), begin, unlikely_name
        )

    def _call(
        self,
        operation: str,
        ask: Callable[[FleetConversation], Reply | Rejection],
        begin: Callable[[], None],
        unlikely_name: str = "",
    ) -> Reply | NotAnswered:
        lost = throttles = 0
        unknown = has_begun = False
        while True:
            if not self._buckets[operation].acquire():
                return NotAnswered(_STOPPED, unknown)
            try:
                conversation = self._opened()
                if not has_begun:
                    begin()
                    has_begun = True
                reply = ask(conversation)
            except FAILURES as error:
                where = self._circumstances(operation)
                self.close()
                unknown = unknown or where.stage is Stage.ASKING
                lost += 1
                if lost == 1 and _may_try_again(error, where):
                    continue
                return NotAnswered(explain_failure(error, where), unknown)
            self._used_at = self._clock()
            if not isinstance(reply, Rejection):
                return reply
            throttles += 1
            unknown = unknown or is_unwell(reply)
            if not is_throttle(reply) or not self._waited(throttles):
                if self._stop.is_set():
                    return NotAnswered(_STOPPED, unknown)
                refused = explain(operation, reply, unlikely_name)
                # What helps against a rejection alone is wrong where an earlier question took
                # effect.
                return NotAnswered(replace(refused, hint="") if unknown else refused, unknown)

    def _opened(self) -> FleetConversation:
        if self._conversation is not None and self._conversation.stage is Stage.ASKING:
            return self._conversation
        self.close()
        link = self._held.enter_context(self._open_link(self._seconds_left))
        self._link = link
        self._conversation = FleetConversation(link, self._service.template)
        self._conversation.open()
        self._was_connected = True
        return self._conversation

    @property
    def _seconds_left(self) -> float:
        return max(0.0, self._deadline - self._clock())

    def _waited(self, throttles: int) -> bool:
        """Wait as long as a throttled service wants; false where the deadline is before that."""
        seconds = self._policy.pause(throttles, None, system_jitter)
        return seconds < self._seconds_left and not self._stop.wait(seconds)

    def _circumstances(self, operation: str) -> Circumstances:
        stage = Stage.CONNECTING if self._conversation is None else self._conversation.stage
        service = self._service
        return Circumstances(
            stage, operation, service.host, service.client_id, service.template, self._was_connected
        )


_STOPPED = IssuingRefused("interrupted", "Run the same command again.", fatal=True)


def _may_try_again(error: Exception, where: Circumstances) -> bool:
    """Whether it may have been only the connection: it had worked, and was then gone."""
    if isinstance(error, MqttFloodError):
        return False
    return where.stage is Stage.ASKING and isinstance(error, MqttLostError)
