"""The TLS client that a device is: its leaf and key, and whom it trusts.

`ssl` loads keys from files only, so one is written for a moment, encrypted. Keys in tokens have
no business here.
"""

import ssl
import tempfile
from pathlib import Path
from secrets import token_urlsafe

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from tng.device.link import FileCredentials
from tng.errors import ConfigurationError, InputError
from tng.x509.pem import to_pem

HTTPS_PORT = 443
MQTT_ALPN = "x-amzn-mqtt-ca"
"""What MQTT with a client certificate is called on port 443 (AWS IoT, "Device communication
protocols")."""


def client_context(credentials: FileCredentials, ca_file: Path | None) -> ssl.SSLContext:
    """A TLS client (1.2 and newer) that shows the leaf alone and trusts ``ca_file``.

    Without one the system's CAs are trusted. Raises `ConfigurationError` for a CA file that
    cannot be used, `InputError` for a certificate that OpenSSL does not take.
    """
    context = trusting_context(ca_file)
    # The copy is encrypted under a passphrase that nobody else knows, so that no key lies in
    # the clear even for a moment.
    passphrase = token_urlsafe(32)
    encryption = BestAvailableEncryption(passphrase.encode("ascii"))
    pem = credentials.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    with tempfile.TemporaryDirectory(prefix="tng-device-") as folder:
        chain = Path(folder) / "device.pem"
        chain.write_bytes(to_pem(credentials.certificate.der).encode("ascii") + pem)
        try:
            context.load_cert_chain(chain, password=passphrase)
        except (ssl.SSLError, ValueError) as error:
            raise InputError(
                f"OpenSSL does not take this certificate and key: {_cause(error)}",
                "`tng decode` shows what is irregular about a certificate",
            ) from error
    return context


def trusting_context(ca_file: Path | None) -> ssl.SSLContext:
    """A TLS client (1.2 and newer) that shows no certificate; raises `ConfigurationError`."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{ca_file} cannot be used as CA certificates: {_cause(error)}",
            "--ca-file takes CA certificates in PEM.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def tls_1_2_context(ca_file: Path | None) -> ssl.SSLContext:
    """As `trusting_context`, for TLS 1.2 alone: what a server is asked for with a token's key."""
    context = trusting_context(ca_file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason or error)
