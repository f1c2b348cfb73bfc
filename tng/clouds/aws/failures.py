"""What botocore raises, turned into the errors that the engine understands."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)
from botocore.parsers import ResponseParserError

from tng.clouds.interface import (
    CloudError,
    RefusedError,
    TargetUnusableError,
    ThrottledError,
    TransientError,
)

_UNREADABLE_REPLIES = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What botocore raises beside its own errors where an answer is JSON of another form."""

CONVERTED = (BotoCoreError, ClientError, ResponseParserError, *_UNREADABLE_REPLIES)
"""Everything that a call through botocore raises."""

UNREADABLE = "UnreadableReply"
"""The code of an answer that makes no sense."""

MAX_MESSAGE = 300
"""Characters kept of a message that a cloud, or something posing as it, sent."""

_THROTTLES = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
    }
)
_UNUSABLE = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnauthorizedException",
        "UnrecognizedClientException",
    }
)
_SIGNATURES = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException"})
"""Their messages repeat the signed request, session token and all: never shown."""

_TRANSIENT = frozenset(
    {
        "ConflictingResourceUpdateException",
        "InternalException",
        "InternalFailure",
        "InternalFailureException",
        "InternalServerError",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
_DETACHING = frozenset(
    {"CertificateStateException", "DeleteConflictException", "InvalidRequestException"}
)
"""What a delete meets while AWS is still detaching (API reference, DetachThingPrincipal:
"this call is asynchronous"): it goes away by itself."""


class AlreadyExistsError(RefusedError):
    """409: the resource is there; ``resource_id`` names it where the cloud said so."""

    def __init__(self, code: str, message: str, resource_id: str | None) -> None:
        super().__init__(code, message)
        self.resource_id = resource_id


class NotFoundError(RefusedError):
    """404: the resource is not there."""


def converted(operation: str, error: Exception) -> CloudError:
    """The `CloudError` sibling that says what ``error`` means for the engine."""
    if isinstance(error, ClientError):
        return _from_reply(operation, error)
    code, message = type(error).__name__, clean(str(error))
    if isinstance(error, (BotoConnectionError, HTTPClientError, ResponseParserError)):
        return TransientError(code, message)
    if isinstance(
        error,
        (
            NoCredentialsError,
            PartialCredentialsError,
            CredentialRetrievalError,
            TokenRetrievalError,
            ProfileNotFound,
            SSOError,
        ),
    ):
        return TargetUnusableError(code, message)
    if isinstance(error, ParamValidationError):
        return RefusedError(code, message)
    if not isinstance(error, BotoCoreError):
        # The call may have taken effect; only its answer makes no sense.
        return TransientError(UNREADABLE, f"{code} reading the answer")
    return TargetUnusableError(code, message)


def _from_reply(operation: str, error: ClientError) -> CloudError:
    details = error.response.get("Error", {})
    code = str(details.get("Code") or "Unknown")
    message = "" if code in _SIGNATURES else clean(str(details.get("Message") or ""))
    metadata = error.response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 0)
    if code in _THROTTLES or status == 429:
        return ThrottledError(code, message, _retry_after(metadata.get("HTTPHeaders", {})))
    if code in _UNUSABLE:
        return TargetUnusableError(code, message)
    if code == "ResourceAlreadyExistsException":
        resource = error.response.get("resourceId")
        return AlreadyExistsError(code, message, resource if isinstance(resource, str) else None)
    if code == "ResourceNotFoundException":
        return NotFoundError(code, message)
    if code in _TRANSIENT or status >= 500:
        return TransientError(code, message)
    if operation.startswith("Delete") and code in _DETACHING:
        return TransientError(code, message)
    return RefusedError(code, message)


def _retry_after(headers: object) -> float | None:
    text = headers.get("retry-after") if isinstance(headers, dict) else None
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None


def clean(text: str) -> str:
    """One printable line of bounded length."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(line.split())[:MAX_MESSAGE]
