"""One registration at Azure's Device Provisioning Service, as a device makes it.

Connects, subscribes, registers and asks until there is an end or the deadline has come. It
changes no enrollment, but the service notes that the device has registered, and its hub gets
to know it: that is what is tried. Source: Azure, "Communicate with DPS using MQTT".
"""

import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote
from uuid import uuid4

import orjson

from tng.device.addresses import read_address
from tng.device.dps_answers import Answer, AnswerError, answer_status, read_answer, result_of
from tng.device.identity import DeviceIdentity
from tng.device.mqtt import (
    MqttConversation,
    MqttDeadlineError,
    MqttFloodError,
    MqttLostError,
    MqttPeer,
    MqttRefusedError,
)
from tng.device.result import CheckResult, Reason, Refused, Unfinished, Unreached
from tng.errors import UsageError

GLOBAL_HOST = "global.azure-devices-provisioning.net"
DEVICE_PORT = 8883
API_VERSION = "2019-03-31"
"""What the current device SDKs register with."""

_RESPONSES = "$dps/registrations/res/#"
_REGISTER = "$dps/registrations/PUT/iotdps-register/?$rid={request}"
_STATUS = (
    "$dps/registrations/GET/iotdps-get-operationstatus/?$rid={request}&operationId={operation}"
)
_SCOPE = re.compile(r"[0-9A-Za-z]{1,64}")
_MAX_OPERATION_ID = 512
"""Seen: 57 characters."""
_GRACE_SECONDS = 0.3
"""For the conversation to say itself, a moment before it is given up, where it stood."""

_THROTTLED, _UNWELL = 429, 500


@dataclass(frozen=True, slots=True)
class ProvisioningService:
    """Where to register. Raises `UsageError` for an id scope that cannot be one."""

    id_scope: str
    host: str = GLOBAL_HOST
    port: int = DEVICE_PORT

    def __post_init__(self) -> None:
        if not _SCOPE.fullmatch(self.id_scope):
            raise UsageError(
                f"{self.id_scope!r} is no id scope",
                "It is on the service's overview page and looks like 0ne00012345.",
            )

    @classmethod
    def at(cls, id_scope: str, address: str) -> "ProvisioningService":
        """The service at ``HOST[:PORT]``; see `tng.device.addresses`."""
        hint = f"Say {GLOBAL_HOST}"
        return cls(id_scope, *read_address(address, default_port=DEVICE_PORT, hint=hint))


def check_registration(
    identity: DeviceIdentity,
    service: ProvisioningService,
    context: ssl.SSLContext,
    *,
    timeout_seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> CheckResult:
    """Register once and say what came of it, within ``timeout_seconds`` whatever happens.

    ``context`` is `tng.device.identity.client_context`'s and serves this call only. The
    conversation runs in a thread, which is left behind should it hang all the same.
    """
    attempt = _Attempt(identity, service, context, clock() + timeout_seconds, clock)
    results: queue.Queue[CheckResult] = queue.Queue()
    threading.Thread(target=lambda: results.put(attempt.run()), daemon=True).start()
    try:
        return results.get(timeout=timeout_seconds + _GRACE_SECONDS)
    except queue.Empty:
        return attempt.out_of_time()


@dataclass(slots=True)
class _Attempt:
    identity: DeviceIdentity
    service: ProvisioningService
    context: ssl.SSLContext
    deadline: float
    clock: Callable[[], float]
    reason: Reason = Reason.NO_CONNECTION
    waits_for: str = "a connection"

    def run(self) -> CheckResult:
        """The conversation, with everything that may end it turned into a result."""
        place = f"{self.service.host}:{self.service.port}"
        try:
            return self._converse()
        except MqttDeadlineError:
            return self.out_of_time()
        except MqttRefusedError as error:
            return Refused(Reason.CONNECT_REFUSED, f"{place}: {error}")
        except (MqttFloodError, AnswerError) as error:
            return Unreached(Reason.SERVER_MISBEHAVES, f"{place}: {error}")
        except MqttLostError as error:
            return Unfinished(Reason.CONNECTION_LOST, f"{place}: {error}")
        except OSError as error:
            return _unreached(place, error)

    def out_of_time(self) -> Unfinished:
        """What was being waited for when the deadline came."""
        return Unfinished(self.reason, f"no end by the deadline: waited for {self.waits_for}")

    def _converse(self) -> CheckResult:
        registration_id = self.identity.registration_id
        username = f"{self.service.id_scope}/registrations/{registration_id}/api-version="
        peer = MqttPeer(
            self.service.host, self.service.port, registration_id, username + API_VERSION
        )
        with MqttConversation(peer, self.context, self.deadline, self.clock) as talk:
            talk.connect()
            self._wait_for(Reason.SILENT, "the subscription to be granted")
            talk.subscribe(_RESPONSES)
            answer = self._register(talk)
            operation = answer.document.get("operationId")
            while answer_status(answer) == "assigning":
                self._wait_for(Reason.STILL_ASSIGNING, "a hub, the device is still assigning")
                answer = self._ask_again(talk, answer, operation)
            return result_of(answer, registration_id)

    def _register(self, talk: MqttConversation) -> Answer:
        body = orjson.dumps({"registrationId": self.identity.registration_id})
        self._wait_for(Reason.SILENT, "the answer to the registration")
        while True:
            answer = _exchange(talk, _REGISTER, body)
            if not self._must_wait(talk, answer):
                return answer

    def _ask_again(self, talk: MqttConversation, answer: Answer, operation: object) -> Answer:
        if not (isinstance(operation, str) and 0 < len(operation) <= _MAX_OPERATION_ID):
            raise AnswerError("an answer without a usable operation id")
        talk.wait(answer.retry_seconds)
        while True:
            answer = _exchange(talk, _STATUS, b" ", operation)
            if not self._must_wait(talk, answer):
                return answer

    def _must_wait(self, talk: MqttConversation, answer: Answer) -> bool:
        """Whether to try again, after having waited for as long as was asked."""
        if answer.status == _THROTTLED:
            self._wait_for(Reason.THROTTLED, "the service, which answers that calls come too fast")
        elif answer.status >= _UNWELL:
            self._wait_for(Reason.SERVICE_UNWELL, f"the service, which answers {answer.status}")
        else:
            return False
        talk.wait(answer.retry_seconds)
        if not talk.seconds_left:
            raise MqttDeadlineError
        return True

    def _wait_for(self, reason: Reason, what: str) -> None:
        self.reason, self.waits_for = reason, what


def _exchange(talk: MqttConversation, topic: str, body: bytes, operation: str = "") -> Answer:
    request = str(uuid4())
    talk.publish(topic.format(request=request, operation=quote(operation, safe="")), body)
    while True:
        answer = read_answer(talk.receive(), request)
        if answer is not None:
            return answer


def _unreached(place: str, error: OSError) -> CheckResult:
    match error:
        case socket.gaierror():
            return Unreached(Reason.HOST_UNRESOLVED, f"{place}: the name cannot be resolved")
        case ssl.SSLCertVerificationError():
            said = f"{place}: its certificate is not trusted: {error.verify_message}"
            return Unreached(Reason.SERVER_UNTRUSTED, said)
        case ssl.SSLError():
            said = f"{place}: TLS failed: {error.reason or error}"
            if "ALERT" in (error.reason or ""):
                return Refused(Reason.TLS_REFUSED, said)
            return Unreached(Reason.SERVER_MISBEHAVES, said)
        case TimeoutError():
            return Unfinished(Reason.NO_CONNECTION, f"{place}: no connection in time")
        case _:
            return Unreached(Reason.HOST_UNREACHABLE, f"{place}: {error.strerror or error}")
