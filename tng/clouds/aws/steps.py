"""From planned calls to complete requests, and the requests that undo them. Pure."""

from tng.clouds.aws.names import Place
from tng.clouds.aws.rates import REGISTER
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.aws.state import wanted_thing
from tng.clouds.interface import RegisteredDevice
from tng.plan.models import DevicePlan, Step
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
)
"""The order in which what was made is unmade: nothing that is still referred to goes."""


def device_steps(settings: AwsSettings, place: Place, plan: DevicePlan) -> tuple[Step, ...]:
    """The steps for ``plan.calls``, in order."""
    return tuple(
        Step(operation, subject, _request(settings, place, plan, operation, subject))
        for operation, subject in plan.calls
    )


def undo_steps(place: Place, device: RegisteredDevice) -> tuple[Step, ...]:
    """The steps that undo what this tool made of ``device``, and nothing else."""
    arn = place.certificate_arn(device.key)
    steps = {
        (step.operation, step.subject): step
        for made in _UNDO_ORDER
        for operation, subject in device.steps
        if operation == made
        for step in _undo(operation, subject, device, arn)
    }
    return tuple(steps.values())


def _request(
    settings: AwsSettings, place: Place, plan: DevicePlan, operation: str, subject: str
) -> dict[str, object]:
    arn = place.certificate_arn(plan.key)
    match operation:
        case "RegisterCertificateWithoutCA":
            return {"certificatePem": to_pem(plan.device.leaf.der), "status": settings.status}
        case "UpdateCertificate":
            return {"certificateId": plan.key, "newStatus": subject}
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


def _undo(operation: str, subject: str, device: RegisteredDevice, arn: str) -> list[Step]:
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
            return [_deactivation(device)]
        case _:
            deletion = Step("DeleteCertificate", "", {"certificateId": device.key})
            return [_deactivation(device), deletion]


def _deactivation(device: RegisteredDevice) -> Step:
    request = {"certificateId": device.key, "newStatus": "INACTIVE"}
    return Step("UpdateCertificate", DEACTIVATE, request)
