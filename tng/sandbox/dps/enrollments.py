"""What the service does with enrollments: create-only writes, etags, bulk operations, pages.

Works on an `InstanceState` and documents alone: no HTTP, no authorization, no quota.
Refusals are `RefusalError`. Sources: the service contract (2021-10-01) and recorded traffic
(2023-05); what is not proven: that ``update`` of something missing is 404, and the bounds of
a page.
"""

import base64
import binascii
import datetime
import heapq
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tng.sandbox.dps.answers import (
    ENROLLMENT_EXISTS,
    ENROLLMENT_NOT_FOUND,
    PRECONDITION_FAILED,
    QUOTA_EXCEEDED,
    REGISTRATION_NOT_FOUND,
    RefusalError,
    bad_request,
    timestamp,
)
from tng.sandbox.dps.documents import Json, Wanted, check_registration_id, read_enrollment
from tng.sandbox.dps.state import Enrollment, InstanceState

MAXIMUM_BULK = 10
MAXIMUM_PAGE = 1000
DEFAULT_PAGE = 100
_LONGEST_NUMBER = 9
_ANY = "*"
_UNASSIGNED = "unassigned"

Now = Callable[[], datetime.datetime]


@dataclass(frozen=True, slots=True)
class Page:
    """Some enrollments, and the token with which to ask for the next ones."""

    documents: tuple[Json, ...]
    continuation: str | None


class Enrollments:
    """The operations on one instance's enrollments; safe for threads."""

    def __init__(self, state: InstanceState, now: Now) -> None:
        self._state = state
        self._now = now

    def put(self, registration_id: str, content: Mapping[str, object], match: str | None) -> Json:
        """Create; with ``match`` (an etag or ``*``), replace. The answer has no state."""
        wanted = read_enrollment(content, self._state.instance)
        if wanted.registration_id.lower() != check_registration_id(registration_id).lower():
            raise bad_request("The registration ids in path and body differ")
        with self._state.lock:
            if match is None:
                return self._create(wanted)
            return self._replace(self._matching(registration_id, match), wanted)

    def get(self, registration_id: str) -> Json:
        """An enrollment and its registration state."""
        with self._state.lock:
            enrollment = self._find(registration_id)
            state = enrollment.registration or {
                "registrationId": enrollment.registration_id,
                "status": _UNASSIGNED,
            }
            return enrollment.document | {"registrationState": dict(state)}

    def delete(self, registration_id: str, match: str | None) -> None:
        """Delete an enrollment and what a device made of it."""
        with self._state.lock:
            self._matching(registration_id, match or _ANY)
            del self._state.enrollments[registration_id.lower()]

    def attestation(self, registration_id: str) -> object:
        """How the device proves itself."""
        with self._state.lock:
            return self._find(registration_id).document["attestation"]

    def registration(self, registration_id: str) -> Json:
        """What a device that has registered has become."""
        with self._state.lock:
            return dict(_registration(self._find(registration_id, REGISTRATION_NOT_FOUND)))

    def delete_registration(self, registration_id: str, match: str | None) -> None:
        """Forget that a device has registered; its enrollment stays."""
        with self._state.lock:
            enrollment = self._find(registration_id, REGISTRATION_NOT_FOUND)
            _check_etag(_registration(enrollment).get("etag"), match or _ANY)
            enrollment.registration = enrollment.operation = None

    def query(self, size: int, continuation: str | None) -> Page:
        """A page of all enrollments in the order of their ids, without their states."""
        after = "" if continuation is None else _read_continuation(continuation)
        with self._state.lock:
            rest = (key for key in self._state.enrollments if key > after)
            keys = heapq.nsmallest(size + 1, rest)
            documents = tuple(self._state.enrollments[key].document for key in keys[:size])
        more = len(keys) > size
        return Page(documents, _continuation(keys[size - 1]) if more else None)

    def bulk(self, content: Mapping[str, object]) -> Json:
        """Do the same with at most 10 enrollments; each fares on its own."""
        if content.keys() - {"mode", "enrollments"}:
            raise bad_request("A bulk operation has a mode and enrollments only")
        items = bulk_items(content)
        if not items or len(items) > MAXIMUM_BULK:
            raise bad_request(f"A bulk operation takes 1 to {MAXIMUM_BULK} enrollments")
        act = self._bulk_modes().get(str(content.get("mode")))
        if act is None:
            raise bad_request("The mode of the bulk operation is not valid")
        objects = [item for item in items if isinstance(item, dict)]
        if len(objects) != len(items):
            raise bad_request("An enrollment of the bulk operation is not an object")
        errors = [error for item in objects if (error := _tried(act, item)) is not None]
        return {"errors": errors, "isSuccessful": not errors}

    def _bulk_modes(self) -> Mapping[str, Callable[[Mapping[str, object]], object]]:
        return {
            "create": lambda item: self.put(_id_of(item), item, None),
            "update": self._bulk_update,
            "updateIfMatchETag": lambda item: self.put(_id_of(item), item, _etag_of(item) or ""),
            "delete": lambda item: self.delete(_id_of(item), _etag_of(item)),
        }

    def _bulk_update(self, item: Mapping[str, object]) -> object:
        etag = _etag_of(item)
        with self._state.lock:
            if etag is None:
                # Recorded: an update that brings no etag is taken for a creation.
                self._find(_id_of(item))
                raise _exists()
            return self.put(_id_of(item), item, etag)

    def _create(self, wanted: Wanted) -> Json:
        key = wanted.registration_id.lower()
        if key in self._state.enrollments:
            raise _exists()
        if len(self._state.enrollments) >= self._state.instance.capacity:
            raise RefusalError(QUOTA_EXCEEDED, "The limit of enrollments has been reached.")
        document = wanted.document | self._stamps(None)
        self._state.enrollments[key] = Enrollment(wanted.registration_id, document, wanted.sha256)
        self._state.creations[key] += 1
        return document

    def _replace(self, enrollment: Enrollment, wanted: Wanted) -> Json:
        created = enrollment.document["createdDateTimeUtc"]
        enrollment.document = (
            wanted.document | {"registrationId": enrollment.registration_id} | self._stamps(created)
        )
        enrollment.sha256 = wanted.sha256
        return enrollment.document

    def _stamps(self, created: object) -> Json:
        now = timestamp(self._now())
        etag = base64.b64encode(f'"{uuid.uuid4()}"'.encode()).decode("ascii")
        return {
            "etag": etag,
            "createdDateTimeUtc": created or now,
            "lastUpdatedDateTimeUtc": now,
        }

    def _find(self, registration_id: str, code: int = ENROLLMENT_NOT_FOUND) -> Enrollment:
        key = check_registration_id(registration_id).lower()
        enrollment = self._state.enrollments.get(key)
        if enrollment is None:
            what = "Enrollment" if code == ENROLLMENT_NOT_FOUND else "Registration"
            raise RefusalError(code, f"{what} not found.")
        return enrollment

    def _matching(self, registration_id: str, match: str) -> Enrollment:
        enrollment = self._find(registration_id)
        _check_etag(enrollment.document["etag"], match)
        return enrollment


def bulk_items(content: Mapping[str, object]) -> list[object]:
    """The enrollments of a bulk operation, or a refusal (400)."""
    items = content.get("enrollments")
    if not isinstance(items, list):
        raise bad_request("The enrollments of the bulk operation are not a list")
    return items


def page_size(text: str | None) -> int:
    """The page size that ``x-ms-max-item-count`` asks for, at most `MAXIMUM_PAGE`."""
    if text is None:
        return DEFAULT_PAGE
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER and int(text) > 0):
        raise bad_request("x-ms-max-item-count is not a positive number")
    return min(int(text), MAXIMUM_PAGE)


def _tried(
    act: Callable[[Mapping[str, object]], object], item: Mapping[str, object]
) -> Json | None:
    """The error of one item of a bulk operation, ``None`` if it went well."""
    registration_id = item.get("registrationId")
    if not isinstance(registration_id, str):
        raise bad_request("An enrollment of the bulk operation has no registration id")
    try:
        act(item)
    except RefusalError as error:
        return {
            "registrationId": registration_id,
            "errorCode": error.code,
            "errorStatus": error.message,
        }
    return None


def _registration(enrollment: Enrollment) -> Mapping[str, object]:
    if enrollment.registration is None:
        raise RefusalError(REGISTRATION_NOT_FOUND, "Registration not found.")
    return enrollment.registration


def _check_etag(etag: object, match: str) -> None:
    # Some clients send the quotes of RFC 9110, the Python SDK does not.
    if match != _ANY and match.strip('"') != str(etag).strip('"'):
        raise RefusalError(PRECONDITION_FAILED, "Precondition failed.")


def _exists() -> RefusalError:
    return RefusalError(ENROLLMENT_EXISTS, "Enrollment already exists.")


def _id_of(item: Mapping[str, object]) -> str:
    return str(item.get("registrationId"))


def _etag_of(item: Mapping[str, object]) -> str | None:
    etag = item.get("etag")
    return etag if isinstance(etag, str) and etag else None


def _continuation(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode("ascii")


def _read_continuation(text: str) -> str:
    try:
        return check_registration_id(base64.urlsafe_b64decode(text).decode("ascii"))
    except (binascii.Error, ValueError) as error:
        raise bad_request("x-ms-continuation is not a token of this service") from error
