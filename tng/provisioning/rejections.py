"""What a rejection means in the user's terms, and what to do about it. Pure.

The service's codes are not documented one by one, so the words are looked at as well as the
status; what is not recognised is told in the service's own words.
"""

import re
from dataclasses import dataclass, replace

from tng.csr.issuing import IssuingRefused
from tng.provisioning.messages import Rejection

CREATE = "CreateCertificateFromCsr"
REGISTER = "RegisterThing"

NAME_HINT = (
    "Names of things have 1 to 128 letters, digits, :, _ and -: compare the device's id, and what "
    "--parameter makes of it, with that."
)

_THROTTLED, _UNWELL = 429, 500
_THROTTLE_WORDS = re.compile(r"throttl|too ?many|rate exceeded|limit ?exceeded", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Explanation:
    """One row: it is the first whose ``words`` (or ``status``) the rejection has.

    ``of_name``: a name that the thing cannot have may be the reason.
    """

    operation: str
    status: int
    words: re.Pattern[str]
    reason: str
    hint: str
    fatal: bool
    of_name: bool


def _row(
    operation: str,
    status: int,
    words: str,
    reason: str,
    hint: str,
    *,
    fatal: bool = False,
    of_name: bool = False,
) -> _Explanation:
    pattern = re.compile(words, re.IGNORECASE)
    return _Explanation(operation, status, pattern, reason, hint, fatal, of_name)


_NEVER = r"(?!)"

_TABLE = (
    _row(
        REGISTER, 0, r"ownership ?token",
        "the service does not take the ownership token: it has expired (it lives an hour) or was "
        "used before",
        "Run it again: the device gets a new certificate, AWS deletes the one that was never "
        "activated.",
    ),
    _row(
        REGISTER, 0, r"hook|allowProvisioning|lambda",
        "the template's pre-provisioning hook refuses this device",
        "The hook decides by the parameters: compare --parameter with what its function expects, "
        "and look at the function's log.",
    ),
    _row(
        REGISTER, 0, r"template.*(disabled|not (enabled|active))|disabled.*template",
        "the provisioning template is disabled",
        "Enable it: aws iot update-provisioning-template --template-name NAME --enabled",
        fatal=True,
    ),
    _row(
        REGISTER, 0, r"template.*(not found|not exist|no such|unknown)|(no|unknown).{0,20}template",
        "there is no provisioning template of that name in the account and region of the endpoint",
        "Compare --template (upper and lower case differ) with `aws iot "
        "list-provisioning-templates`, and --endpoint with the template's region.",
        fatal=True,
    ),
    _row(
        REGISTER, 404, _NEVER,
        "there is no provisioning template of that name in the account and region of the endpoint",
        "Compare --template (upper and lower case differ) with `aws iot "
        "list-provisioning-templates`, and --endpoint with the template's region.",
        fatal=True,
    ),
    _row(
        REGISTER, 0,
        r"thing ?name.{0,80}(match|pattern|constraint|invalid)|invalid.{0,20}thing ?name",
        "the name that the template makes for the thing is none that a thing can have",
        NAME_HINT,
    ),
    _row(
        REGISTER, 0, r"parameter",
        "the template's parameters are not as it wants them",
        "Give each parameter of the template that has no default: --parameter "
        "SerialNumber={device_id}; names are told apart by upper and lower case.",
        of_name=True,
    ),
    _row(
        REGISTER, 0, r"role|assume|polic|ResourceRegistrationFailure",
        "the template itself cannot be carried out: its role, or something that it names",
        "Look at the template's role (it needs AWSIoTThingsRegistration), policies and groups.",
        fatal=True, of_name=True,
    ),
    _row(
        REGISTER, 403, _NEVER,
        "the service refuses this device: the template's pre-provisioning hook says no, or the "
        "template may not be used with this claim",
        "Look at the log of the hook's function; the claim's policy must allow iot:Publish on "
        "$aws/provisioning-templates/NAME/provision/*.",
    ),
    _row(
        CREATE, 0, r"csr|signing ?request",
        "the service does not take the certificate request",
        "It takes RSA of 2048 bits or more and P-256, P-384, P-521, signed with SHA-2.",
    ),
    _row(
        CREATE, 403, _NEVER,
        "the claim certificate may not ask for certificates",
        "Its policy must allow iot:Publish on $aws/certificates/create-from-csr/*.",
        fatal=True,
    ),
)  # fmt: skip


def is_unwell(rejection: Rejection) -> bool:
    """Whether the service itself failed: how far it had come with the request is not known."""
    return rejection.status >= _UNWELL


def is_throttle(rejection: Rejection) -> bool:
    """Whether waiting helps: too many requests, or a service that is unwell for the moment."""
    if rejection.status == _THROTTLED or is_unwell(rejection):
        return True
    return _THROTTLE_WORDS.search(f"{rejection.code} {rejection.message}") is not None


def explain(operation: str, rejection: Rejection, unlikely_name: str = "") -> IssuingRefused:
    """The rejection of that operation, explained; ends with the service's own words.

    ``unlikely_name`` says what of this device can be no thing's name: if the template calls things
    by it, that is why, and other devices need not meet it.
    """
    words = f"{rejection.code} {rejection.message}"
    if is_throttle(rejection):
        return IssuingRefused(
            f"{operation}: the service asks to be left alone for a while ({rejection.text})",
            "Run it again later, or ask for a higher quota of fleet provisioning.",
        )
    for row in _TABLE:
        if row.operation == operation and (
            row.words.search(words) or (row.status and row.status == rejection.status)
        ):
            refused = IssuingRefused(
                f"{operation}: {row.reason} ({rejection.text})", row.hint, row.fatal
            )
            return _named(refused, unlikely_name if row.of_name else "")
    refused = IssuingRefused(
        f"{operation} was rejected: {rejection.text}",
        "Look the error code up in the AWS IoT developer guide, Device provisioning MQTT API.",
    )
    return _named(refused, unlikely_name if operation == REGISTER else "")


def _named(refused: IssuingRefused, unlikely_name: str) -> IssuingRefused:
    if not unlikely_name:
        return refused
    hint = f"If the template names the thing so: {unlikely_name}. {NAME_HINT} {refused.hint}"
    return replace(refused, hint=hint, fatal=False)
