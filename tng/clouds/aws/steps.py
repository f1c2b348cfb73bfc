"""From planned calls to complete requests, and the requests that undo them. Pure."""

from tng.clouds.aws.issued import IssuedReference
from tng.clouds.aws.names import Place
from tng.clouds.aws.rates import REGISTER
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.aws.state import wanted_thing
from tng.clouds.interface import ISSUE, RegisteredDevice
from tng.csr.model import RequestedDevice
from tng.plan.models import DevicePlan, PlannableDevice, Step, certificate_of
from tng.x509.pem import to_pem

DEACTIVATE = "deactivate"
"""Subject of the UpdateCertificate that belongs to an undo."""

_UNDO_ORDER = (
    "AddThingToThingGroup",
    "AttachThingPrincipal",
    "CreateThing",
    "AttachPolicy",
    "UpdateCertificate",
    REGISTER,
    ISSUE,
)
"""The order in which what was made is unmade: nothing that is still referred to goes."""

_OF_THING = frozenset({"AttachThingPrincipal", "AddThingToThingGroup"})


def device_steps(settings: AwsSettings, place: Place, plan: DevicePlan) -> tuple[Step, ...]:
    """The steps for ``plan.calls``, in order."""
    return tuple(
        Step(operation, subject, _request(settings, place, plan, operation, subject))
        for operation, subject in plan.calls
    )


def undo_steps(place: Place, device: RegisteredDevice) -> tuple[Step, ...]:
    """The steps that undo what this tool made of ``device``, and nothing else."""
    own = _undone_certificate(device)
    arn = own.arn if isinstance(own, IssuedReference) else place.certificate_arn(own)
    steps = {
        (step.operation, step.subject): step
        for made in _UNDO_ORDER
        for operation, subject in device.steps
        if operation == made
        for step in _undo(operation, subject, device, own, arn)
    }
    return tuple(steps.values())


def left(device: RegisteredDevice) -> tuple[str, ...]:
    """What of ``device`` this tool did not make, as far as it must be there, in words.

    The certificate comes first, so that it is there where anything was made of it; a thing, where
    something was made of that.
    """
    made = {operation for operation, _ in device.steps}
    there = []
    if (made or device.is_complete) and made.isdisjoint((REGISTER, ISSUE)):
        there.append("the certificate")
    has_thing = device.is_complete or not made.isdisjoint(_OF_THING)
    if device.name and has_thing and "CreateThing" not in made:
        there.append(f"the thing {device.name}")
    return tuple(there)


def _request(
    settings: AwsSettings, place: Place, plan: DevicePlan, operation: str, subject: str
) -> dict[str, object]:
    own: str | IssuedReference = plan.key
    arn: str | IssuedReference = place.certificate_arn(plan.key)
    if isinstance(plan.device, RequestedDevice):
        own = IssuedReference(plan.key)
        arn = own.arn
    match operation:
        case "RegisterCertificateWithoutCA":
            pem = to_pem(certificate_of(plan.device).der)
            return {"certificatePem": pem, "status": settings.status}
        case "CreateCertificateFromCsr":
            return _issue_request(settings, plan.device)
        case "UpdateCertificate":
            return {"certificateId": own, "newStatus": subject}
        case "AttachPolicy":
            return {"policyName": subject, "target": arn}
        case "CreateThing":
            return _thing_request(settings, plan)
        case "AttachThingPrincipal":
            return {"thingName": plan.name, "principal": arn}
        case "AddThingToThingGroup":
            return {"thingName": plan.name, "thingGroupName": subject}
        case _:
            raise ValueError(f"{operation} is not an operation of a plan for AWS")


def _issue_request(settings: AwsSettings, device: PlannableDevice) -> dict[str, object]:
    if not isinstance(device, RequestedDevice):
        raise TypeError("only a device that asks with a request gets a certificate")
    return {
        "certificateSigningRequest": device.request.pem,
        "setAsActive": settings.status == "ACTIVE",
    }


def _thing_request(settings: AwsSettings, plan: DevicePlan) -> dict[str, object]:
    request: dict[str, object] = {"thingName": plan.name}
    if settings.thing_type:
        request["thingTypeName"] = settings.thing_type
    if settings.billing_group:
        request["billingGroupName"] = settings.billing_group
    thing = wanted_thing(settings, plan.device)
    if thing is not None and thing.attributes:
        request["attributePayload"] = {"attributes": dict(thing.attributes)}
    return request


def _undone_certificate(device: RegisteredDevice) -> str | IssuedReference:
    """The certificate's id; a reference where a call may have made one that is not known."""
    if device.certificate_id:
        return device.certificate_id
    asked = any(operation == ISSUE for operation, _ in device.steps)
    return IssuedReference(device.key) if asked else device.key


def _undo(
    operation: str,
    subject: str,
    device: RegisteredDevice,
    own: str | IssuedReference,
    arn: str | IssuedReference,
) -> list[Step]:
    match operation:
        case "AddThingToThingGroup":
            request = {"thingName": device.name, "thingGroupName": subject}
            return [Step("RemoveThingFromThingGroup", subject, request)]
        case "AttachThingPrincipal":
            return [Step("DetachThingPrincipal", subject, {"thingName": subject, "principal": arn})]
        case "CreateThing":
            return [Step("DeleteThing", subject, {"thingName": subject})]
        case "AttachPolicy":
            return [Step("DetachPolicy", subject, {"policyName": subject, "target": arn})]
        case "UpdateCertificate":
            return [_deactivation(own)]
        case _:
            deletion = Step("DeleteCertificate", "", {"certificateId": own})
            return [_deactivation(own), deletion]


def _deactivation(own: str | IssuedReference) -> Step:
    request = {"certificateId": own, "newStatus": "INACTIVE"}
    return Step("UpdateCertificate", DEACTIVATE, request)
