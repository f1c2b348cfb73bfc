"""Trust material that the user adds for a run, from certificate files.

It is marked as added wherever it is shown, and never replaces what is built in.
"""

import base64
from collections.abc import Iterable
from hashlib import sha1, sha256
from pathlib import Path

from tng.errors import TrustError
from tng.trust.anchor import Anchor, Role, TrustMaterial
from tng.x509.certificate import Certificate, CertificateError
from tng.x509.keys import key_bits
from tng.x509.pem import read_certificate_file

MAX_TRUST_FILE_BYTES = 4 * 1024 * 1024
"""Trust files are small; a bound against a wrong path."""


def added_material(
    anchors: Iterable[Path], manifest_signers: Iterable[Path], intermediates: Iterable[Path]
) -> TrustMaterial:
    """Read the files given with ``--trust-anchor``, ``--manifest-signer``, ``--intermediate``.

    Raises `TrustError` that names the file for whatever cannot be used.
    """
    roots = [_root(c, path) for path in anchors for c in _certificates(path)]
    signers = [_signer(c, path) for path in manifest_signers for c in _certificates(path)]
    offered = [_intermediate(c, path) for path in intermediates for c in _certificates(path)]
    return TrustMaterial(tuple(roots + signers), intermediates=tuple(offered))


def _certificates(path: Path) -> tuple[Certificate, ...]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_TRUST_FILE_BYTES + 1)
    except OSError as error:
        raise TrustError(
            f"{path}: {error.strerror or error}", "Check the path of the certificate file."
        ) from error
    except ValueError as error:
        # A path with a zero byte, which a configuration or a saved plan may hold.
        raise TrustError(
            f"{str(path)!r}: {error}", "Check the path of the certificate file."
        ) from error
    if len(data) > MAX_TRUST_FILE_BYTES:
        raise TrustError(f"{path} is too large for a certificate file", "Pass a PEM or DER file.")
    try:
        return read_certificate_file(data)
    except CertificateError as error:
        raise TrustError(f"{path}: {error}", "Pass a PEM or DER certificate.") from error


def _root(certificate: Certificate, path: Path) -> Anchor:
    if not certificate.extensions.is_ca:
        raise TrustError(
            f"{path}: {certificate.subject} is not a certificate authority (CA:TRUE is missing)",
            "Pass the issuer's certificate; a manifest signer goes to --manifest-signer.",
        )
    return _anchor(certificate, path, Role.DEVICE_ROOT)


def _intermediate(certificate: Certificate, path: Path) -> Certificate:
    if not certificate.extensions.is_ca:
        raise TrustError(
            f"{path}: {certificate.subject} is not a certificate authority (CA:TRUE is missing)",
            "Pass the issuer's certificate.",
        )
    return certificate


def _signer(certificate: Certificate, path: Path) -> Anchor:
    return _anchor(certificate, path, Role.MANIFEST_SIGNER)


def _anchor(certificate: Certificate, path: Path, role: Role) -> Anchor:
    identifier = certificate.extensions.subject_key_identifier or _key_identifier(certificate)
    is_signer = role is Role.MANIFEST_SIGNER
    return Anchor(
        id=f"added-{certificate.sha256[:16]}",
        vendor="added",
        role=role,
        subject=frozenset(certificate.subject.attributes),
        subject_text=str(certificate.subject),
        public_key=certificate.public_key,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        certificate_sha256=certificate.sha256,
        spki_sha256=sha256(certificate.public_key.spki).hexdigest(),
        serial_number=certificate.serial_hex,
        subject_key_identifier=certificate.extensions.subject_key_identifier,
        path_length=certificate.extensions.path_length,
        issuer_id=None,
        key_id=_base64url(identifier) if is_signer else None,
        thumbprint=_base64url(sha256(certificate.der).digest()) if is_signer else None,
        revoked=None,
        note="",
        source=str(path),
        built_in=False,
        trusted=True,
    )


def _key_identifier(certificate: Certificate) -> bytes:
    # RFC 5280 §4.2.1.2 method (1) defines the identifier as SHA-1; nothing relies on
    # its strength, the thumbprint beside it is SHA-256.
    return sha1(key_bits(certificate.public_key.spki), usedforsecurity=False).digest()


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
