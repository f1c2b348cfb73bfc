"""What the SDKs raise, turned into the errors that the engine understands.

Texts of a service are shown bounded and printable, with its tracking id and without anything
that looks like a signature or a token. Statuses: service API 2021-10-01, as recorded.
"""

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from socket import gaierror
from typing import NamedTuple

from azure.core.exceptions import AzureError, ClientAuthenticationError
from urllib3.exceptions import HTTPError

from tng.clouds.interface import (
    CloudError,
    RefusedError,
    TargetUnusableError,
    ThrottledError,
    TransientError,
)

CONVERTED = (
    AzureError,
    HTTPError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    RecursionError,
)
"""What a call through the SDKs raises.

Beside its own errors: the SDK lets those of `requests` and of reading through where an answer
is not what it should be (a length that is no number, an unknown charset, a list for an object,
JSON without end).
"""

MAX_MESSAGE = 300
"""Characters kept of a message that a cloud, or something posing as it, sent."""

NOT_TRUSTED, NOT_RESOLVED, UNREADABLE = (
    "CertificateNotTrusted",
    "NameNotResolved",
    "UnreadableReply",
)

_MAX_ERROR_BODY = 64 * 1024
_MAX_CAUSES = 20
_CODE = re.compile(r"[\w.-]{1,64}", re.ASCII)
_SECRETS = re.compile(r"(?i)\b(SharedAccess\w*|sig|Bearer|token)\s*[=: ]\s*\S+")
_FULL = re.compile(r"(?i)\b(limit|quota|maximum number)\b")


class ExistsError(RefusedError):
    """409: an enrollment of that id is there."""


class NotFoundError(RefusedError):
    """404, and it is the service that says so."""


class ChangedError(RefusedError):
    """412: the enrollment is not the one whose etag was sent."""


class _Reply(NamedTuple):
    """What an error's reply says; ``known`` where it has the form of the service's errors."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str]
    known: bool


def converted(error: Exception) -> CloudError:
    """The `CloudError` sibling that says what ``error`` means for the engine."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(status, int) and status >= 300:
        reply = _read_reply(status, response)
        if isinstance(error, ClientAuthenticationError) and status < 500 and status != 429:
            return TargetUnusableError(reply.code, reply.message or clean(str(error)))
        return _from_reply(reply)
    if isinstance(error, ClientAuthenticationError):
        return TargetUnusableError(type(error).__name__, clean(str(error)))
    if isinstance(status, int) or not isinstance(error, (AzureError, HTTPError, OSError)):
        # The call may have taken effect; only its answer makes no sense.
        return TransientError(UNREADABLE, clean(f"{type(error).__name__} reading the answer"))
    return _from_connection(error)


def from_status(code: object, message: str) -> CloudError:
    """What an item of a bulk operation met: its error code begins with an HTTP status."""
    known = _code(code)
    status = int(known[:3]) if known[:3].isdigit() else 0
    return _from_reply(_Reply(status, known or UNREADABLE, clean(message), {}, known=True))


def clean(text: str) -> str:
    """One printable line of bounded length, without secrets."""
    line = "".join(character if character.isprintable() else " " for character in text[:4096])
    return " ".join(_SECRETS.sub("…", line).split())[:MAX_MESSAGE]


def _from_reply(reply: _Reply) -> CloudError:
    code, message = reply.code, reply.message
    match reply.status:
        case 429:
            return ThrottledError(code, message, _retry_after(reply.headers))
        case 403 if _FULL.search(message):
            return RefusedError(code, message)
        case 401 | 403:
            return TargetUnusableError(code, message)
        case 404 if reply.known:
            return NotFoundError(code, message)
        case 409 if reply.known:
            return ExistsError(code, message)
        case 412:
            return ChangedError(code, message)
        case 408:
            return TransientError(code, message)
        case status if status >= 500:
            return TransientError(code, message)
        case _:
            return RefusedError(code, message)


def _from_connection(error: Exception) -> CloudError:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return TargetUnusableError(NOT_TRUSTED, clean(cause.verify_message))
        if isinstance(cause, gaierror):
            return TransientError(NOT_RESOLVED, clean(str(cause.strerror)))
    return TransientError(type(error).__name__, clean(str(causes[-1]) or str(error)))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised for, each of the libraries in its own way."""
    following: list[object] = [error]
    seen: set[int] = set()
    while following and len(seen) < _MAX_CAUSES:
        current = following.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = (getattr(current, name, None) for name in ("inner_exception", "reason"))
        following += [*inner, *current.args, current.__cause__, current.__context__]


def _read_reply(status: int, response: object) -> _Reply:
    headers = {
        str(name).lower(): str(value)
        for name, value in dict(getattr(response, "headers", None) or {}).items()
    }
    body = _body(response)
    inner = body.get("error")
    if isinstance(inner, dict):
        body = inner  # Resource Manager's form.
    code = _code(body.get("errorCode", body.get("code"))) or _code(headers.get("x-ms-error-code"))
    message = clean(str(body.get("message") or getattr(response, "reason", "") or ""))
    tracking = _code(body.get("trackingId"))
    if tracking:
        message = f"{message} (tracking id {tracking})"
    return _Reply(status, code or f"HTTP{status}", message, headers, known=bool(code))


def _body(response: object) -> dict[str, object]:
    try:
        text = getattr(response, "text", None)
        content = text() if callable(text) else ""
        body = json.loads(content) if len(content) <= _MAX_ERROR_BODY else None
    except (ValueError, TypeError, LookupError, RecursionError, AzureError):
        return {}
    return body if isinstance(body, dict) else {}


def _code(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return ""
    text = str(value)
    return text if _CODE.fullmatch(text) else ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, as large as they may be: RFC 9110 §10.2.3 allows seconds and a date."""
    text = headers.get("retry-after")
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
            seconds = (moment - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if isfinite(seconds) else None
