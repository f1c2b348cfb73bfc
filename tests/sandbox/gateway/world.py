"""A gateway of a test's own before the session's emulator, and devices to register there."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.sandbox.gateway.clients import Identity, RawClient, open_stream, tls_context
from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.authority import SandboxAuthority
from tng.sandbox.gateway.endpoints import endpoint_name
from tng.sandbox.gateway.gateway import DeviceGateway
from tng.sandbox.preparation import POLICY_NAME

ALL = {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}


def allow(action, *resources, **more):
    """A statement about IoT resources of any account, ``client/a``."""
    arns = [f"arn:aws:iot:*:*:{resource}" for resource in resources]
    return {"Effect": "Allow", "Action": action, "Resource": arns, **more}


def new_identity(folder: Path, common_name="sn0123", expires=2040) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(_name("some vendor"))
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(expires, 1, 1, tzinfo=UTC))
        .public_key(key.public_key())
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = certificate.public_bytes(Encoding.PEM)
    return Identity(folder, pem.decode(), key_pem.decode())


def new_request(common_name="sn0123", key=None) -> str:
    request = x509.CertificateSigningRequestBuilder().subject_name(_name(common_name))
    signed = request.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def _name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


@dataclass
class World:
    """``eu`` and ``us`` are prepared as the sandbox does; ``gateway`` runs."""

    gateway: DeviceGateway
    authority: SandboxAuthority
    eu: SandboxAccount
    us: SandboxAccount
    folder: Path
    opened: list = field(default_factory=list)
    made: int = 0

    @property
    def side(self):
        return self.gateway.sides[self.eu]

    def endpoint(self, account):
        return endpoint_name(account.account, account.region)

    def identity(self, **more) -> Identity:
        self.made += 1
        return new_identity(self.folder / str(self.made), **more)

    def register(self, identity, *accounts, status="ACTIVE", statements=None, thing=None):
        """Register, with a policy of its own or, where a thing is named, the sandbox's."""
        for account in accounts or (self.eu,):
            registry = self.gateway.sides[account].registry
            request = {"certificatePem": identity.pem, "status": status}
            arn = registry.ask("POST", "/certificate/register-no-ca", request)["certificateArn"]
            if statements is not None:
                self.made += 1
                document = json.dumps({"Version": "2012-10-17", "Statement": statements})
                name = f"policy-{self.made}"
                registry.ask("POST", f"/policies/{name}", {"policyDocument": document})
                registry.attach_policy(name, arn)
            if thing is not None:
                registry.attach_policy(POLICY_NAME, arn)
                registry.create_thing(thing, {})
                registry.attach_thing(thing, arn)
        return identity

    def device(self, *accounts, **more) -> Identity:
        """A new registered device that may do everything."""
        return self.register(self.identity(), *accounts, **{"statements": [ALL], **more})

    def stream(self, identity, account=None, *, name="", version=None):
        """A TLS connection; ``name`` is another SNI than the account's."""
        context = tls_context(self.authority.ca_pem, identity, version)
        said = self.endpoint(account or self.eu) if name == "" else name
        stream = open_stream(self.gateway.address, context, said)
        self.opened.append(stream)
        return stream

    def client(self, identity, account=None, **more) -> RawClient:
        return RawClient(self.stream(identity, account, **more))

    def connected(self, identity, client_id, account=None, **more) -> RawClient:
        client = self.client(identity, account, **more)
        assert client.connect(client_id) == 0
        return client
