"""The gateway's TLS: SNI names the account, the certificate must be registered in it.

What AWS does for multi-account registration (certificates of mode SNI_ONLY). A name of no
account, or none, ends in an alert (unrecognized_name); so does a certificate that is not
registered and ACTIVE in that account (unknown_ca), or has expired (certificate_expired). Which
alerts AWS itself sends is documented nowhere.

In TLS 1.3 the client's certificate travels encrypted, so the bytes on the wire do not show it.
`ssl` shows each message of a handshake to its debugging hook before it acts upon it: there the
leaf is looked up and made an anchor of this one connection, in TLS 1.2 and 1.3 alike.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from tng.sandbox.authority import SandboxAuthority
from tng.sandbox.mqtt.tls import DeviceConnection, trust

AWS_PROTOCOL = "x-amzn-mqtt-ca"
"""The ALPN name for MQTT with a client certificate on port 443."""

_CERTIFICATE_MESSAGE = 11
_TLS_1_3 = 0x0304
_HEADER = 4

FindCertificate = Callable[[str, str], bool]
"""Server name and certificate id → whether the certificate may connect there."""


@dataclass(slots=True)
class _Handshake:
    context: ssl.SSLContext
    knows_name: Callable[[str], bool]
    may_connect: FindCertificate
    server_name: str = field(default="")

    def named(self, _: object, name: str | None, __: object) -> int | None:
        """`ssl`'s server name callback: ``None`` goes on, a number is an alert."""
        if name is None or not self.knows_name(name.lower()):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        self.server_name = name.lower()
        return None

    def message(self, _: object, direction: str, version: int, *rest: object) -> None:
        """`ssl`'s message callback: content type, message type and the message follow."""
        _, kind, data = rest
        if direction != "read" or kind != _CERTIFICATE_MESSAGE or not isinstance(data, bytes):
            return
        leaf = leaf_of(data, has_context=version == _TLS_1_3)
        if leaf and self.may_connect(self.server_name, sha256(leaf).hexdigest()):
            trust(self.context, leaf)


def leaf_of(message: bytes, *, has_context: bool) -> bytes:
    """The first certificate (DER) of a Certificate message; empty where there is none.

    RFC 5246 §7.4.2, and RFC 8446 §4.4.2, which puts a request context before the list.
    """
    start = _HEADER
    if has_context:
        start += 1 + int.from_bytes(message[start : start + 1], "big")
    # Length of the list, length of the first certificate, the certificate.
    length = int.from_bytes(message[start + 3 : start + 6], "big")
    return message[start + 6 : start + 6 + length]


def shake_hands(
    accepted: socket.socket,
    authority: SandboxAuthority,
    knows_name: Callable[[str], bool],
    may_connect: FindCertificate,
) -> tuple[DeviceConnection, str]:
    """The connection of an admitted device, and the server name that it said (lower case).

    Raises `DeviceTlsError` where it is refused, with the alert sent.
    """
    context = authority.server_context()
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols([AWS_PROTOCOL])
    handshake = _Handshake(context, knows_name, may_connect)
    _watch(context, handshake.named, handshake.message)
    try:
        return DeviceConnection(accepted, context), handshake.server_name
    finally:
        # What it sees from now on is nobody's business, and costs time.
        _watch(context, None, None)


def _watch(
    context: ssl.SSLContext,
    named: Callable[[object, str | None, object], int | None] | None,
    message: Callable[..., None] | None,
) -> None:
    context.sni_callback = named
    # The only way of `ssl` to a client's certificate before it is judged.
    context._msg_callback = message  # type: ignore[attr-defined]  # noqa: SLF001
