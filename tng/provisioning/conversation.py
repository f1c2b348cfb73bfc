"""One connection to the fleet provisioning service: subscribe, ask, take the right answer.

The reply topics carry no request id, so that one question is asked at a time, and whoever gets
no answer gives the connection up: a late one must not be taken for the next device's.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from tng.csr.model import CertificateRequest
from tng.device.link import DeviceLink
from tng.provisioning.messages import (
    CREATE_TOPIC,
    REGISTER_TOPIC,
    CreatedCertificate,
    RegisteredThing,
    Rejection,
    create_request,
    read_created,
    read_registered,
    read_rejection,
    register_request,
)
from tng.x509.same_key import is_same_key

Reply = TypeVar("Reply")

_MOST_FOREIGN = 1000
"""Messages for others that are passed over while one answer is waited for."""


class Stage(StrEnum):
    """How far a conversation has come; where it ends says what is wrong."""

    CONNECTING = "connecting"
    SUBSCRIBING = "subscribing"
    ASKING = "asking"


class FleetConversation:
    """Speaks through ``link``, which is entered already and not connected yet.

    Both questions raise what `DeviceLink` raises, and `ReplyError` for an answer that is none.
    """

    def __init__(self, link: DeviceLink, template: str) -> None:
        self.stage = Stage.CONNECTING
        self._link = link
        self._register_topic = REGISTER_TOPIC.format(template=template)

    def open(self) -> None:
        """Connect, and subscribe to the four topics of answers."""
        self._link.connect()
        self.stage = Stage.SUBSCRIBING
        for topic in (CREATE_TOPIC, self._register_topic):
            self._link.subscribe(f"{topic}/accepted")
            self._link.subscribe(f"{topic}/rejected")
        self.stage = Stage.ASKING

    def create_certificate(self, request: CertificateRequest) -> CreatedCertificate | Rejection:
        """A certificate for the request's key: one for another key is somebody else's answer."""
        return self._ask(
            CREATE_TOPIC,
            create_request(request.pem),
            read_created,
            lambda created: is_same_key(created.certificate.public_key.spki, request.spki),
        )

    def register_thing(
        self, created: CreatedCertificate, parameters: Mapping[str, str]
    ) -> RegisteredThing | Rejection:
        """Have the template activate the certificate and make what belongs to it."""
        payload = register_request(created.token, parameters)
        return self._ask(
            self._register_topic, payload, read_registered, lambda _: True, created.token
        )

    def _ask(
        self,
        topic: str,
        payload: bytes,
        read: Callable[[bytes], Reply],
        is_ours: Callable[[Reply], bool],
        secret: str = "",
    ) -> Reply | Rejection:
        self._link.publish(topic, payload)
        for _ in range(_MOST_FOREIGN):
            message = self._link.receive()
            if message.topic == f"{topic}/rejected":
                return read_rejection(message.payload, secret)
            if message.topic == f"{topic}/accepted":
                reply = read(message.payload)
                if is_ours(reply):
                    return reply
        raise TooManyForeignError


class TooManyForeignError(Exception):
    """Nothing but answers to others came."""
