"""What the emulator knows of an account's devices, asked on its own port of the loopback.

The gateway looks into the registry as AWS's does: past the front, so that neither quotas nor
faults nor the log of calls know of it. The account is the access key, as everywhere in the
sandbox; no signature is made, for emulators check none.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.listener import LOOPBACK

_SECONDS = 30.0
_MAXIMUM_ANSWER = 4 * 1024 * 1024
_NOT_FOUND = 404


class RegistryError(Exception):
    """The emulator refuses, or does not answer (``status`` 0); ``code`` is AWS's name for it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """A certificate in an account: its id (SHA-256 of the DER), status and PEM as AWS keeps it."""

    certificate_id: str
    arn: str
    status: str
    pem: str


@dataclass(frozen=True, slots=True)
class ProvisioningTemplate:
    """A fleet provisioning template: its body is JSON text."""

    body: str
    enabled: bool


class Registry:
    """One account's registry in its region; safe for threads.

    Everything raises `RegistryError`; what is looked up and not there is ``None`` or empty.
    """

    def __init__(self, port: int, account: SandboxAccount) -> None:
        self._port = port
        self.account = account

    def arn(self, resource: str) -> str:
        """The ARN of an IoT resource (``client/…``, ``topic/…``, ``cert/…``) of this account."""
        return f"arn:aws:iot:{self.account.region}:{self.account.account}:{resource}"

    def certificate_arn(self, certificate: bytes) -> str:
        """The ARN that a certificate (DER) has in this account, whether it is there or not."""
        return self.arn(f"cert/{sha256(certificate).hexdigest()}")

    def certificate(self, certificate_id: str) -> RegisteredCertificate | None:
        """DescribeCertificate."""
        found = self._find(f"/certificates/{quote(certificate_id, safe='')}")
        if found is None:
            return None
        described = _object(found.get("certificateDescription"))
        return RegisteredCertificate(
            certificate_id,
            self.arn(f"cert/{certificate_id}"),
            str(described.get("status")),
            str(described.get("certificatePem", "")),
        )

    def policies(self, certificate_arn: str) -> tuple[str, ...]:
        """The documents (JSON text) of the policies attached to a certificate."""
        attached = self.ask("POST", f"/attached-policies/{quote(certificate_arn, safe='')}", {})
        names = [str(_object(item).get("policyName")) for item in _list(attached.get("policies"))]
        found = (self._find(f"/policies/{quote(name, safe='')}") for name in names)
        return tuple(str(policy["policyDocument"]) for policy in found if policy is not None)

    def things(self, certificate_arn: str) -> tuple[str, ...]:
        """The names of the things that a certificate is attached to."""
        headers = {"x-amzn-principal": certificate_arn}
        listed = self.ask("GET", "/principals/things", None, headers)
        return tuple(str(name) for name in _list(listed.get("things")))

    def template(self, name: str) -> ProvisioningTemplate | None:
        """DescribeProvisioningTemplate."""
        found = self._find(f"/provisioning-templates/{quote(name, safe='')}")
        if found is None:
            return None
        body = found.get("templateBody")
        text = body if isinstance(body, str) else json.dumps(body)
        return ProvisioningTemplate(text, found.get("enabled") is True)

    def has(self, kind: str, name: str) -> bool:
        """Whether there is one of that name; ``kind`` is the path's: ``policies``, ``things``."""
        return self._find(f"/{kind}/{quote(name, safe='')}") is not None

    def set_status(self, certificate_id: str, status: str) -> None:
        """UpdateCertificate."""
        self.ask("PUT", f"/certificates/{certificate_id}?newStatus={status}", {})

    def create_thing(self, name: str, request: Mapping[str, object]) -> None:
        """CreateThing; the same again is no conflict."""
        self.ask("POST", f"/things/{quote(name, safe='')}", request)

    def attach_policy(self, name: str, certificate_arn: str) -> None:
        """AttachPolicy."""
        path = f"/target-policies/{quote(name, safe='')}"
        self.ask("PUT", path, {"target": certificate_arn})

    def attach_thing(self, name: str, certificate_arn: str) -> None:
        """AttachThingPrincipal."""
        headers = {"x-amzn-principal": certificate_arn}
        self.ask("PUT", f"/things/{quote(name, safe='')}/principals", None, headers)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, object]:
        """One call of the REST API; the answer's JSON object."""
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=_SECONDS)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, self._headers() | dict(headers or {}))
            answer = connection.getresponse()
            content = answer.read(_MAXIMUM_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise RegistryError(0, "InternalFailure", "the emulator does not answer") from error
        finally:
            connection.close()
        document = _read(content)
        if answer.status >= http.client.MULTIPLE_CHOICES:
            code = answer.getheader("x-amzn-ErrorType") or document.get("__type")
            message = str(document.get("message") or document.get("Message") or "refused")
            raise RegistryError(answer.status, str(code or answer.status), message)
        return document

    def _find(self, path: str) -> dict[str, object] | None:
        try:
            return self.ask("GET", path, None)
        except RegistryError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def _headers(self) -> dict[str, str]:
        account, region = self.account.account, self.account.region
        return {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/iot/"
            "aws4_request, SignedHeaders=host, Signature=none",
            "Content-Type": "application/json",
            # moto takes the account from this header; ministack from the access key.
            "x-moto-account-id": account,
        }


def _read(content: bytes) -> dict[str, object]:
    try:
        return _object(json.loads(content)) if content else {}
    except (ValueError, RecursionError):
        return {}


def _object(content: object) -> dict[str, object]:
    return content if isinstance(content, dict) else {}


def _list(content: object) -> list[object]:
    return content if isinstance(content, list) else []
