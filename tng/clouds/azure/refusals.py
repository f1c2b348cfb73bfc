"""What a preflight says when a service cannot be used: each with the next step."""

from tng.clouds.azure.failures import NOT_RESOLVED, NOT_TRUSTED, UNREADABLE
from tng.clouds.azure.rates import GET_SERVICE, LIST_KEYS
from tng.clouds.interface import (
    CloudError,
    RefusedError,
    TargetUnusableError,
    ThrottledError,
    TransientError,
)
from tng.errors import TargetError

ROLE = "Device Provisioning Service Data Contributor"
"""The built-in role that may read and write enrollments."""

_MANAGEMENT = (GET_SERVICE, LIST_KEYS)
_NOBODY = ("CredentialUnavailableError", "ClientAuthenticationError")
"""What azure-identity raises when it has no token; with a reply, the code is the reply's."""
_BY_CODE = {
    NOT_RESOLVED: "Correct the host name (NAME.azure-devices-provisioning.net), or check the DNS.",
    NOT_TRUSTED: "If the service has an own certificate authority, name its PEM with --ca-file.",
    UNREADABLE: "What answers there is no Device Provisioning Service: check host and proxy.",
}


def refused(operation: str, error: CloudError) -> TargetError:
    """The `TargetError` for a call of the preflight that failed."""
    text = error.message or error.code
    if error.code in _NOBODY:
        # azure-identity tells of each way it tried, over a dozen lines.
        return TargetError(
            "nobody is signed in: azure-identity found no credentials that work",
            "Sign in with az login, set the variables of azure-identity, or give a connection "
            "string.",
        )
    return TargetError(f"{operation} failed: {text} ({error.code})", _hint(operation, error))


def _hint(operation: str, error: CloudError) -> str:
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    match error:
        case TargetUnusableError() if operation in _MANAGEMENT:
            right = "list its keys" if operation == LIST_KEYS else "read it"
            return f"Sign in with az login as somebody who may {right}, or give dps_host."
        case TargetUnusableError() if error.code.startswith("403"):
            return f"Assign the role {ROLE!r}, or use a key that may write enrollments."
        case TargetUnusableError() if error.code.startswith(("401", "HTTP401")):
            return (
                "Check that the connection string is this service's and its key was not renewed; "
                "or, with --auth login, that the account is of the service's tenant."
            )
        case TargetUnusableError():
            return "Sign in with az login, or give a connection string."
        case ThrottledError():
            return "Others use the service's quota: try again later, or lower --rate."
        case TransientError():
            return "Check the network, the host and its port, then try again."
        case RefusedError():
            return "Check that the host is a Device Provisioning Service's service endpoint."
        case _:
            return "Check the target's settings, then try again."
