"""Who may call the service API: shared access signatures, and tokens of Microsoft Entra.

A signature is checked as the service does it: HMAC-SHA256 with the key of the named policy
over the resource as it stands in the token, a line feed, and the expiry ("Control access to
DPS with shared access signatures"). Finer rights than all or none are not modelled.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import unquote_plus

from tng.sandbox.dps.answers import FORBIDDEN, UNAUTHORIZED, ManagementError, RefusalError
from tng.sandbox.dps.identity import DPS_RESOURCE, MANAGEMENT_RESOURCE, TokenStore
from tng.sandbox.dps.state import DpsInstance

_SIGNATURE_SCHEME = "SharedAccessSignature"
_TOKEN_SCHEME = "Bearer"  # noqa: S105 - the name of a scheme, not a password
_FIELDS = frozenset({"sr", "sig", "se", "skn"})
_LONGEST_EXPIRY = 15
_KEY_BYTES = 32


class Gate:
    """Lets callers in, or not. ``now`` gives seconds since the epoch."""

    def __init__(self, tokens: TokenStore, now: Callable[[], float]) -> None:
        self._tokens = tokens
        self._now = now

    def check_service(self, authorization: str, instance: DpsInstance) -> None:
        """Raise `RefusalError` (401, 403) unless the caller may use the service API."""
        scheme, _, rest = authorization.partition(" ")
        if scheme == _SIGNATURE_SCHEME and not instance.disable_local_auth:
            if self._is_signed(rest.strip(), instance):
                return
        elif scheme == _TOKEN_SCHEME:
            allowed = self._tokens.allows(rest.strip(), DPS_RESOURCE)
            if allowed:
                return
            if allowed is False:
                raise RefusalError(FORBIDDEN, "The identity has no role at this service.")
        raise RefusalError(UNAUTHORIZED, "Unauthorized")

    def check_management(self, authorization: str) -> None:
        """Raise `ManagementError` (401, 403) unless the caller may use Resource Manager."""
        scheme, _, rest = authorization.partition(" ")
        if scheme != _TOKEN_SCHEME:
            raise ManagementError(
                401, "AuthenticationFailed", "Authentication failed. There is no bearer token."
            )
        allowed = self._tokens.allows(rest.strip(), MANAGEMENT_RESOURCE)
        if allowed is None:
            raise ManagementError(401, "InvalidAuthenticationToken", "The access token is invalid.")
        if not allowed:
            raise ManagementError(
                403, "AuthorizationFailed", "The client does not have authorization."
            )

    def _is_signed(self, text: str, instance: DpsInstance) -> bool:
        pairs = [pair.partition("=")[::2] for pair in text.split("&")]
        fields = dict(pairs)
        if len(pairs) != len(_FIELDS) or fields.keys() != _FIELDS:
            return False
        key = instance.keys.get(unquote_plus(fields["skn"]))
        fits = unquote_plus(fields["sr"]).lower() in instance.hosts
        if key is None or not fits or not self._is_ahead(fields["se"]):
            return False
        try:
            given = base64.b64decode(unquote_plus(fields["sig"]), validate=True)
        except (binascii.Error, ValueError):
            return False
        signed = f"{fields['sr']}\n{fields['se']}".encode()
        return hmac.compare_digest(given, hmac.digest(base64.b64decode(key), signed, sha256))

    def _is_ahead(self, expiry: str) -> bool:
        is_number = expiry.isascii() and expiry.isdigit() and len(expiry) <= _LONGEST_EXPIRY
        return is_number and int(expiry) > self._now()


def new_key() -> str:
    """A shared access key as the service makes them: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
