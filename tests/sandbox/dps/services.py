"""A stand-in of one test's own, the real SDKs before it, and raw https past them."""

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from azure.iot.deviceprovisioning import DeviceProvisioningClient
from azure.mgmt.iothubprovisioningservices import IotDpsClient

from tests.sandbox.certificates import new_certificate
from tng.sandbox.dps.sandbox import POLICY, RunningDps
from tng.sandbox.dps.state import DpsInstance
from tng.sandbox.wire import Connection, Message

VERSION = "api-version=2021-10-01"
ANSWER_SECONDS = 5.0


def enrollment(registration_id: str, pem: str | None = None, **members: Any) -> dict[str, Any]:
    """The smallest enrollment, and what is to be added."""
    certificate = new_certificate()[0] if pem is None else pem
    x509 = {"clientCertificates": {"primary": {"certificate": certificate}}}
    return {
        "registrationId": registration_id,
        "attestation": {"type": "x509", "x509": x509},
        **members,
    }


def bulk(mode: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"mode": mode, "enrollments": list(items)}


@dataclass
class ServiceUnderTest:
    """A running sandbox; what is made of it is closed with it."""

    running: RunningDps
    opened: list[Any] = field(default_factory=list)

    @property
    def instance(self) -> DpsInstance:
        return self.running.instances[0]

    @property
    def log(self):
        return self.running.server.log

    def client(self, credential: Any = None, *, name: str = "", **more: Any):
        """The real SDK's client; by default with the key, and without retries."""
        instance = self.running.instance(name).instance if name else self.instance
        key = AzureNamedKeyCredential(POLICY, instance.keys[POLICY])
        return self._opened(
            DeviceProvisioningClient(
                instance.hosts[0],
                credential or key,
                connection_verify=str(self.running.ca_file),
                **({"retry_total": 0} | more),
            )
        )

    def management(self, credential: Any, subscription: str = "", **more: Any) -> IotDpsClient:
        return self._opened(
            IotDpsClient(
                credential,
                subscription or self.instance.subscription,
                base_url=self.running.management_url,
                connection_verify=str(self.running.ca_file),
                **({"retry_total": 0} | more),
            )
        )

    def connect(self) -> ssl.SSLSocket:
        """A TLS connection to the first instance, for what no SDK would say."""
        context = ssl.create_default_context(cadata=self.running.authority.ca_pem)
        plain = socket.create_connection(("127.0.0.1", self.running.server.port))
        plain.settimeout(ANSWER_SECONDS)
        return self._opened(context.wrap_socket(plain, server_hostname="127.0.0.1"))

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] = b"",
        *,
        query: str = VERSION,
        host: str = "",
        **headers: str,
    ) -> Message:
        """One request with a valid token, as it stands; the answer."""
        token, _ = self.running.tokens.issue("https://azure-devices-provisioning.net")
        named = {"Authorization": f"Bearer {token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        pairs = (("Host", host or self.instance.hosts[0]), *named.items())
        connection = Connection(self.connect())
        connection.send(Message(f"{method} {path}?{query} HTTP/1.1", pairs, content))
        return connection.read_answer()[0]

    def _opened(self, made: Any) -> Any:
        self.opened.append(made)
        return made


def status_of(answer: Message) -> int:
    return int(answer.start.split(" ")[1])


def error_of(answer: Message) -> dict[str, Any]:
    return json.loads(answer.body)
