"""What an error of TCP or TLS means for somebody with a device; nothing is connected here.

OpenSSL's words for alerts differ between versions of TLS and of OpenSSL, so they are looked for
within its reason. Sources: RFC 8446 §6.2, `openssl/sslerr.h`, x509_vfy.h.
"""

import re
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime

from tng.device.connection import ConnectReason, Denied, Failure, Unanswered, Unsafe
from tng.device.link import DeviceEndpoint
from tng.x509.certificate import Certificate

_NOT_YET_VALID, _EXPIRED = 9, 10
_NAME_MISMATCHES = (62, 64)
_LEGACY_ENDPOINT = re.compile(
    r"[a-z0-9]+(?<!-ats)\.iot\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?", re.IGNORECASE
)
"""AWS's first kind of endpoint, whose certificate is of a root that nobody trusts any longer."""

_REFUSALS = (
    "UNKNOWN_CA",
    "BAD_CERTIFICATE",
    "CERTIFICATE_UNKNOWN",
    "UNSUPPORTED_CERTIFICATE",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_REQUIRED",
    "ACCESS_DENIED",
    "HANDSHAKE_FAILURE",
)
"""Alerts by which servers refuse a client's certificate."""

_VERSIONS = (
    "PROTOCOL_VERSION",
    "UNSUPPORTED_PROTOCOL",
    "NO_PROTOCOLS_AVAILABLE",
    "INAPPROPRIATE_FALLBACK",
)
_NOT_TLS = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST", "RECORD_LAYER")


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when an error was met, and the server's certificate if it could be had."""

    endpoint: DeviceEndpoint
    now: datetime
    server: Certificate | None = None

    @property
    def place(self) -> str:
        """The server in messages: its name, and the address where that is another."""
        where = f"{self.endpoint.host}:{self.endpoint.port}"
        address = self.endpoint.address
        return f"{where} at {address[0]}:{address[1]}" if address else where


def trouble(error: OSError, scene: Scene) -> Failure:
    """The failure that an error of connecting is."""
    match error:
        case socket.gaierror():
            message = f"{scene.place}: the name cannot be resolved"
            return Unsafe(ConnectReason.HOST_UNRESOLVED, message)
        case ssl.SSLCertVerificationError():
            return _unverified(error, scene)
        case ssl.SSLEOFError() | ConnectionResetError() | BrokenPipeError():
            message = f"{scene.place} closed the connection during the TLS handshake"
            return Denied(ConnectReason.TLS_CLOSED, message)
        case ssl.SSLError():
            return _of_tls(error, scene)
        case TimeoutError():
            message = f"{scene.place}: no TLS connection in time ({error.args[-1]})"
            return Unanswered(ConnectReason.NO_CONNECTION, message)
        case ConnectionRefusedError():
            message = f"{scene.place}: nothing listens on this port"
            return Unsafe(ConnectReason.HOST_UNREACHABLE, message)
        case _:
            message = f"{scene.place}: {error.strerror or error}"
            return Unsafe(ConnectReason.HOST_UNREACHABLE, message)


def is_refusal(error: OSError) -> bool:
    """Whether a server ended the handshake for want of a certificate that it takes."""
    if isinstance(error, (ssl.SSLEOFError, ConnectionResetError)):
        return True
    word = getattr(error, "reason", None) or ""
    return isinstance(error, ssl.SSLError) and any(refusal in word for refusal in _REFUSALS)


def is_legacy(host: str) -> bool:
    """Whether it is an AWS IoT endpoint of the first kind, without ``-ats``."""
    return _LEGACY_ENDPOINT.fullmatch(host) is not None


def _unverified(error: ssl.SSLCertVerificationError, scene: Scene) -> Failure:
    said = f"{scene.place}: its certificate is not trusted: {error.verify_message}"
    if is_legacy(scene.endpoint.host):
        message = f"{said}; this is AWS's old endpoint, which has no -ats in its name"
        return Unsafe(ConnectReason.WRONG_ENDPOINT, message)
    if error.verify_code in _NAME_MISMATCHES:
        shown = scene.server.subject.common_name if scene.server else None
        message = f"{said} (it is {shown}'s)" if shown else said
        return Unsafe(ConnectReason.WRONG_ENDPOINT, message)
    if error.verify_code == _NOT_YET_VALID:
        return Unsafe(ConnectReason.CLOCK_WRONG, _validity(scene))
    if error.verify_code == _EXPIRED:
        return Unsafe(ConnectReason.SERVER_EXPIRED, _validity(scene))
    issuer = scene.server.issuer.common_name if scene.server else None
    message = f"{said}; its issuer is {issuer}" if issuer else said
    return Unsafe(ConnectReason.SERVER_UNTRUSTED, message)


def _validity(scene: Scene) -> str:
    """Both times side by side: only people know which of them is right."""
    clock = f"this machine's clock says {_minute(scene.now)}"
    if scene.server is None:
        return f"{scene.place}: its certificate is not valid now; {clock}"
    valid = f"{_minute(scene.server.not_before)} to {_minute(scene.server.not_after)}"
    return f"{scene.place}: its certificate is valid from {valid}; {clock}"


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _of_tls(error: ssl.SSLError, scene: Scene) -> Failure:
    # Only errors that OpenSSL raised itself have a reason.
    word = getattr(error, "reason", None) or str(error.args[-1])
    said = f"{scene.place}: TLS failed: {word}"
    # What it has no name for, it describes with the same words.
    word = word.upper().replace(" ", "_")
    if any(version in word for version in _VERSIONS):
        return Unsafe(ConnectReason.TLS_VERSION, said)
    if any(words in word for words in _NOT_TLS):
        return Unsafe(ConnectReason.NOT_TLS, said)
    if "NO_APPLICATION_PROTOCOL" in word:
        return Unsafe(ConnectReason.ALPN_REFUSED, said)
    if "UNRECOGNIZED_NAME" in word:
        return Unsafe(ConnectReason.WRONG_ENDPOINT, said)
    if "CERTIFICATE_EXPIRED" in word:
        return Denied(ConnectReason.CERTIFICATE_EXPIRED, said)
    if "DECRYPT_ERROR" in word:
        return Denied(ConnectReason.KEY_REFUSED, said)
    if any(refusal in word for refusal in _REFUSALS) or word.startswith("AWS_IO_TLS"):
        return Denied(ConnectReason.CERTIFICATE_REFUSED, said)
    return Unsafe(ConnectReason.TLS_FAILED, said)
