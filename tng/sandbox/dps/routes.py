"""Which operation a request is: the service API's and the management API's routes.

Service API: api-version 2021-10-01, individual enrollments and registrations only;
enrollment groups are not served. Management API: what discovery needs.
"""

from enum import StrEnum

from tng.sandbox.dps.requests import Request
from tng.sandbox.operations import UNKNOWN, Operation

API_VERSION = "2021-10-01"
SERVICE = "dps"
MANAGEMENT = "management"
_PROVIDER = ("providers", "microsoft.devices", "provisioningservices")


class Name(StrEnum):
    """Operations, as fault scripts and the log of calls name them."""

    PUT_ENROLLMENT = "CreateOrUpdateEnrollment"
    GET_ENROLLMENT = "GetEnrollment"
    DELETE_ENROLLMENT = "DeleteEnrollment"
    RUN_BULK_OPERATION = "RunBulkEnrollmentOperation"
    QUERY_ENROLLMENTS = "QueryEnrollments"
    GET_ATTESTATION = "GetAttestationMechanism"
    GET_REGISTRATION = "GetDeviceRegistrationState"
    DELETE_REGISTRATION = "DeleteDeviceRegistrationState"
    LIST_BY_SUBSCRIPTION = "ListProvisioningServicesBySubscription"
    LIST_BY_RESOURCE_GROUP = "ListProvisioningServicesByResourceGroup"
    GET_PROVISIONING_SERVICE = "GetProvisioningService"
    LIST_KEYS = "ListProvisioningServiceKeys"


def service_operation(request: Request) -> Operation:
    """The operation of the service API; its name is `UNKNOWN` where no route fits."""
    name = _BY_WORD.get((request.method, *request.path))
    if name is None and len(request.path) > 1 and request.path[1]:
        place = (request.method, request.path[0], *request.path[2:])
        name = _BY_ID.get(place)
    return Operation(SERVICE, name or UNKNOWN, "rest-json")


def management_operation(request: Request) -> Operation:
    """The operation of the management API; its paths know no case."""
    path = tuple(segment.lower() for segment in request.path)
    name = _management_name(request.method, path)
    return Operation(MANAGEMENT, name or UNKNOWN, "rest-json")


_BY_WORD = {
    ("POST", "enrollments"): Name.RUN_BULK_OPERATION,
    ("POST", "enrollments", "query"): Name.QUERY_ENROLLMENTS,
}
_BY_ID = {
    ("PUT", "enrollments"): Name.PUT_ENROLLMENT,
    ("GET", "enrollments"): Name.GET_ENROLLMENT,
    ("DELETE", "enrollments"): Name.DELETE_ENROLLMENT,
    ("POST", "enrollments", "attestationmechanism"): Name.GET_ATTESTATION,
    ("GET", "registrations"): Name.GET_REGISTRATION,
    ("DELETE", "registrations"): Name.DELETE_REGISTRATION,
}


def _management_name(method: str, path: tuple[str, ...]) -> Name | None:
    if path[:1] != ("subscriptions",):
        return None
    if path[2:] == _PROVIDER and method == "GET":
        return Name.LIST_BY_SUBSCRIPTION
    if path[2:3] != ("resourcegroups",) or path[4:7] != _PROVIDER:
        return None
    by_rest = {
        ("GET", 7, ()): Name.LIST_BY_RESOURCE_GROUP,
        ("GET", 8, ()): Name.GET_PROVISIONING_SERVICE,
        ("POST", 9, ("listkeys",)): Name.LIST_KEYS,
    }
    return by_rest.get((method, len(path), path[8:]))
