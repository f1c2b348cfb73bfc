"""Connection strings: who may sign for a service. Pure; never says what it was given."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from tng.errors import TargetError

_MAX_LENGTH = 4096
_MAX_KEY_BYTES = 512
_PARTS = ("hostname", "sharedaccesskeyname", "sharedaccesskey")
_POLICY = re.compile(r"[\w.-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SharedKey:
    """A shared access key: the host it is for (lower case), its policy, the key in base64."""

    host: str
    policy: str
    key: str = field(repr=False)


def read_connection_string(text: str, origin: str) -> SharedKey:
    """Read ``HostName=…;SharedAccessKeyName=…;SharedAccessKey=…``, in any order.

    ``origin`` is the variable that it came from. Raises `TargetError`, which repeats nothing
    of the text: any part of it may be the key.
    """
    if len(text) > _MAX_LENGTH:
        raise _refused(origin, "it is too long")
    parts: dict[str, str] = {}
    for piece in text.strip().strip(";").split(";"):
        name, separator, value = piece.strip().partition("=")
        if not separator or name.lower() not in _PARTS:
            raise _refused(origin, "it has a part that is none of its three")
        if name.lower() in parts:
            raise _refused(origin, "it has a part twice")
        parts[name.lower()] = value
    if len(parts) != len(_PARTS) or not all(parts.values()):
        raise _refused(origin, "it lacks a part")
    if not _POLICY.fullmatch(parts["sharedaccesskeyname"]):
        raise _refused(origin, "the name of its key is not one")
    _check_key(parts["sharedaccesskey"], origin)
    return SharedKey(
        parts["hostname"].lower(), parts["sharedaccesskeyname"], parts["sharedaccesskey"]
    )


def _check_key(key: str, origin: str) -> None:
    """A key that is no base64 would make the SDK fail at every single call."""
    try:
        size = len(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not 0 < size <= _MAX_KEY_BYTES:
        raise _refused(origin, "its key is not base64")


def _refused(origin: str, reason: str) -> TargetError:
    return TargetError(
        f"the connection string in {origin} cannot be used: {reason}",
        "Copy it again from the service's shared access policies: "
        "HostName=…;SharedAccessKeyName=…;SharedAccessKey=…",
    )
