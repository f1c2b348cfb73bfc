"""AWS fleet provisioning by CSR: what is answered to a message on one of its topics.

A function of topic, payload and account; how messages come and go is not its business, so that
the gateway and a broker of another make can both carry them. Spoken is JSON, not CBOR; keys are
never made here (``create/json`` is not answered).

Sources: "Device provisioning MQTT API" of the developer guide. It lists the form of a rejection
but not its codes; those here were seen in reports of users, or are chosen (`docs/sandbox.md`).
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tng.sandbox.faults import (
    Effect,
    Fault,
    FaultScript,
    LostReply,
    Reject,
    ServerError,
    Silence,
    Slow,
    Throttle,
    When,
)
from tng.sandbox.gateway.ownership import OwnershipTokens
from tng.sandbox.gateway.registering import register_thing
from tng.sandbox.gateway.registry import Registry, RegistryError
from tng.sandbox.gateway.template import TemplateError, plan_thing
from tng.sandbox.quotas import AWS_DEFAULT_REGISTRATIONS, UNLIMITED, Buckets, Quotas

CREATE = "CreateCertificateFromCsr"
REGISTER = "RegisterThing"
CREATE_TOPIC = "$aws/certificates/create-from-csr/json"

_REGISTER_TOPIC = re.compile(r"\$aws/provisioning-templates/([0-9A-Za-z_-]{1,36})/provision/json")
_FLEET_QUOTAS = Quotas({CREATE: 20.0, REGISTER: 10.0})
"""Calls a second of an account in a region (AWS Service Quotas, "iotcore")."""
_MAX_PARAMETERS = 64


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to whoever has asked."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """What becomes of a request: a reply or none, how late it comes, and if the connection ends."""

    reply: Reply | None
    seconds_late: float = 0.0
    disconnects: bool = False


class RejectedError(Exception):
    """A request that is refused; the members of AWS's rejection."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def fleet_quotas(registrations: float) -> Quotas:
    """AWS's defaults, scaled as `tng.sandbox.quotas.quotas_for` does; 0 limits nothing."""
    if registrations == 0:
        return UNLIMITED
    return _FLEET_QUOTAS.scaled(registrations / AWS_DEFAULT_REGISTRATIONS)


class FleetResponder:
    """The fleet topics of one account; safe for threads. ``clock`` gives seconds, monotonic."""

    def __init__(
        self,
        registry: Registry,
        quotas: Quotas = UNLIMITED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._buckets = Buckets(quotas, clock)
        self._tokens = OwnershipTokens(clock)
        self._script = FaultScript()

    def inject(self, *faults: Fault) -> None:
        """Append faults; their operations are `CREATE` and `REGISTER`, they count from now."""
        for fault in faults:
            self._script.add(fault)

    def handles(self, topic: str) -> bool:
        """Whether a message there is a request of fleet provisioning."""
        return _operation(topic) is not None

    def answer(self, topic: str, payload: bytes) -> FleetAnswer:
        """Do what a request asks for; raises nothing, whatever it holds."""
        operation = _operation(topic)
        if operation is None:
            return FleetAnswer(None)
        met = self._script.effects(*self._place(operation))
        lost = _lost(met, When.BEFORE)
        if lost is not None:
            return lost
        try:
            document = self._perform(operation, topic, payload, met)
            reply = _reply(topic, "accepted", document)
        except RejectedError as error:
            rejection: Mapping[str, object] = {
                "statusCode": error.status,
                "errorCode": error.code,
                "errorMessage": error.message,
            }
            reply = _reply(topic, "rejected", rejection)
        late = sum(effect.seconds for effect in met if isinstance(effect, Slow))
        return _lost(met, When.AFTER) or FleetAnswer(reply, late)

    def _place(self, operation: str) -> tuple[str, str, str]:
        account = self._registry.account
        return account.account, account.region, operation

    def _perform(
        self, operation: str, topic: str, payload: bytes, met: Sequence[Effect]
    ) -> Mapping[str, object]:
        _refuse_as_told(met)
        if not self._buckets.take(*self._place(operation)):
            raise _throttled()
        request = _read(payload)
        try:
            if operation == CREATE:
                return self._create(request)
            return self._register(_template_name(topic), request)
        except TemplateError as error:
            raise RejectedError(400, error.code, error.message) from error
        except RegistryError as error:
            raise RejectedError(500, "InternalFailure", error.message) from error

    def _create(self, request: Mapping[str, object]) -> Mapping[str, object]:
        csr = request.get("certificateSigningRequest")
        if not isinstance(csr, str) or not csr:
            raise RejectedError(
                400,
                "InvalidCertificateSigningRequest",
                "Certificate signing request cannot be empty.",
            )
        try:
            signed = self._registry.ask("POST", "/certificates", {"certificateSigningRequest": csr})
        except RegistryError as error:
            if error.status != 400:
                raise
            raise RejectedError(400, "InvalidCertificateSigningRequest", error.message) from error
        certificate_id = str(signed.get("certificateId"))
        self._registry.set_status(certificate_id, "PENDING_ACTIVATION")
        return {
            "certificateOwnershipToken": self._tokens.issue(certificate_id),
            "certificateId": certificate_id,
            "certificatePem": signed.get("certificatePem"),
        }

    def _register(self, name: str, request: Mapping[str, object]) -> Mapping[str, object]:
        template = self._registry.template(name)
        if template is None:
            raise RejectedError(
                400, "InvalidTemplate", f"Template with name {name} does not exist."
            )
        if not template.enabled:
            raise RejectedError(400, "InvalidTemplate", f"Template {name} is not enabled.")
        with self._tokens.used(_token(request)) as certificate_id:
            if certificate_id is None:
                raise _not_owned("is invalid")
            plan = plan_thing(template.body, _parameters(request), certificate_id)
            try:
                register_thing(self._registry, plan, certificate_id)
            except RegistryError as error:
                raise RejectedError(
                    400, "ResourceRegistrationFailure", f"{error.code}: {error.message}"
                ) from error
        answer: dict[str, object] = {"deviceConfiguration": dict(plan.device_configuration)}
        if plan.thing is not None:
            answer["thingName"] = plan.thing
        return answer


def _operation(topic: str) -> str | None:
    if topic == CREATE_TOPIC:
        return CREATE
    return REGISTER if _REGISTER_TOPIC.fullmatch(topic) else None


def _template_name(topic: str) -> str:
    found = _REGISTER_TOPIC.fullmatch(topic)
    return found[1] if found else ""


def _reply(topic: str, suffix: str, document: Mapping[str, object]) -> Reply:
    return Reply(f"{topic}/{suffix}", json.dumps(document).encode())


def _read(payload: bytes) -> Mapping[str, object]:
    try:
        request = json.loads(payload)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise RejectedError(400, "InvalidPayload", "Message cannot be parsed")
    return request


def _parameters(request: Mapping[str, object]) -> Mapping[str, str]:
    content = request.get("parameters", {})
    if not isinstance(content, dict) or len(content) > _MAX_PARAMETERS:
        raise RejectedError(400, "InvalidParameters", "Parameters are not an object of texts.")
    if not all(isinstance(value, str) for value in content.values()):
        raise RejectedError(400, "InvalidParameters", "A parameter is not a text.")
    return content


def _token(request: Mapping[str, object]) -> str:
    token = request.get("certificateOwnershipToken")
    if not isinstance(token, str) or not token:
        raise _not_owned("cannot be empty")
    return token


def _not_owned(why: str) -> RejectedError:
    code = "InvalidCertificateOwnershipToken"
    return RejectedError(400, code, f"Certificate ownership token {why}.")


def _throttled() -> RejectedError:
    return RejectedError(429, "Throttling", "Rate exceeded")


def _refuse_as_told(met: Sequence[Effect]) -> None:
    for effect in met:
        match effect:
            case Reject(status, code, message):
                raise RejectedError(status, code, message)
            case Throttle():
                raise _throttled()
            case ServerError(status):
                raise RejectedError(status, "InternalFailure", "injected by the sandbox")


def _lost(met: Sequence[Effect], when: When) -> FleetAnswer | None:
    for effect in met:
        match effect:
            case LostReply(side) if side is when:
                return FleetAnswer(None, disconnects=True)
            case Silence(side) if side is when:
                return FleetAnswer(None)
    return None
