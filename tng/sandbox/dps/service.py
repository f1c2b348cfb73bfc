"""The service API: operations as answers, without authorization, quota or faults."""

import datetime
from collections.abc import Callable

from tng.sandbox.dps.answers import RefusalError, bad_request, document, no_content
from tng.sandbox.dps.enrollments import MAXIMUM_BULK, Enrollments, bulk_items, page_size
from tng.sandbox.dps.requests import Request, read_object
from tng.sandbox.dps.routes import API_VERSION, Name
from tng.sandbox.dps.state import InstanceState
from tng.sandbox.wire import Message

_QUERY_BEGINNING = "select *"


def check_version(request: Request) -> None:
    """Refuse (400) what is not said in the version that is spoken here."""
    if request.query.get("api-version") != API_VERSION:
        raise bad_request(f"The api-version is missing or not {API_VERSION}")


def bulk_cost(request: Request) -> int:
    """How many enrollments a bulk operation names; 1 where that cannot be said."""
    try:
        return min(max(len(bulk_items(read_object(request.body))), 1), MAXIMUM_BULK)
    except RefusalError:
        return 1


def perform(
    name: str, request: Request, state: InstanceState, now: Callable[[], datetime.datetime]
) -> Message:
    """Do an operation. Raises `RefusalError`."""
    enrollments = Enrollments(state, now)
    match = request.headers.get("if-match")
    place = request.path[1] if len(request.path) > 1 else ""
    match name:
        case Name.PUT_ENROLLMENT:
            return document(enrollments.put(place, read_object(request.body), match))
        case Name.GET_ENROLLMENT:
            return document(enrollments.get(place))
        case Name.GET_ATTESTATION:
            return document(enrollments.attestation(place))
        case Name.GET_REGISTRATION:
            return document(enrollments.registration(place))
        case Name.RUN_BULK_OPERATION:
            return document(enrollments.bulk(read_object(request.body)))
        case Name.QUERY_ENROLLMENTS:
            return _query(enrollments, request)
        case Name.DELETE_ENROLLMENT:
            enrollments.delete(place, match)
        case Name.DELETE_REGISTRATION:
            enrollments.delete_registration(place, match)
    return no_content()


def _query(enrollments: Enrollments, request: Request) -> Message:
    said = read_object(request.body).get("query")
    if not isinstance(said, str) or not said.strip().lower().startswith(_QUERY_BEGINNING):
        raise bad_request("The query is not SELECT *")
    size = page_size(request.headers.get("x-ms-max-item-count"))
    page = enrollments.query(size, request.headers.get("x-ms-continuation"))
    headers = [("x-ms-item-type", "Enrollment"), ("x-ms-max-item-count", str(size))]
    if page.continuation is not None:
        headers.append(("x-ms-continuation", page.continuation))
    return document(page.documents, headers)
