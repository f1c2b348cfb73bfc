"""Answers of the stand-in: JSON documents, and the two forms of errors.

The service API (data plane) answers errors with ``errorCode``, ``trackingId``, ``message``
and ``timestampUtc``, and repeats the code in ``x-ms-error-code``; Azure Resource Manager with
``{"error": {"code", "message"}}``. The codes 400004, 404201, 404202, 409201 and 429001 have
been seen from the real service; the others follow their pattern and are not proven.
"""

import datetime
import json
import uuid
from collections.abc import Mapping, Sequence

from tng.sandbox.wire import Message

BAD_REQUEST = 400004
UNAUTHORIZED = 401002
FORBIDDEN = 403003
QUOTA_EXCEEDED = 403201
NOT_FOUND = 404
ENROLLMENT_NOT_FOUND = 404201
REGISTRATION_NOT_FOUND = 404202
ENROLLMENT_EXISTS = 409201
PRECONDITION_FAILED = 412201
THROTTLED = 429001

_REASONS = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    429: "Too Many Requests",
}
_CODES_BEHIND_THE_STATUS = 1000

Headers = Sequence[tuple[str, str]]


class RefusalError(Exception):
    """The service does not do what was asked; ``code`` is its own (``errorCode``).

    The HTTP status is what the code begins with.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.code if self.code < _CODES_BEHIND_THE_STATUS else self.code // 1000


class ManagementError(Exception):
    """Azure Resource Manager refuses; ``code`` is a word such as ``ResourceNotFound``."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad_request(message: str) -> RefusalError:
    """The request is not one; ``message`` says what is wrong with it."""
    return RefusalError(BAD_REQUEST, message)


def document(content: object, headers: Headers = ()) -> Message:
    """200 and a JSON document."""
    return _message(200, content, str(uuid.uuid4()), headers)


def no_content() -> Message:
    """204."""
    return Message("HTTP/1.1 204 No Content", (("x-ms-request-id", str(uuid.uuid4())),), b"")


def refusal(error: RefusalError) -> Message:
    """The service API's form of an error."""
    return service_error(error.status, error.code, error.message)


def service_error(
    status: int, code: int, message: str, retry_after: float | None = None
) -> Message:
    """An error of the service API, with ``Retry-After`` in seconds where there is one."""
    tracking = str(uuid.uuid4())
    content = {
        "errorCode": code,
        "trackingId": tracking,
        "message": message,
        "timestampUtc": timestamp(datetime.datetime.now(datetime.UTC)),
    }
    headers = [("x-ms-error-code", str(code)), *_retry_after(retry_after)]
    return _message(status, content, tracking, headers)


def management_error(error: ManagementError, retry_after: float | None = None) -> Message:
    """An error of Azure Resource Manager."""
    content = {"error": {"code": error.code, "message": error.message}}
    headers = [("x-ms-failure-cause", "gateway"), *_retry_after(retry_after)]
    return _message(error.status, content, str(uuid.uuid4()), headers)


def plain(status: int, content: Mapping[str, object]) -> Message:
    """A status and a JSON document, as the token endpoint answers."""
    return _message(status, content, str(uuid.uuid4()), ())


def timestamp(moment: datetime.datetime) -> str:
    """A moment as the service writes it: UTC, seven digits of a second."""
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def _retry_after(seconds: float | None) -> list[tuple[str, str]]:
    if seconds is None:
        return []
    return [("Retry-After", str(int(seconds) if float(seconds).is_integer() else seconds))]


def _message(status: int, content: object, identity: str, headers: Headers) -> Message:
    reason = _REASONS.get(status, "Error")
    fixed = (
        ("Content-Type", "application/json; charset=utf-8"),
        ("x-ms-request-id", identity),
    )
    return Message(
        f"HTTP/1.1 {status} {reason}", (*fixed, *headers), json.dumps(content).encode("ascii")
    )
