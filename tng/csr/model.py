"""What a certificate request says, and the device that asks with it."""

from dataclasses import dataclass

from tng.findings import Finding
from tng.models import DeviceRecord, RejectedDevice, Undecodable


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """One CSR whose own signature was checked: its proof of possession (RFC 2986 §4.2).

    ``der`` is exactly one CertificationRequest, ``spki`` the SubjectPublicKeyInfo in it (DER).
    ``key_type`` is ``"P-256"``, ``"P-384"``, ``"P-521"`` or ``"RSA-2048"``-like.
    ``common_name`` is the subject's one CN, ``None`` where there is none or several; ``subject``
    is the whole subject in RFC 4514 form, for people.
    """

    der: bytes
    spki: bytes
    key_type: str
    common_name: str | None
    subject: str

    @property
    def pem(self) -> str:
        """In PEM, as clouds want it; one block that ends with a line feed."""
        from tng.csr.pem import to_pem

        return to_pem(self.der)

    @property
    def key(self) -> str:
        """The SHA-256 of ``spki`` in lower hex: who asks, however often and in whatever words."""
        from hashlib import sha256

        return sha256(self.spki).hexdigest()


@dataclass(frozen=True, slots=True)
class RequestedDevice:
    """A device that asks for a certificate; only `tng.csr.reading` makes one.

    ``record.leaf`` is ``None``; ``record.device_id`` is what the subject template or the CN
    tells (the chip's serial number), or else ``request.key``.
    """

    record: DeviceRecord
    request: CertificateRequest
    findings: tuple[Finding, ...]


RequestOutcome = RequestedDevice | RejectedDevice | Undecodable
"""What reading a place with a CSR comes to: usable, wrong (forged, weak), or not readable."""
