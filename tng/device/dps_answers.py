"""The service's answers over MQTT, read with suspicion, and the result that each one means.

No connection and no waiting here. Source: the contract of device registration, API version
2019-03-31; forms that differ between sources (a disabled enrollment) are all understood.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import orjson

from tng.device.mqtt import MqttMessage
from tng.device.result import Assigned, CheckResult, Reason, Refused

_TOPIC = re.compile(r"\$dps/registrations/res/([0-9]{3})/\?(.*)", re.DOTALL)
_DEFAULT_WAIT_SECONDS = 2.0
_SHORTEST_WAIT_SECONDS = 0.25
_LONGEST_TEXT = 300
_REFUSED = 300
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: an HTTP-like status, a JSON object, and how long to wait before asking on."""

    status: int
    document: Mapping[str, object]
    retry_seconds: float


class AnswerError(Exception):
    """The service's answer is nothing that the contract knows."""


def read_answer(message: MqttMessage, request: str) -> Answer | None:
    """The answer to that request id; ``None`` for a message that is another's.

    Raises `AnswerError` where it is no JSON object.
    """
    match = _TOPIC.fullmatch(message.topic)
    parameters = _parameters(match[2]) if match else {}
    if match is None or parameters.get("$rid") != request:
        return None
    wait = _wait_seconds(parameters.get("retry-after"))
    return Answer(int(match[1]), _document(message.payload), wait)


def _parameters(query: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in query.split("&"))
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _wait_seconds(text: str | None) -> float:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 10):
        return _DEFAULT_WAIT_SECONDS
    return max(_SHORTEST_WAIT_SECONDS, float(text))


def _document(payload: bytes) -> Mapping[str, object]:
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise AnswerError("an answer that is no JSON") from error
    if not isinstance(document, dict):
        raise AnswerError("an answer that is no JSON object")
    return document


def answer_status(answer: Answer) -> object:
    """What the registration has come to; ``None`` where the answer is a refusal."""
    return answer.document.get("status") if answer.status < _REFUSED else None


def result_of(answer: Answer, registration_id: str) -> CheckResult:
    """The result of an answer that is final; `AnswerError` for one that means nothing.

    ``registration_id`` is whose registration it is about.
    """
    document = answer.document
    if answer.status == _UNAUTHORIZED:
        return _refused(Reason.NOT_AUTHORIZED, document, "the service does not know this device")
    if answer.status >= _REFUSED:
        return _refused(
            Reason.REQUEST_REFUSED, document, f"the service refuses with status {answer.status}"
        )
    state = document.get("registrationState")
    registration: Mapping[str, object] = state if isinstance(state, dict) else {}
    match answer_status(answer):
        case "assigned":
            return _assigned(registration, registration_id)
        case "disabled":
            return _refused(Reason.DISABLED, registration, "the enrollment is disabled")
        case "failed":
            return _refused(
                Reason.HUB_NOT_ASSIGNED, registration, "the service could not assign a hub"
            )
        case other:
            raise AnswerError(f"an answer with the status {_text(other)!r}")


def _assigned(registration: Mapping[str, object], registration_id: str) -> Assigned:
    hub, device_id = registration.get("assignedHub"), registration.get("deviceId")
    if not (isinstance(hub, str) and hub and isinstance(device_id, str) and device_id):
        raise AnswerError("an assignment without hub or device id")
    whose = _text(registration.get("registrationId") or registration_id)
    if whose.lower() != registration_id.lower():
        raise AnswerError(f"an assignment of {whose!r}, expected one of {registration_id!r}")
    return Assigned(_text(hub), _text(device_id), _text(registration.get("substatus")))


def _refused(reason: Reason, document: Mapping[str, object], what: str) -> Refused:
    code = document.get("errorCode")
    said = _text(document.get("message") or document.get("errorMessage"))
    return Refused(
        reason,
        f"{what}: {said}" if said else what,
        code if isinstance(code, int) else None,
        _text(document.get("trackingId")),
    )


def _text(value: object) -> str:
    return str(value)[:_LONGEST_TEXT] if isinstance(value, (str, int)) else ""
