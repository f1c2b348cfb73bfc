"""Making one call, and finding out what "exists", "changed" or "is gone" means for it.

Nothing is overwritten that was not seen: a creation never replaces, an update replaces what
has the etag that the plan saw, a deletion what still is the certificate's.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import cast

from tng.clouds.azure.api import DpsApi, Json
from tng.clouds.azure.comparison import all_differences, certificate_difference
from tng.clouds.azure.enrollment import RemoteEnrollment, mapping, read_enrollment, text
from tng.clouds.azure.failures import (
    UNREADABLE,
    ChangedError,
    ExistsError,
    NotFoundError,
    from_status,
)
from tng.clouds.azure.rates import CREATE, DELETE, GET, UPDATE
from tng.clouds.conflicts import read_after_conflict
from tng.clouds.interface import (
    AttentionStep,
    Caller,
    CloudError,
    DoneStep,
    RefusedError,
    StepResult,
    ThrottledError,
    TransientError,
)
from tng.plan.models import Step

_THERE = DoneStep(already=True, note="was enrolled already")
_GONE = DoneStep(already=True, note="was gone already")
_READ_ONLY = frozenset(
    {"etag", "createdDateTimeUtc", "lastUpdatedDateTimeUtc", "registrationState", "iotHubHostName"}
)
"""Members that the service makes itself; the last is the older form of ``iotHubs``."""


def perform(api: DpsApi, caller: Caller, step: Step) -> StepResult:
    """Make the call of ``step`` once; raises `CloudError` siblings.

    Safe to be sent again after an unknown outcome: what is there already is compared with
    what is wanted, and what is gone already counts as undone.
    """
    match step.operation:
        case "CreateEnrollment":
            return _create(api, caller, step)
        case "UpdateEnrollment":
            return _update(api, step)
        case "DeleteEnrollment":
            return _delete(api, step)
        case _:
            raise ValueError(f"{step.operation} is none of {CREATE}, {UPDATE}, {DELETE}")


def perform_batch(api: DpsApi, steps: Sequence[Step]) -> tuple[StepResult | CloudError, ...]:
    """Create several enrollments in one call; each fares on its own."""
    reply = api.bulk_create([_document(step) for step in steps])
    errors = _bulk_errors(reply, {_id(step) for step in steps})
    return tuple(_bulk_result(api, step, errors.get(_id(step))) for step in steps)


def _create(api: DpsApi, caller: Caller, step: Step) -> StepResult:
    try:
        reply = api.put(_id(step), _document(step))
    except ExistsError:
        found = read_after_conflict(lambda: caller(GET, lambda: _read(api, _id(step))))
        return _compared(step, found)
    _check_reply(step, reply)
    return DoneStep()


def _update(api: DpsApi, step: Step) -> StepResult:
    etag = str(step.request["if_match"])
    try:
        found = _read(api, _id(step))
        if not all_differences(_document(step), _sha256(step), found):
            return _THERE
        if found["etag"] != etag:
            return _changed(step, found)
        reply = api.put(_id(step), _merged(_document(step), found["document"]), etag)
    except NotFoundError:
        return AttentionStep("the enrollment is gone since it was read")
    except ChangedError:
        return _changed(step, _read(api, _id(step)))
    _check_reply(step, reply)
    return DoneStep()


def _delete(api: DpsApi, step: Step) -> StepResult:
    try:
        found = _read(api, _id(step))
        if found["primary"] != step.subject:
            other = certificate_difference(step.subject, found)
            return AttentionStep(f"is left alone: {other or 'its certificate was replaced'}")
        if not found["etag"]:
            return AttentionStep("is left alone: without an etag, another's could be deleted")
        api.delete(_id(step), found["etag"])
    except NotFoundError:
        return _GONE
    except ChangedError as error:
        # Whose it is now is looked at when the step is tried again.
        raise TransientError(error.code, error.message) from error
    return DoneStep()


def _read(api: DpsApi, registration_id: str) -> RemoteEnrollment:
    return read_enrollment(api.get(registration_id))


def _compared(step: Step, found: RemoteEnrollment) -> StepResult:
    """A lost reply makes one's own success look like a conflict; the thumbprint tells."""
    differences = all_differences(_document(step), _sha256(step), found)
    if differences:
        return AttentionStep("is enrolled already: " + "; ".join(differences))
    return _THERE


def _changed(step: Step, found: RemoteEnrollment) -> StepResult:
    if not all_differences(_document(step), _sha256(step), found):
        return _THERE
    return AttentionStep("the enrollment was changed since it was read; plan again")


def _check_reply(step: Step, reply: Json) -> None:
    """Whatever answers must have understood which certificate for which device."""
    found, expected = read_enrollment(reply), _sha256(step)
    if found["registration_id"].lower() != _id(step) or found["primary"] != expected:
        raise RefusedError(
            "UnexpectedEnrollment",
            f"the service answers with {found['registration_id'][:64]!r} and the certificate "
            f"{found['primary'][:64] or 'none'}, expected {_id(step)!r} and {expected}",
        )


def _merged(wanted: Json, there: Json) -> dict[str, object]:
    """What is wanted, over what others have set: a PUT replaces the whole."""
    merged = {name: item for name, item in there.items() if name not in _READ_ONLY}
    twin = {**mapping(there.get("initialTwin")), **mapping(wanted.get("initialTwin"))}
    merged |= wanted
    if twin:
        merged["initialTwin"] = twin
    return merged


def _bulk_errors(reply: Json, ids: set[str]) -> dict[str, CloudError]:
    """The error of each id that failed; raises `TransientError` where that cannot be told."""
    listed = reply.get("errors")
    if not isinstance(listed, (list, type(None))):
        raise TransientError(UNREADABLE, "the answer has errors that are no list")
    errors: dict[str, CloudError] = {}
    for item in listed or ():
        error = mapping(item)
        registration_id = text(error.get("registrationId")).lower()
        if registration_id not in ids:
            raise TransientError(UNREADABLE, "the answer names a device that was not sent")
        errors[registration_id] = from_status(
            error.get("errorCode"), text(error.get("errorStatus"))
        )
    if not errors and reply.get("isSuccessful") is not True:
        raise TransientError(UNREADABLE, "the answer says neither success nor errors")
    return errors


def _bulk_result(api: DpsApi, step: Step, error: CloudError | None) -> StepResult | CloudError:
    if error is None:
        return DoneStep()
    if not isinstance(error, ExistsError):
        return error
    try:
        # Not through the engine, which could stop here: the outcomes of the others would be lost.
        return _compared(step, _read(api, _id(step)))
    except CloudError as unread:
        # Known: it was there. So it is tried again alone, as one that was never sent.
        return ThrottledError(unread.code, unread.message)


def _id(step: Step) -> str:
    return str(step.request["id"])


def _document(step: Step) -> Mapping[str, object]:
    return cast("Mapping[str, object]", step.request["enrollment"])


def _sha256(step: Step) -> str:
    """The thumbprint that the service must come to: of the certificate as it is sent."""
    attestation = mapping(_document(step).get("attestation"))
    certificates = mapping(mapping(attestation.get("x509")).get("clientCertificates"))
    pem = str(mapping(certificates.get("primary")).get("certificate"))
    body = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    return sha256(b64decode(body)).hexdigest()
