"""What the account at AWS says of a device, asked where the device itself is only refused.

AWS answers an unknown certificate, an inactive one and a policy that forbids with the same closed
connection; whoever may read the account can tell them apart. The calls are made elsewhere.
"""

import re
from dataclasses import dataclass, replace
from typing import Protocol

from tng.device.connection import ConnectReason, Denied, Failure, Unanswered, Unsafe
from tng.device.link import DeviceEndpoint


@dataclass(frozen=True, slots=True)
class Registration:
    """A certificate as the account has it.

    ``status`` and ``mode`` are AWS's words (``ACTIVE``, ``SNI_ONLY`` …); ``things`` are the names
    of those that it is attached to.
    """

    status: str
    mode: str
    policies: tuple[str, ...]
    things: tuple[str, ...]


class FactsError(Exception):
    """The account cannot be asked; the message says why."""


class RegistrationFacts(Protocol):
    """Reads one account in one region; each raises `FactsError`."""

    @property
    def place(self) -> str:
        """The account and the region, for messages."""

    def endpoint(self) -> str:
        """The name that devices connect to: the Data-ATS endpoint."""

    def registration(self, certificate_id: str) -> Registration | None:
        """The certificate; ``None`` where there is none by that id (SHA-256 of the DER)."""


_OF_THE_NAME = frozenset(
    {
        ConnectReason.HOST_UNRESOLVED,
        ConnectReason.SERVER_UNTRUSTED,
        ConnectReason.WRONG_ENDPOINT,
        ConnectReason.TLS_FAILED,
    }
)
"""Failures that another endpoint would explain, and nothing else that the account knows."""

_OF_THE_DEVICE = frozenset(
    {
        ConnectReason.TLS_CLOSED,
        ConnectReason.CERTIFICATE_REFUSED,
        ConnectReason.CONNECT_DENIED,
        ConnectReason.SUBSCRIBE_DENIED,
        ConnectReason.PUBLISH_DENIED,
        ConnectReason.NOT_RECEIVED,
    }
)
"""Failures that have several causes, some of which the account knows."""

_AWS_ENDPOINT = re.compile(
    r"[a-z0-9-]+\.(?:[a-z]+\.)?iot\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?", re.IGNORECASE
)
"""The forms of AWS's own names; some types have a word before ``iot`` (``credentials``)."""


def judged(
    failure: Failure,
    facts: RegistrationFacts,
    endpoint: DeviceEndpoint,
    certificate_id: str,
    client_id: str,
) -> Failure:
    """The failure with its cause, as far as the account tells."""
    if failure.reason not in _OF_THE_NAME | _OF_THE_DEVICE:
        return failure
    try:
        registration = facts.registration(certificate_id)
        expected = facts.endpoint()
    except FactsError as error:
        return replace(failure, message=f"{failure.message}; the account was not asked: {error}")
    if _is_elsewhere(endpoint.host, expected, registration):
        return _elsewhere(facts.place, expected, endpoint.host, registration)
    if failure.reason in _OF_THE_NAME:
        return failure
    if registration is None:
        message = f"{facts.place} has no certificate {certificate_id}"
        return Denied(ConnectReason.NOT_REGISTERED, message)
    return _of(registration, facts.place) or _with(failure, registration, client_id)


def _is_elsewhere(host: str, expected: str, registration: Registration | None) -> bool:
    """Whether the name is wrong for that account.

    A domain of one's own is not, unless the certificate is registered without a CA: then AWS
    finds the account by the SNI alone.
    """
    if host.lower() == expected.lower():
        return False
    needs_sni = registration is not None and registration.mode == "SNI_ONLY"
    return needs_sni or _AWS_ENDPOINT.fullmatch(host) is not None


def _elsewhere(place: str, expected: str, host: str, registration: Registration | None) -> Failure:
    message = f"{host} is not the endpoint of {place}, which is {expected}"
    if registration is None:
        message += "; nor is the certificate registered there"
    elif registration.mode == "SNI_ONLY":
        message += (
            "; the certificate is registered there without a CA, so the SNI must be that whole name"
        )
    return Unsafe(ConnectReason.WRONG_ENDPOINT, message)


def _of(registration: Registration, place: str) -> Failure | None:
    """What the registration itself lacks."""
    if registration.status != "ACTIVE":
        message = f"{place} has the certificate as {registration.status}, expected ACTIVE"
        return Denied(ConnectReason.NOT_ACTIVE, message)
    if not registration.policies:
        message = f"{place} has the certificate ACTIVE, but no policy is attached to it"
        return Denied(ConnectReason.NO_POLICY, message)
    return None


def _with(failure: Failure, registration: Registration, client_id: str) -> Failure:
    known = f"the certificate is ACTIVE, with the policies {', '.join(registration.policies)}"
    if registration.things and client_id not in registration.things:
        known += f"; its thing is {', '.join(registration.things)}, the client id is {client_id}"
    message = f"{failure.message}; {known}"
    match failure:
        case Denied() | Unanswered() | Unsafe():
            return replace(failure, message=message)
