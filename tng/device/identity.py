"""A device's identity at Azure from files: certificate, private key, and the id that follows.

Everything that can be found wrong without a connection is found here or in
`tng.device.credentials`. Chips whose key cannot leave them have no business here.
"""

import ssl
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from tng.clouds.azure.registration_ids import certificate_problem, mismatch
from tng.device import tls
from tng.device.credentials import read_certificates, read_matching_key, validity_warnings
from tng.device.link import FileCredentials
from tng.errors import InputError
from tng.private_key_file import Passphrase
from tng.x509.certificate import Certificate


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
    certificates = read_certificates(certificate_file)
    leaf = certificates[0]
    named = _registration_id(leaf, registration_id)
    hint = "Keys are PEM or DER files; one that cannot leave its chip cannot be checked from here"
    key = read_matching_key(leaf, certificate_file, key_file, passphrase, hint=hint)
    warnings = validity_warnings(leaf, now)
    if len(certificates) > 1:
        warnings += (f"only the first of {len(certificates)} certificates is sent, as the leaf",)
    return DeviceIdentity(leaf, key, named, warnings)


def client_context(identity: DeviceIdentity, ca_file: Path | None) -> ssl.SSLContext:
    """The TLS client of this device; see `tng.device.tls.client_context`."""
    return tls.client_context(FileCredentials(identity.certificate, identity.key), ca_file)


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
