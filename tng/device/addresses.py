"""``HOST[:PORT]`` as people type it."""

import ipaddress
import re

from tng.errors import UsageError

_FORM = re.compile(r"(?:\[([^\]]+)\]|([^:]+))(?::([0-9]{1,5}))?")


def read_address(text: str, *, default_port: int, hint: str) -> tuple[str, int]:
    """Host and port; an IPv6 address with a port stands in brackets. Raises `UsageError`.

    The host has one spelling, by which ledgers know it: in lower case, without a final dot (RFC
    4343; RFC 1034 §3.1).
    """
    if _is_ip_address(text):
        return text.lower(), default_port
    match = _FORM.fullmatch(text)
    port = int(match[3] or default_port) if match else 0
    host = (match[1] or match[2]).lower().removesuffix(".") if match else ""
    if not host or not 0 < port < 65536:
        raise UsageError(f"{text!r} is no HOST or HOST:PORT", hint)
    return host, port


def read_endpoint(text: str, port: int | None, *, default_port: int) -> tuple[str, int]:
    """Host and port of ``--endpoint``, which may say the port as well as ``--port`` (``port``).

    Raises `UsageError` for what is no host, and where the two say different ports.
    """
    if "/" in text:
        raise UsageError(
            f"--endpoint is {text!r}, expected the name of a host: HOST or HOST:PORT",
            "Leave https:// out, and what follows the host.",
        )
    hint = "Say HOST, or HOST:443 where 8883 is closed."
    host, own = read_address(text, default_port=port or default_port, hint=hint)
    if port not in (None, own):
        raise UsageError(
            f"--endpoint says port {own}, and --port says {port}", "Leave one of the two out."
        )
    return host, own


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
