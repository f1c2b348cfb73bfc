"""What the service decides when a device registers: unassigned → assigning → assigned.

Works on `DpsState` alone: no sockets, no MQTT; time, ids and faults are given. Sources: the
service contract 2021-10-01 (registration state documents), and what the device SDKs send and
understand. Not proven against the real service: which error code follows a hub that cannot be
chosen, and the form of the answer to a disabled enrollment.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from tng.sandbox.dps.state import DpsState, Enrollment, InstanceState
from tng.x509.certificate import CertificateError, read_certificate

RETRY_SECONDS = 3
"""What the real service asks devices to wait."""

_OK, _ACCEPTED, _BAD_REQUEST, _UNAUTHORIZED, _NOT_FOUND, _THROTTLED = 200, 202, 400, 401, 404, 429
_UNKNOWN_OR_MISMATCHED = 401002
_NO_HUB = 400209
_MAX_BODY_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class DeviceBehaviour:
    """How the stand-in treats devices, beyond what the enrollments say.

    ``assigning_polls`` status queries are answered with assigning before a hub is assigned,
    ``None`` for ever. ``retry_seconds`` is what devices are asked to wait. So many
    registrations as ``throttled`` are answered 429 first. ``silent`` answers nothing at all.
    """

    assigning_polls: int | None = 0
    retry_seconds: int = RETRY_SECONDS
    throttled: int = 0
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: what was said when connecting. ``certificate`` is DER, empty without one."""

    id_scope: str
    registration_id: str
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP-like status, a JSON document, and after how many seconds to ask again."""

    status: int
    document: Mapping[str, object]
    retry_seconds: int | None = None


@dataclass(slots=True)
class _Going:
    """A registration that goes on: how often it was asked about, and the hub before it."""

    hub_before: str | None
    polls: int = 0


class DeviceRegistrations:
    """The registrations of all instances of a sandbox; safe for threads."""

    def __init__(
        self,
        state: DpsState,
        behaviour: DeviceBehaviour = DeviceBehaviour(),
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._state = state
        self._now = now
        self._new_id = new_id
        self._lock = threading.Lock()
        self._going: dict[tuple[str, str], _Going] = {}
        self.behave(behaviour)

    @property
    def behaviour(self) -> DeviceBehaviour:
        """What `behave` has set."""
        return self._behaviour

    def behave(self, behaviour: DeviceBehaviour) -> None:
        """Treat devices like this from now."""
        with self._lock:
            self._behaviour = behaviour
            self._throttled = behaviour.throttled

    def register(self, caller: Caller, body: bytes) -> Answer:
        """A device asks for its hub; the answer names the operation to ask about."""
        if self._throttles():
            return self._error(_THROTTLED, 429001, "Throttled", self._behaviour.retry_seconds)
        if not _names(body, caller.registration_id):
            return self._error(_BAD_REQUEST, 400004, "Bad registration request")
        found = self._authorize(caller)
        if found is None:
            return self._error(_UNAUTHORIZED, _UNKNOWN_OR_MISMATCHED, "Unauthorized")
        instance, enrollment = found
        with instance.lock:
            if enrollment.document.get("provisioningStatus") == "disabled":
                return self._disabled(enrollment)
            hub = (enrollment.registration or {}).get("assignedHub")
            going = _Going(hub if isinstance(hub, str) else None)
            enrollment.operation = f"5.{sha256(self._new_id().encode()).hexdigest()[:32]}"
            enrollment.registration = self._stamp(enrollment, "assigning")
            with self._lock:
                self._going[_key(instance, enrollment)] = going
            return self._assigning(enrollment.operation)

    def operation_status(self, caller: Caller, operation: str) -> Answer:
        """A device asks what became of its operation."""
        found = self._authorize(caller)
        if found is None:
            return self._error(_UNAUTHORIZED, _UNKNOWN_OR_MISMATCHED, "Unauthorized")
        instance, enrollment = found
        with instance.lock:
            if not operation or enrollment.operation != operation:
                return self._error(_NOT_FOUND, 404001, "Operation not found")
            if enrollment.registration and enrollment.registration["status"] == "assigning":
                hub_before, assigns = self._poll(_key(instance, enrollment))
                if assigns:
                    return self._assigning(operation)
                enrollment.registration = self._decide(instance, enrollment, hub_before)
            return _done(operation, enrollment.registration or {})

    def _throttles(self) -> bool:
        with self._lock:
            if self._throttled <= 0:
                return False
            self._throttled -= 1
            return True

    def _authorize(self, caller: Caller) -> tuple[InstanceState, Enrollment] | None:
        instance = self._state.by_scope(caller.id_scope)
        if instance is None:
            return None
        with instance.lock:
            enrollment = instance.enrollments.get(caller.registration_id.lower())
        if enrollment is None or enrollment.sha256 != sha256(caller.certificate).hexdigest():
            return None
        if _common_name(caller.certificate).lower() != caller.registration_id.lower():
            return None
        return instance, enrollment

    def _poll(self, key: tuple[str, str]) -> tuple[str | None, bool]:
        """Count a status query; the hub before, and whether the answer is still assigning."""
        limit = self._behaviour.assigning_polls
        with self._lock:
            going = self._going.setdefault(key, _Going(None))
            going.polls += 1
            assigns = limit is None or going.polls <= limit
            if not assigns:
                del self._going[key]
            return going.hub_before, assigns

    def _decide(
        self, instance: InstanceState, enrollment: Enrollment, hub_before: str | None
    ) -> dict[str, object]:
        hub = choose_hub(enrollment, instance.instance.hubs, hub_before)
        if hub is None:
            failed = self._stamp(enrollment, "failed")
            return failed | {
                "errorCode": _NO_HUB,
                "errorMessage": "No linked IoT hub can be assigned to this device.",
            }
        device_id = enrollment.document.get("deviceId") or enrollment.registration_id
        return self._stamp(enrollment, "assigned") | {
            "assignedHub": hub,
            "deviceId": device_id,
            "substatus": "initialAssignment",
        }

    def _disabled(self, enrollment: Enrollment) -> Answer:
        enrollment.operation = None
        enrollment.registration = self._stamp(enrollment, "disabled")
        return _done("", enrollment.registration)

    def _stamp(self, enrollment: Enrollment, status: str) -> dict[str, object]:
        now = f"{self._now():%Y-%m-%dT%H:%M:%S.%f}Z"
        before = enrollment.registration or {}
        return {
            "registrationId": enrollment.registration_id,
            "createdDateTimeUtc": before.get("createdDateTimeUtc", now),
            "lastUpdatedDateTimeUtc": now,
            "status": status,
            "etag": f'"{self._new_id()}"',
        }

    def _assigning(self, operation: str) -> Answer:
        document = {"operationId": operation, "status": "assigning"}
        return Answer(_ACCEPTED, document, self._behaviour.retry_seconds)

    def _error(
        self, status: int, code: int, message: str, retry_seconds: int | None = None
    ) -> Answer:
        document = {
            "errorCode": code,
            "trackingId": self._new_id(),
            "message": message,
            "timestampUtc": f"{self._now():%Y-%m-%dT%H:%M:%S.%f}Z",
        }
        return Answer(status, document, retry_seconds)


def choose_hub(
    enrollment: Enrollment, linked: tuple[str, ...], before: str | None = None
) -> str | None:
    """The hub that the enrollment's allocation policy means, ``None`` where there is none.

    Candidates are the enrollment's hubs that are linked, or all linked ones where it names
    none. ``static`` needs exactly one; ``hashed`` spreads by registration id; ``geoLatency``
    takes the first, as all hubs of a sandbox are equally near; ``custom`` (a function of the
    user's) is not served. A device that had a hub ``before`` stays there where the
    re-provisioning policy says so.
    """
    document = enrollment.document
    wanted = document.get("iotHubs") or []
    named = [hub for hub in wanted if isinstance(hub, str)] if isinstance(wanted, list) else []
    candidates = [hub for hub in named if hub in linked] if named else list(linked)
    reprovision = document.get("reprovisionPolicy")
    stays = isinstance(reprovision, dict) and reprovision.get("updateHubAssignment") is False
    if stays and before:
        return before
    policy = document.get("allocationPolicy") or "hashed"
    if not candidates or policy == "custom" or (policy == "static" and len(candidates) != 1):
        return None
    if policy == "hashed":
        number = int.from_bytes(sha256(enrollment.registration_id.lower().encode()).digest())
        return candidates[number % len(candidates)]
    return candidates[0]


def _key(instance: InstanceState, enrollment: Enrollment) -> tuple[str, str]:
    return instance.instance.id_scope, enrollment.registration_id.lower()


def _done(operation: str, registration: Mapping[str, object]) -> Answer:
    state = {"x509": {}, **registration}
    document = {
        "operationId": operation,
        "status": registration.get("status"),
        "registrationState": state,
    }
    return Answer(_OK, document)


def _names(body: bytes, registration_id: str) -> bool:
    """Whether the body is a request of that registration id."""
    if len(body) > _MAX_BODY_BYTES:
        return False
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    named = document.get("registrationId") if isinstance(document, dict) else None
    return isinstance(named, str) and named.lower() == registration_id.lower()


def _common_name(certificate: bytes) -> str:
    try:
        return read_certificate(certificate).subject.common_name or ""
    except CertificateError:
        return ""
