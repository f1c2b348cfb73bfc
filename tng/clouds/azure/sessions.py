"""Clients and credentials: who calls, over which connections, and that nothing is made twice.

Keys come from the environment or from Resource Manager, logins from `azure-identity`'s own
chain; none is stored or logged here.
"""

import logging
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from azure.core.credentials import (
    AccessToken,
    AccessTokenInfo,
    AzureNamedKeyCredential,
    TokenRequestOptions,
)
from azure.core.pipeline.policies import (
    ContentDecodePolicy,
    HttpLoggingPolicy,
    UserAgentPolicy,
)
from azure.iot.deviceprovisioning import DeviceProvisioningClient

from tng import __version__
from tng.clouds.azure.connection_string import SharedKey, read_connection_string
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.azure.token_hosts import refuse_strange_host
from tng.clouds.azure.transport import make_transport
from tng.errors import TargetError

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential
    from azure.mgmt.iothubprovisioningservices import IotDpsClient

_OPTIONS: Mapping[str, Any] = {
    # The engine tries again, at its rate. The SDK would wait as long as it is told to, would
    # leave a throttled POST alone, and would turn a lost reply into a conflict.
    "retry_total": 0,
    "permit_redirects": False,
    # Otherwise signatures and keys are written into the log.
    "logging_enable": False,
    "user_agent": f"tng/{__version__}",
}
# What the SDKs warn of is in their errors too; without a handler it would go to stderr.
for _name in ("azure", "msal"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

_FRESH_SECONDS = 300
"""A token that ends sooner is asked for anew; the SDK does the same."""

_SCOPES = {
    "https://management.usgovcloudapi.net": "https://management.usgovcloudapi.net/.default",
    "https://management.chinacloudapi.cn": "https://management.chinacloudapi.cn/.default",
}
_PUBLIC_SCOPE = "https://management.azure.com/.default"


class AzureSessions:
    """Makes clients; one login is shared by all of them. ``environment`` has the secrets."""

    def __init__(self, threads: int, environment: Mapping[str, str]) -> None:
        self._threads = threads
        self._environment = environment
        self._lock = Lock()
        self._login: LoginCredential | None = None

    def shared_key(self, settings: AzureSettings) -> SharedKey | None:
        """The key of the target's connection string, where one is given; raises `TargetError`."""
        variable = settings.connection_string_env
        text = self._environment.get(variable, "")
        return read_connection_string(text, variable) if text.strip() else None

    def service(
        self, settings: AzureSettings, host: str, key: SharedKey | None
    ) -> DeviceProvisioningClient:
        """A client of the service at ``host``; without ``key``, by login. Makes no call.

        Raises `TargetError` for a host that no login's token may be sent to.
        """
        if key is None:
            refuse_strange_host(host)
        credential = self._credential() if key is None else _named(key)
        transport = make_transport(self._threads, _readable(settings.ca_file))
        return DeviceProvisioningClient(host, credential, transport=transport, **_OPTIONS)

    def management(self, settings: AzureSettings) -> "IotDpsClient":
        """A client of Resource Manager, for discovery. Makes no call; raises as `service`."""
        refuse_strange_host(settings.arm_endpoint.removeprefix("https://"))
        # Only discovery needs them, and they take half a second to load.
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
        from azure.mgmt.iothubprovisioningservices import IotDpsClient

        endpoint = settings.arm_endpoint
        credential = self._credential()
        scope = _SCOPES.get(endpoint, _PUBLIC_SCOPE)
        return IotDpsClient(
            credential,
            str(settings.subscription),
            endpoint,
            transport=make_transport(1, _readable(settings.ca_file)),
            # Its own list has more than a read should do: trying again, following redirects,
            # and registering the resource provider where the subscription has not.
            policies=[
                UserAgentPolicy(**_OPTIONS),
                ContentDecodePolicy(),
                ARMChallengeAuthenticationPolicy(credential, scope),
                HttpLoggingPolicy(),
            ],
        )

    def _credential(self) -> "LoginCredential":
        with self._lock:
            if self._login is None:
                from azure.identity import DefaultAzureCredential

                self._login = LoginCredential(DefaultAzureCredential())
            return self._login


class LoginCredential:
    """A login that several threads and clients share: one asks, the others wait for the token.

    Without it every thread would start an ``az`` of its own.
    """

    def __init__(self, credential: "DefaultAzureCredential") -> None:
        self._credential = credential
        self._lock = Lock()
        self._tokens: dict[tuple[str, ...], AccessTokenInfo] = {}

    def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        """A token for ``scopes``; raises what the credential raises."""
        if options and options.get("claims"):
            return self._credential.get_token_info(*scopes, options=options)
        with self._lock:
            token = self._tokens.get(scopes)
            if token is None or token.expires_on - time.time() < _FRESH_SECONDS:
                token = self._credential.get_token_info(*scopes, options=options)
                self._tokens[scopes] = token
            return token

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **_others: object,
    ) -> AccessToken:
        """The older form, by which the data plane's SDK recognises a login."""
        options: TokenRequestOptions = {"enable_cae": enable_cae}
        if claims:
            options["claims"] = claims
        if tenant_id:
            options["tenant_id"] = tenant_id
        token = self.get_token_info(*scopes, options=options)
        return AccessToken(token.token, token.expires_on)


def _named(key: SharedKey) -> AzureNamedKeyCredential:
    return AzureNamedKeyCredential(key.policy, key.key)


def _readable(ca_file: Path | None) -> Path | None:
    """The file, if it holds certificates; raises `TargetError` instead of failing every call."""
    if ca_file is None:
        return None
    try:
        ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ValueError) as error:
        raise TargetError(
            f"{ca_file} cannot be used as certificate authority: {error}",
            "Name a PEM file with the certificate of the authority that issued the service's.",
        ) from error
    return ca_file
