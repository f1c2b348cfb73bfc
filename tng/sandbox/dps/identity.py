"""Tokens of a sandbox: issued like a managed identity's, bound to what they were asked for.

The endpoint is App Service's ("REST endpoint reference" of its managed identities), over
plain http on the loopback, so that `azure-identity` finds it through ``IDENTITY_ENDPOINT``
and ``IDENTITY_HEADER``. A token is a random text, known here only; there is no signature to
check. Two identities exist: the system's own, which may do everything, and
`STRANGER_CLIENT_ID`, which may do nothing.
"""

import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from tng.sandbox.dps.answers import document, plain
from tng.sandbox.dps.requests import Request, read_request
from tng.sandbox.listener import Listener
from tng.sandbox.wire import Connection, Message

DPS_RESOURCE = "https://azure-devices-provisioning.net"
"""The audience of the service API."""
MANAGEMENT_RESOURCE = "https://management.azure.com"
"""The audience of Azure Resource Manager."""
STRANGER_CLIENT_ID = "11111111-1111-1111-1111-111111111111"
"""A user-assigned identity without any role."""

DEFAULT_LIFETIME = 3600.0
_PATH = ("msi", "token")
_OWN_CLIENT_ID = "00000000-0000-0000-0000-000000000001"
_MAXIMUM_TOKENS = 10_000
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Token:
    resource: str
    expires: float
    has_role: bool


class TokenStore:
    """The tokens that are valid. ``now`` gives seconds since the epoch; safe for threads."""

    def __init__(self, now: Callable[[], float], lifetime: float = DEFAULT_LIFETIME) -> None:
        self._now = now
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, _Token] = OrderedDict()

    def issue(self, resource: str, *, has_role: bool = True) -> tuple[str, int]:
        """A new token for a resource, and when it expires in seconds since the epoch."""
        text = secrets.token_urlsafe(_TOKEN_BYTES)
        expires = self._now() + self._lifetime
        with self._lock:
            self._tokens[text] = _Token(resource.rstrip("/"), expires, has_role)
            while len(self._tokens) > _MAXIMUM_TOKENS:
                self._tokens.popitem(last=False)
        return text, int(expires)

    def allows(self, text: str, resource: str) -> bool | None:
        """Whether the holder has a role at the resource; ``None``: the token is not valid."""
        with self._lock:
            token = self._tokens.get(text)
        if token is None or token.resource != resource or token.expires <= self._now():
            return None
        return token.has_role


class IdentityEndpoint:
    """The token endpoint; runs from `start` to `stop`.

    ``url`` and ``header`` are what ``IDENTITY_ENDPOINT`` and ``IDENTITY_HEADER`` must be.
    """

    def __init__(self, tokens: TokenStore) -> None:
        self._tokens = tokens
        self._listener = Listener()
        self.header = secrets.token_urlsafe(_TOKEN_BYTES)
        self.url = f"http://{self._listener.host}/{'/'.join(_PATH)}"

    def start(self) -> None:
        """Answer from now on."""
        self._listener.start(self._serve)

    def stop(self) -> None:
        """Answer no more."""
        self._listener.stop()

    def _serve(self, connection: Connection) -> None:
        while not self._listener.stopping:
            connection.send(self._answer(read_request(connection.read_request())))

    def _answer(self, request: Request) -> Message:
        if request.method != "GET" or request.path != _PATH:
            return plain(404, {"statusCode": 404, "message": "not found"})
        given = request.headers.get("x-identity-header", "")
        if not hmac.compare_digest(given.encode(), self.header.encode()):
            return plain(401, {"statusCode": 401, "message": "the identity header is wrong"})
        resource = request.query.get("resource", "")
        client = request.query.get("client_id", _OWN_CLIENT_ID)
        known = client in (_OWN_CLIENT_ID, STRANGER_CLIENT_ID)
        if not (resource and request.query.get("api-version") and known):
            return plain(400, {"statusCode": 400, "message": "no such resource or identity"})
        text, expires = self._tokens.issue(resource, has_role=client != STRANGER_CLIENT_ID)
        return document(
            {
                "access_token": text,
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": client,
            }
        )
