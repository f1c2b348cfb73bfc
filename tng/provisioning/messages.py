"""What is sent to the fleet provisioning service and what it answers, read with suspicion.

No connection here. Source: AWS IoT developer guide, "Device provisioning MQTT API".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from tng.x509.certificate import Certificate, CertificateError
from tng.x509.pem import read_certificate_file

CREATE_TOPIC = "$aws/certificates/create-from-csr/json"
REGISTER_TOPIC = "$aws/provisioning-templates/{template}/provision/json"

_CERTIFICATE_ID = re.compile(r"[0-9a-f]{64}")
THING_NAME = re.compile(r"[a-zA-Z0-9:_-]{1,128}")
"""AWS IoT API, CreateThing."""
_MAX_TOKEN = 16 * 1024
"""Seen: some hundred characters."""
_MOST_SETTINGS = 256
_MAX_SETTING = 16 * 1024
_MAX_TEXT = 300


class ReplyError(Exception):
    """An answer that is nothing the service would say; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class CreatedCertificate:
    """A certificate that is not active yet. ``token`` proves for an hour whose it is: a secret."""

    certificate: Certificate
    certificate_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegisteredThing:
    """What a template made: ``thing_name`` is empty where it makes no thing."""

    thing_name: str
    configuration: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refusal: an HTTP-like status (0 where there is none), a code and words, all bounded."""

    status: int
    code: str
    message: str

    @property
    def text(self) -> str:
        """In the service's own words."""
        words = " ".join(part for part in (self.code, self.message) if part)
        return f"{self.status} {words}".strip() if self.status else words or "without a reason"


def create_request(csr_pem: str) -> bytes:
    """The payload of CreateCertificateFromCsr."""
    return orjson.dumps({"certificateSigningRequest": csr_pem})


def register_request(token: str, parameters: Mapping[str, str]) -> bytes:
    """The payload of RegisterThing."""
    return orjson.dumps({"certificateOwnershipToken": token, "parameters": dict(parameters)})


def read_created(payload: bytes) -> CreatedCertificate:
    """The answer to CreateCertificateFromCsr; raises `ReplyError`."""
    document = _document(payload)
    identity = document.get("certificateId")
    token = document.get("certificateOwnershipToken")
    pem = document.get("certificatePem")
    if not isinstance(identity, str) or not _CERTIFICATE_ID.fullmatch(identity):
        raise ReplyError("its certificateId is not 64 lower hex digits")
    if not isinstance(token, str) or not 0 < len(token) <= _MAX_TOKEN:
        raise ReplyError("it has no certificateOwnershipToken")
    if not isinstance(pem, str):
        raise ReplyError("it has no certificatePem")
    try:
        leaf = read_certificate_file(pem.encode("utf-8", "replace"))[0]
    except CertificateError as error:
        raise ReplyError(f"its certificate cannot be read: {error}") from error
    if leaf.sha256 != identity:
        raise ReplyError(
            f"its certificateId is {identity}, expected the SHA-256 of its certificate's DER, "
            f"{leaf.sha256}"
        )
    return CreatedCertificate(leaf, identity, token)


def read_registered(payload: bytes) -> RegisteredThing:
    """The answer to RegisterThing; raises `ReplyError`."""
    document = _document(payload)
    name = document.get("thingName") or ""
    if not isinstance(name, str) or (name and not THING_NAME.fullmatch(name)):
        raise ReplyError("its thingName is no name of a thing")
    return RegisteredThing(name, _settings(document.get("deviceConfiguration") or {}))


def read_rejection(payload: bytes, secret: str = "") -> Rejection:
    """A refusal, without the ``secret`` that it may repeat.

    One that cannot be read is a refusal all the same.
    """
    try:
        document = _document(payload)
    except ReplyError as error:
        return Rejection(0, "", f"in an answer that cannot be read: {error}")
    status = document.get("statusCode")
    return Rejection(
        status if isinstance(status, int) and 0 <= status < 1000 else 0,
        _text(document.get("errorCode"), secret),
        _text(document.get("errorMessage"), secret),
    )


def _settings(value: object) -> tuple[tuple[str, str], ...]:
    """The device configuration as texts: what is none is written as JSON."""
    if not isinstance(value, dict) or len(value) > _MOST_SETTINGS:
        raise ReplyError("its deviceConfiguration is no object of a bearable size")
    try:
        settings = tuple(
            (name, member if isinstance(member, str) else orjson.dumps(member).decode())
            for name, member in value.items()
        )
    except orjson.JSONEncodeError as error:
        # It reads what is nested more deeply than what it writes.
        raise ReplyError("its deviceConfiguration is nested too deeply") from error
    if any(len(name) + len(member) > _MAX_SETTING for name, member in settings):
        raise ReplyError(f"its deviceConfiguration has more than {_MAX_SETTING:,} characters")
    return settings


def _document(payload: bytes) -> Mapping[str, object]:
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise ReplyError("it is no JSON") from error
    if not isinstance(document, dict):
        raise ReplyError("it is no JSON object")
    return document


def _text(value: object, secret: str) -> str:
    """A bounded text; the secret is looked for as it was meant, however JSON has it escaped."""
    if not isinstance(value, str):
        return ""
    return (value.replace(secret, "...") if secret else value)[:_MAX_TEXT]
