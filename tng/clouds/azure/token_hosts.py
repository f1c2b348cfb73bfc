"""Which hosts a login's token is sent to. Pure.

A token is for every service that its user may write to, not for one host as a key's signature
is: who receives it can use it elsewhere. Addresses come from files (a saved plan, ``tng.toml``)
that somebody else may have written, so only Azure itself and this machine get one.
"""

import re

from tng.errors import TargetError

_AZURE = (
    ".azure-devices-provisioning.net",
    ".azure-devices-provisioning.us",
    ".azure-devices-provisioning.cn",
    "management.azure.com",
    "management.usgovcloudapi.net",
    "management.chinacloudapi.cn",
)
"""Service endpoints and Resource Manager of the public, the government and the Chinese cloud."""

_ADDRESS = re.compile(r"([a-z0-9.-]+)(?::[0-9]{1,5})?")
_THIS_MACHINE = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}")


def refuse_strange_host(address: str) -> None:
    """Raise `TargetError` for a ``HOST[:PORT]`` that no token of a login may be sent to."""
    match = _ADDRESS.fullmatch(address.lower())
    host = match[1] if match else ""
    if _THIS_MACHINE.fullmatch(host) or any(_is_of(host, own) for own in _AZURE):
        return
    raise TargetError(
        f"{address[:256]} is no host of Azure: the token of a login is not sent there",
        "Correct the host, or use --auth key with the connection string of that service.",
    )


def _is_of(host: str, own: str) -> bool:
    return host.endswith(own) if own.startswith(".") else host == own
