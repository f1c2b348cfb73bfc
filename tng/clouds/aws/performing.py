"""Making one call, and finding out what an "exists already" or "is gone" means for it."""

from base64 import b64decode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.failures import AlreadyExistsError, NotFoundError
from tng.clouds.aws.rates import REGISTER
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.aws.state import read_thing, thing_differences
from tng.clouds.aws.steps import DEACTIVATE
from tng.clouds.conflicts import read_after_conflict
from tng.clouds.interface import AttentionStep, Caller, DoneStep, RefusedError, StepResult
from tng.plan.models import Step

_UNDOING = frozenset(
    {
        "RemoveThingFromThingGroup",
        "DetachThingPrincipal",
        "DeleteThing",
        "DetachPolicy",
        "DeleteCertificate",
    }
)


def perform(api: AwsApi, caller: Caller, settings: AwsSettings, step: Step) -> StepResult:
    """Make the call of ``step`` once; raises `CloudError` siblings.

    Safe to be sent again after an unknown outcome: what is there already is compared with
    what is wanted, and what is gone already counts as undone.
    """
    if step.operation == REGISTER:
        return _register(api, caller, step)
    if step.operation == "CreateThing":
        return _create_thing(api, caller, settings, step)
    if _is_undoing(step):
        return _undo(api, step)
    api.call(step.operation, step.request)
    return DoneStep()


def _is_undoing(step: Step) -> bool:
    return step.operation in _UNDOING or step.subject == DEACTIVATE


def without_certificate(step: Step) -> StepResult:
    """The end of a step about a request's certificate, where there is none.

    It is undone already, or else a `RefusedError` is raised.
    """
    if _is_undoing(step):
        return DoneStep(already=True, note="no certificate was made")
    raise RefusedError("NoCertificate", "the request has no certificate that is known")


def certificate_id(certificate_pem: str) -> str:
    """The id that AWS will give a certificate: the lower-hex SHA-256 of its DER."""
    body = "".join(line for line in certificate_pem.splitlines() if not line.startswith("-----"))
    return sha256(b64decode(body)).hexdigest()


def _register(api: AwsApi, caller: Caller, step: Step) -> StepResult:
    expected = certificate_id(str(step.request["certificatePem"]))
    try:
        reply = api.call(step.operation, step.request)
    except AlreadyExistsError as error:
        _assert_id(error.resource_id or expected, expected)
        return _compare_status(api, caller, expected, str(step.request["status"]))
    _assert_id(str(reply.get("certificateId")), expected)
    return DoneStep()


def _compare_status(api: AwsApi, caller: Caller, key: str, wanted: str) -> StepResult:
    """A lost reply makes one's own success look like a conflict; the status tells."""
    reply = _read(api, caller, "DescribeCertificate", {"certificateId": key})
    found = str(reply["certificateDescription"]["status"])
    if found == wanted:
        return DoneStep(already=True, note="was registered already")
    return AttentionStep(f"is registered already and {found}, expected {wanted}")


def _assert_id(found: str, expected: str) -> None:
    if found != expected:
        raise RefusedError(
            "UnexpectedCertificateId", f"the cloud names it {found[:64]}, expected {expected}"
        )


def _create_thing(api: AwsApi, caller: Caller, settings: AwsSettings, step: Step) -> StepResult:
    try:
        api.call(step.operation, step.request)
    except AlreadyExistsError:
        request = {"thingName": step.request["thingName"]}
        found = read_thing(_read(api, caller, "DescribeThing", request))
        payload = step.request.get("attributePayload")
        attributes = payload["attributes"] if isinstance(payload, dict) else {}
        differences = thing_differences(settings, attributes, found)
        if differences:
            return AttentionStep("; ".join(differences))
        return DoneStep(already=True, note="the thing was there already")
    return DoneStep()


def _read(
    api: AwsApi, caller: Caller, operation: str, request: Mapping[str, object]
) -> Mapping[str, Any]:
    return read_after_conflict(lambda: caller(operation, lambda: api.call(operation, request)))


def _undo(api: AwsApi, step: Step) -> StepResult:
    try:
        api.call(step.operation, step.request)
    except NotFoundError:
        return DoneStep(already=True, note="was gone already")
    return DoneStep()
