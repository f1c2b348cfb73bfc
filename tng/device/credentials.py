"""A device's certificate with its private key, from files or with the key in a token.

Public keys are compared here, before any connection: a TLS library says of a wrong key only that
negotiating failed. Nothing here knows what a cloud expects of a certificate.
"""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tng.device.link import FileCredentials, TokenCredentials
from tng.errors import InputError
from tng.pkcs11.public import public_key_of
from tng.pkcs11.session import find_private_key, open_session
from tng.pkcs11.uri import TokenUri
from tng.private_key_file import Passphrase, read_private_key, read_small_file
from tng.x509.certificate import Certificate, CertificateError
from tng.x509.pem import read_certificate_file
from tng.x509.same_key import is_same_key


def load_file_credentials(
    certificate_file: Path, key_file: Path, passphrase: Passphrase
) -> FileCredentials:
    """The first certificate of its file and the key of it; `InputError` where they do not fit.

    Certificates are PEM or DER; keys are PEM or DER, encrypted or not. ``passphrase`` is called
    for an encrypted key only.
    """
    leaf = read_certificates(certificate_file)[0]
    hint = "Keys are PEM or DER files; one that cannot leave its chip is named by --pkcs11"
    key = read_matching_key(leaf, certificate_file, key_file, passphrase, hint=hint)
    return FileCredentials(leaf, key)


def read_matching_key(
    leaf: Certificate,
    certificate_file: Path,
    key_file: Path,
    passphrase: Passphrase,
    *,
    hint: str,
) -> PrivateKeyTypes:
    """The private key of ``leaf``; `InputError` for another one's, and for what is no key.

    ``certificate_file`` is where the leaf was read from, ``hint`` helps where no key can be read.
    """
    key = read_private_key(key_file, passphrase, whose="the device's", hint=hint)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if not is_same_key(spki, leaf.public_key.spki):
        raise InputError(
            f"{key_file} is not the key of {certificate_file}: their public keys differ",
            "Name the private key that the certificate was made for.",
        )
    return key


def load_token_credentials(certificate_file: Path, uri: TokenUri, pin: str) -> TokenCredentials:
    """The first certificate of its file, whose key is the one that ``uri`` names in a token.

    Raises `InputError` where their public keys differ, and `TokenError` for a token, key or PIN
    that cannot be used.
    """
    leaf = read_certificates(certificate_file)[0]
    with open_session(uri, pin) as session:
        spki = public_key_of(session, find_private_key(session, uri))
    if not is_same_key(spki, leaf.public_key.spki):
        raise InputError(
            f"the token's key is not the key of {certificate_file}: their public keys differ",
            "Name the certificate of this chip, or the key that the certificate was made for.",
        )
    return TokenCredentials(leaf, uri, pin)


def read_certificates(path: Path) -> tuple[Certificate, ...]:
    """The certificates of a file, at least one; raises `InputError`."""
    try:
        return read_certificate_file(read_small_file(path))
    except CertificateError as error:
        raise InputError(
            f"{path} holds no certificate that can be read: {error}",
            "Name the device's certificate, PEM or DER.",
        ) from error


def validity_warnings(leaf: Certificate, now: datetime) -> tuple[str, ...]:
    """What of the certificate's dates may matter to a cloud, as sentences; at most one."""
    if now > leaf.not_after:
        expired = f"the certificate expired on {leaf.not_after:%Y-%m-%d}"
        return (f"{expired}: AWS refuses it, and so do IoT hubs, even of an assigned device",)
    if now < leaf.not_before:
        return (f"the certificate is not valid before {leaf.not_before:%Y-%m-%d}",)
    return ()
