"""Answers that the front gives in place of the cloud, in the form the SDK parses.

The forms are those of botocore's protocols: ``rest-json`` (code in ``x-amzn-ErrorType``),
``json`` (code in ``__type``) and ``query`` (XML).
"""

import json
import uuid
from xml.sax.saxutils import escape

from tng.sandbox.operations import Operation
from tng.sandbox.wire import Message

_REASONS = {400: "Bad Request", 500: "Internal Server Error", 503: "Service Unavailable"}
_SERVER_CODES = {
    "iot": {500: "InternalFailureException", 503: "ServiceUnavailableException"},
}


def throttled(operation: Operation) -> Message:
    """The refusal of a call over the rate: 400 with the service's own throttling code.

    IoT: ``ThrottlingException``, "Rate exceeded"; STS and other query services: ``Throttling``.
    """
    code = "Throttling" if operation.protocol == "query" else "ThrottlingException"
    return _error(operation, 400, code, "Rate exceeded")


def server_error(operation: Operation, status: int) -> Message:
    """A 5xx with the service's code for it."""
    codes = _SERVER_CODES.get(operation.service, {})
    return _error(
        operation, status, codes.get(status, "InternalFailure"), "injected by the sandbox"
    )


def device_endpoint(name: str) -> Message:
    """DescribeEndpoint's answer: the host name that devices connect to."""
    body = json.dumps({"endpointAddress": name}).encode()
    return _message(200, "OK", "application/json", body)


def bad_gateway() -> Message:
    """The emulator behind the front is gone or talks nonsense."""
    body = b'{"message": "the emulator behind the sandbox does not answer"}'
    return _message(502, "Bad Gateway", "application/json", body)


def _error(operation: Operation, status: int, code: str, text: str) -> Message:
    reason = _REASONS.get(status, "Error")
    if operation.protocol == "query":
        xml = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{escape(code)}</Code><Message>{escape(text)}</Message></Error>"
            f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return _message(status, reason, "text/xml", xml.encode())
    document = {"message": text}
    if operation.protocol == "json":
        document["__type"] = code
    return _message(
        status,
        reason,
        "application/json",
        json.dumps(document).encode(),
        ("x-amzn-ErrorType", code),
    )


def _message(
    status: int, reason: str, content_type: str, body: bytes, *headers: tuple[str, str]
) -> Message:
    identity = ("x-amzn-RequestId", str(uuid.uuid4()))
    return Message(
        f"HTTP/1.1 {status} {reason}", (("Content-Type", content_type), identity, *headers), body
    )
