"""What can go wrong with an object, in our words and with the next step.

The clients' own exceptions end here. Their texts are not repeated, since they may quote requests;
their codes are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tng.errors import TngError, causes
from tng.storage.locations import Service, Url


class StorageError(TngError):
    """An object cannot be read or written."""


class NotFoundError(StorageError):
    """There is no such object, or no such bucket."""


class StorageSetupError(StorageError):
    """What every URL of the service needs is missing: its package, or usable credentials."""


class UnreachableError(StorageError):
    """The service cannot be spoken to, or the connection to it broke."""


class ChangedError(StorageError):
    """The object is not the one of which the beginning was read."""


_CREDENTIALS_HINT = {
    Service.S3: "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    Service.ABFS: "Set AZURE_STORAGE_CONNECTION_STRING, or run `az login`.",
}
_ACCESS_HINT = {
    Service.S3: "Allow s3:ListBucket, s3:GetObject and, for outputs, s3:PutObject.",
    Service.ABFS: "Assign Storage Blob Data Reader or, for outputs, Storage Blob Data Contributor.",
}
_NETWORK_HINT = {
    Service.S3: "Check the network, AWS_ENDPOINT_URL and AWS_DEFAULT_REGION, and run the command "
    "again.",
    Service.ABFS: "Check the network and the account's name, and run the command again.",
}

_NO_CREDENTIALS = {
    "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound",
    "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError", "NoAuthTokenError",
    "CredentialUnavailableError", "LoginRefreshRequired",
}  # fmt: skip
_NETWORK = {
    "EndpointConnectionError", "ConnectionClosedError", "ConnectTimeoutError", "ReadTimeoutError",
    "HTTPClientError", "ProxyConnectionError", "SSLError", "ResponseStreamingError",
    "IncompleteReadError", "IncompleteRead", "ClientPayloadError", "ClientConnectionError",
    "ServiceRequestError", "ServiceResponseError", "ServiceRequestTimeoutError",
    "ServiceResponseTimeoutError", "FSTimeoutError",
}  # fmt: skip
"""Classes of botocore, aiohttp and azure-core, by name: none of them need be installed."""

_TROUBLES = (
    ({"ProxyConnectionError"}, "its proxy cannot be reached"),
    ({"gaierror", "ClientConnectorDNSError"}, "the name of its host is not known"),
    ({"ConnectionRefusedError"}, "it refuses connections"),
    ({"SSLCertVerificationError"}, "its TLS certificate is not trusted"),
    ({"SSLError"}, "TLS failed"),
    (
        {"TimeoutError", "ConnectTimeoutError", "ReadTimeoutError", "FSTimeoutError"},
        "it does not answer",
    ),
)
"""What keeps from a service, by the classes that tell it; the first one that is there."""
_BROKE = "the connection to the service broke"

_CHANGED = {"FileExpired", "ResourceModifiedError"}
_CODES_OF_CHANGE = {"PreconditionFailed", "ConditionNotMet"}
_CODES_OF_ABSENCE = {
    "NoSuchKey", "NoSuchBucket", "404", "BlobNotFound", "ContainerNotFound", "ResourceNotFound",
}  # fmt: skip
_CODES_OF_CREDENTIALS = {
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "TokenRefreshRequired",
    "AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation",
}  # fmt: skip


@contextmanager
def converted(url: Url) -> Iterator[None]:
    """Raise what a client raises as the `StorageError` that tells it."""
    try:
        yield
    except TngError:
        raise
    except Exception as error:
        raise as_storage_error(error, url) from error


def as_storage_error(error: Exception, url: Url) -> StorageError:
    """What ``error``, or what lies behind it, means for the object."""
    behind = list(causes(error))
    names = {kind.__name__ for item in behind for kind in type(item).__mro__}
    codes = [code for item in behind if (code := _code(item))]
    detail = f" ({codes[0]})" if codes else ""
    shown = ascii(str(url))[1:-1]
    if names & _NO_CREDENTIALS or _CODES_OF_CREDENTIALS & set(codes) or _has_no_token(behind):
        return StorageSetupError(
            f"{shown}: no usable credentials{detail}", _CREDENTIALS_HINT[url.service]
        )
    if names & _CHANGED or _CODES_OF_CHANGE & set(codes):
        return ChangedError(f"{shown} changed while it was read", "Run the command again.")
    if "FileNotFoundError" in names or _CODES_OF_ABSENCE & set(codes):
        hint = f"Check {url.service.holder} and name."
        return NotFoundError(f"{shown} does not exist{detail}", hint)
    if names & {"PermissionError", "ClientAuthenticationError"} or "403" in codes:
        return StorageError(f"{shown}: access denied{detail}", _ACCESS_HINT[url.service])
    if names & (_NETWORK | {"ConnectionError", "TimeoutError"}):
        trouble = next((text for kinds, text in _TROUBLES if names & kinds), "")
        what = f"the service cannot be reached: {trouble}" if trouble else _BROKE
        return UnreachableError(f"{shown}: {what}", _NETWORK_HINT[url.service])
    if any(str(item).startswith("Invalid endpoint") for item in behind):
        return UnreachableError(
            f"{shown}: the address of the service is no URL", _NETWORK_HINT[url.service]
        )
    return StorageError(f"{shown}: the service refused or failed{detail}", "Run the command again.")


def _has_no_token(behind: list[BaseException]) -> bool:
    """Whether azure-identity gave up: no service was asked, so there is no response."""
    return any(
        type(item).__name__ == "ClientAuthenticationError"
        and getattr(item, "response", None) is None
        for item in behind
    )


def _code(error: BaseException) -> str:
    """The service's code of an error: a word, or a status of HTTP."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        code = response.get("Error", {}).get("Code")
    else:
        code = getattr(error, "error_code", None) or getattr(error, "status_code", None)
    text = str(getattr(code, "value", code) or "")
    return text if text.isalnum() and len(text) <= _LONGEST_CODE else ""


_LONGEST_CODE = 60
