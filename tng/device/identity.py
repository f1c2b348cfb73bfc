"""A device's identity from files: certificate, private key, and the id that follows from them.

Everything that can be found wrong without a connection is found here. Private keys stay in
memory and are never shown; chips whose key cannot leave them have no business here.
"""

import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from tng.clouds.azure.registration_ids import certificate_problem, mismatch
from tng.errors import ConfigurationError, InputError
from tng.private_key_file import Passphrase, read_private_key, read_small_file
from tng.x509.certificate import Certificate, CertificateError
from tng.x509.pem import read_certificate_file, to_pem


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """A leaf and its private key. ``warnings`` are what may matter later, as sentences."""

    certificate: Certificate
    key: PrivateKeyTypes = field(repr=False)
    registration_id: str
    warnings: tuple[str, ...] = ()


def load_identity(
    certificate_file: Path,
    key_file: Path,
    *,
    passphrase: Passphrase,
    registration_id: str | None,
    now: datetime,
) -> DeviceIdentity:
    """Read both files and hold them together; ``registration_id`` is the CN where ``None``.

    Certificates are PEM or DER, of several the first counts; keys are PEM or DER, encrypted or
    not. Raises `InputError` for what cannot register, naming what was found and expected.
    """
    certificates = _read_certificates(certificate_file)
    leaf = certificates[0]
    named = _registration_id(leaf, registration_id)
    key = read_private_key(
        key_file,
        passphrase,
        whose="the device's",
        hint="Keys are PEM or DER files; one that cannot leave its chip cannot be checked "
        "from here",
    )
    if not _belongs(key, leaf):
        raise InputError(
            f"{key_file} is not the key of {certificate_file}: their public keys differ",
            "Name the private key that the certificate was made for.",
        )
    warnings = _validity(leaf, now)
    if len(certificates) > 1:
        warnings += (f"only the first of {len(certificates)} certificates is sent, as the leaf",)
    return DeviceIdentity(leaf, key, named, warnings)


def client_context(identity: DeviceIdentity, ca_file: Path | None) -> ssl.SSLContext:
    """A TLS client (1.2 and newer) that shows the leaf alone and trusts ``ca_file``.

    Without one the system's CAs are trusted. Raises `ConfigurationError` for a CA file that
    cannot be used, `InputError` for a certificate that OpenSSL does not take.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{ca_file} cannot be used as CA certificates: {_cause(error)}",
            "--ca-file takes CA certificates in PEM",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # `ssl` reads files only. The copy is encrypted under a passphrase that nobody else knows,
    # so that no key lies in the clear even for a moment.
    passphrase = token_urlsafe(32)
    encryption = BestAvailableEncryption(passphrase.encode("ascii"))
    pem = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    with tempfile.TemporaryDirectory(prefix="tng-device-") as folder:
        chain = Path(folder) / "device.pem"
        chain.write_bytes(to_pem(identity.certificate.der).encode("ascii") + pem)
        try:
            context.load_cert_chain(chain, password=passphrase)
        except (ssl.SSLError, ValueError) as error:
            raise InputError(
                f"OpenSSL does not take this certificate and key: {_cause(error)}",
                "`tng decode` shows what is irregular about a certificate",
            ) from error
    return context


def _read_certificates(path: Path) -> tuple[Certificate, ...]:
    try:
        return read_certificate_file(read_small_file(path))
    except CertificateError as error:
        raise InputError(
            f"{path} holds no certificate that can be read: {error}",
            "Name the device's certificate, PEM or DER.",
        ) from error


def _registration_id(leaf: Certificate, wanted: str | None) -> str:
    """The id to register with: legal, and the CN without regard to case."""
    problem = certificate_problem(leaf)
    if problem:
        raise InputError(
            problem,
            "The service demands a common name (CN) equal to the registration id: a device with "
            "this certificate cannot be registered individually.",
        )
    name = leaf.subject.common_name or ""
    if wanted is not None and mismatch(wanted, name):
        raise InputError(
            mismatch(wanted, name),
            "Leave --registration-id out: the service refuses every other id than the CN.",
        )
    return name.lower()


def _belongs(key: PrivateKeyTypes, leaf: Certificate) -> bool:
    public = key.public_key()
    spki = leaf.public_key.spki
    if public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == spki:
        return True
    try:
        # The same key may be written in another way, as a compressed point for one.
        return load_der_public_key(spki) == public
    except (ValueError, UnsupportedAlgorithm):
        return False


def _validity(leaf: Certificate, now: datetime) -> tuple[str, ...]:
    if now > leaf.not_after:
        expired = f"the certificate expired on {leaf.not_after:%Y-%m-%d}"
        return (f"{expired}: IoT hubs refuse it even where the device is assigned",)
    if now < leaf.not_before:
        return (f"the certificate is not valid before {leaf.not_before:%Y-%m-%d}",)
    return ()


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason or error)
