"""From planned calls to complete requests, and the requests that undo them. Pure."""

from tng.clouds.azure.rates import CREATE, DELETE, UPDATE
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.azure.wanted import wanted_document, wanted_ids
from tng.clouds.interface import RegisteredDevice
from tng.plan.models import DevicePlan, Step, certificate_of
from tng.x509.pem import to_pem


def device_steps(settings: AzureSettings, plan: DevicePlan) -> tuple[Step, ...]:
    """The steps for ``plan.calls``, in order. The subject of an update is the etag seen."""
    return tuple(_step(settings, plan, operation, subject) for operation, subject in plan.calls)


def undo_steps(device: RegisteredDevice) -> tuple[Step, ...]:
    """The deletion of an enrollment that this tool created; its subject is the certificate.

    One that was there before and was only updated is not this tool's to delete.
    """
    if not any(operation == CREATE for operation, _ in device.steps):
        return ()
    return (Step(DELETE, device.key, {"id": device.name}),)


def left(device: RegisteredDevice) -> tuple[str, ...]:
    """The enrollment of ``device``, in words, where it was there before this tool."""
    made = {operation for operation, _ in device.steps}
    is_there = device.is_complete or UPDATE in made
    return (f"the enrollment {device.name}",) if is_there and CREATE not in made else ()


def _step(settings: AzureSettings, plan: DevicePlan, operation: str, subject: str) -> Step:
    document = wanted_document(
        settings, wanted_ids(settings, plan.device), to_pem(certificate_of(plan.device).der)
    )
    request: dict[str, object] = {"id": plan.name, "enrollment": document}
    match operation:
        case "CreateEnrollment":
            return Step(CREATE, subject, request)
        case "UpdateEnrollment":
            return Step(UPDATE, subject, {**request, "if_match": subject})
        case _:
            raise ValueError(f"{operation} is not an operation of a plan for Azure DPS")
