"""Calls of a service with a key that it does not know."""

from pathlib import Path

from tng.clouds.azure.api import DpsApi
from tng.clouds.azure.connection_string import SharedKey
from tng.clouds.azure.sessions import AzureSessions
from tng.clouds.azure.settings import AzureSettings


def api_of(host: str, ca_file: Path) -> DpsApi:
    """The calls of whatever is at ``host``."""
    settings = AzureSettings("test", dps_host=host, ca_file=ca_file)
    key = SharedKey(host, "owner", "c2VjcmV0")
    return DpsApi(AzureSessions(2, {}).service(settings, host, key))
