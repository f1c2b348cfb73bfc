"""The front of links: one function, whatever holds the private key.

The clients behind it are loaded only when one of their kind is opened.
"""

import time
from typing import TYPE_CHECKING, assert_never

from tng.device.link import (
    DeviceCredentials,
    DeviceEndpoint,
    DeviceLink,
    FileCredentials,
    TokenCredentials,
)

if TYPE_CHECKING:
    from tng.device.mqtt import MqttConversation


def open_link(
    endpoint: DeviceEndpoint,
    credentials: DeviceCredentials,
    client_id: str,
    *,
    timeout_seconds: float,
    username: str = "",
) -> DeviceLink:
    """A link that has not been connected yet; its deadline runs from now on.

    Raises `ConfigurationError` for a CA file that cannot be used or a client that is not
    installed, `InputError` for a certificate that cannot be used, and with keys in tokens
    `TokenError`, and `UsageError` for an ``address`` other than the host.
    """
    require_client(credentials)
    match credentials:
        case FileCredentials():
            return _with_file(endpoint, credentials, client_id, timeout_seconds, username)
        case TokenCredentials():
            from tng.device.token_link import open_token_link

            return open_token_link(
                endpoint,
                credentials,
                client_id,
                timeout_seconds=timeout_seconds,
                username=username,
            )
        case _:
            assert_never(credentials)


def _with_file(
    endpoint: DeviceEndpoint,
    credentials: FileCredentials,
    client_id: str,
    timeout_seconds: float,
    username: str,
) -> "MqttConversation":
    from tng.device.mqtt import MqttConversation, MqttPeer
    from tng.device.tls import HTTPS_PORT, MQTT_ALPN, client_context

    context = client_context(credentials, endpoint.ca_file)
    if endpoint.port == HTTPS_PORT:
        context.set_alpn_protocols([MQTT_ALPN])
    peer = MqttPeer(endpoint.host, endpoint.port, client_id, username, endpoint.address)
    return MqttConversation(peer, context, time.monotonic() + timeout_seconds)


def require_client(credentials: DeviceCredentials) -> None:
    """Raise `ConfigurationError` where the client for such a key is not installed."""
    match credentials:
        case FileCredentials():
            require("paho", "paho-mqtt")
        case TokenCredentials():
            require("awscrt", "awscrt")
        case _:
            assert_never(credentials)


def require(module: str, package: str) -> None:
    """Raise `ConfigurationError` where the package of the extra ``device`` is not installed."""
    from importlib.util import find_spec

    from tng.errors import ConfigurationError

    if find_spec(module) is None:
        raise ConfigurationError(
            f"connecting as a device needs a package that is not installed: {package}",
            "Install it with: pip install 'tng[device]'",
        )
