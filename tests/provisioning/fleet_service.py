"""An AWS-side responder for the fleet topics, which signs requests with a test CA.

`FleetAnswers` knows what is answered and nothing of connections; `fleet_server` speaks MQTT over
TLS for it, and `tests.provisioning.test_mosquitto` connects it to a broker as a client.
"""

import datetime
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from tests.device.servers import AUTHORITY, Client, over_tls, serving
from tng.csr.model import RequestedDevice
from tng.csr.reading import read_request
from tng.models import Source
from tng.sandbox.mqtt import codec as mqtt
from tng.testing.requests import board_request

TEMPLATE = "Boards"
CREATE = "$aws/certificates/create-from-csr/json"
REGISTER = f"$aws/provisioning-templates/{TEMPLATE}/provision/json"

TOKEN_SECONDS = 3600.0
"""How long an ownership token can be used (AWS IoT developer guide, RegisterThing)."""

Answer = tuple[str, bytes]


class HangUpError(Exception):
    """The service closes the connection instead of answering."""


def board(number: int) -> RequestedDevice:
    """The request of a test vendor's board."""
    device = read_request(board_request(number), Source(f"board-{number}.csr"))
    assert isinstance(device, RequestedDevice)
    return device


class Signer:
    """A CA that signs requests as AWS does: with a subject of its own."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fleet test CA")])

    def sign(self, key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AWS IoT Certificate")])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self._key, hashes.SHA256())
        )

    def claim(self, folder: Path) -> tuple[Path, Path]:
        """Files with a claim certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, secret = folder / "claim.pem", folder / "claim.key"
        certificate.write_bytes(self.sign(key.public_key()).public_bytes(Encoding.PEM))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, secret


@dataclass
class FleetAnswers:
    """What the service answers. ``interventions`` come before it: each may give other answers.

    ``created`` are the certificate ids in order, ``keys`` the SHA-256 of each one's public key;
    ``active`` the thing of each that was registered, ``parameters`` what came with it; ``tokens``
    are all that were ever given. One can be used once, within an hour of ``clock``.
    """

    signer: Signer = field(default_factory=Signer)
    created: list[str] = field(default_factory=list)
    active: dict[str, str] = field(default_factory=dict)
    parameters: list[dict[str, str]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    _unused: dict[str, float] = field(default_factory=dict)
    interventions: list[Callable[[str, bytes], list[Answer] | None]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, topic: str, payload: bytes) -> list[Answer]:
        with self.lock:
            for intervention in tuple(self.interventions):
                answers = intervention(topic, payload)
                if answers is not None:
                    return answers
            return self.usual(topic, payload)

    def usual(self, topic: str, payload: bytes) -> list[Answer]:
        if topic == CREATE:
            return [(f"{topic}/accepted", json.dumps(self._create(json.loads(payload))).encode())]
        if topic == REGISTER:
            return self._register(json.loads(payload))
        return []

    def _create(self, asked: dict[str, str]) -> dict[str, str]:
        request = x509.load_pem_x509_csr(asked["certificateSigningRequest"].encode())
        key = request.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        certificate = self.signer.sign(key)
        identity = sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
        token = f"secret-token-{len(self.tokens)}"
        self.tokens[token] = identity
        self._unused[token] = self.clock() + TOKEN_SECONDS
        self.created.append(identity)
        self.keys[identity] = sha256(
            key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).hexdigest()
        return {
            "certificateId": identity,
            "certificatePem": certificate.public_bytes(Encoding.PEM).decode(),
            "certificateOwnershipToken": token,
        }

    def _register(self, asked: dict[str, object]) -> list[Answer]:
        token = str(asked["certificateOwnershipToken"])
        if self._unused.pop(token, 0.0) <= self.clock():
            code = "InvalidCertificateOwnershipToken"
            return [rejection(REGISTER, 400, code, "Certificate ownership token is invalid.")]
        identity = self.tokens[token]
        parameters = asked["parameters"]
        assert isinstance(parameters, dict)
        self.parameters.append(parameters)
        thing = f"board-{parameters.get('SerialNumber', identity[:8])}"
        self.active[identity] = thing
        settings = {"Fallback": "https://example.com"}
        document = {"thingName": thing, "deviceConfiguration": settings}
        return [(f"{REGISTER}/accepted", json.dumps(document).encode())]

    def several(self) -> dict[str, list[str]]:
        """The keys that have more than one active certificate, and these."""
        found: dict[str, list[str]] = {}
        for identity in self.active:
            found.setdefault(self.keys[identity], []).append(identity)
        return {key: ids for key, ids in found.items() if len(ids) > 1}


def rejection(operation: str, status: int, code: str, message: str) -> Answer:
    """A refusal of what was asked on that topic."""
    document = {"statusCode": status, "errorCode": code, "errorMessage": message}
    return f"{operation}/rejected", json.dumps(document).encode()


def rejecting(
    operation: str, status: int, code: str, message: str, *, times: int = 1_000
) -> Callable[[str, bytes], list[Answer] | None]:
    """An intervention: so many questions on that topic are rejected."""
    left = [times]

    def intervene(topic: str, _payload: bytes) -> list[Answer] | None:
        if topic != operation or not left[0]:
            return None
        left[0] -= 1
        return [rejection(operation, status, code, message)]

    return intervene


def losing_replies(
    answers: FleetAnswers, operation: str, *, times: int = 1_000
) -> Callable[[str, bytes], None]:
    """An intervention: so many questions on that topic take effect, and the connection ends."""
    left = [times]

    def intervene(topic: str, payload: bytes) -> None:
        if topic == operation and left[0]:
            left[0] -= 1
            answers.usual(topic, payload)
            raise HangUpError

    return intervene


def hanging_up(operation: str, *, times: int = 1_000) -> Callable[[str, bytes], None]:
    """An intervention: so many questions on that topic end the connection."""
    left = [times]

    def intervene(topic: str, _payload: bytes) -> None:
        if topic == operation and left[0]:
            left[0] -= 1
            raise HangUpError

    return intervene


@contextmanager
def fleet_server(
    answers: Callable[[str, bytes], list[Answer]],
    *,
    refuses_subscription: str = r"(?!)",
    connect_code: int = mqtt.ACCEPTED,
) -> Iterator[int]:
    """A port at which the service answers, until the block ends."""

    def behave(client: Client) -> None:
        assert isinstance(client.packet(), mqtt.Connect)
        client.send(mqtt.connect_acknowledged(connect_code))
        while True:
            packet = client.packet()
            if isinstance(packet, mqtt.Subscribe):
                refused = any(re.search(refuses_subscription, name) for name, _ in packet.filters)
                code = mqtt.SUBSCRIPTION_FAILED if refused else 1
                client.send(mqtt.subscribe_acknowledged(packet.packet_id, (code,)))
            elif isinstance(packet, mqtt.Publish):
                try:
                    answered = answers(packet.topic, packet.payload)
                except HangUpError:
                    return
                client.send(mqtt.publish_acknowledged(packet.packet_id))
                for topic, payload in answered:
                    client.send(mqtt.publish(mqtt.Publish(topic, payload)))

    with serving(over_tls(behave)) as port:
        yield port


def ca_file(folder: Path) -> Path:
    """The CA of `fleet_server` as a file."""
    path = folder / "ca.pem"
    path.write_text(AUTHORITY.ca_pem)
    return path
