"""An issuer that signs at once: the bench needs no cloud to be tested."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.provisioning.fleet_service import Signer
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.csr.model import RequestedDevice


@dataclass
class SigningIssuer:
    """Signs each key once; ``refusals`` are given first, by device id."""

    refusals: dict[str, IssuingRefused] = field(default_factory=dict)
    issued: dict[str, IssuedCertificate] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before: Callable[[RequestedDevice], None] = lambda _: None
    signer: Signer = field(default_factory=Signer)

    def issue(self, device: RequestedDevice) -> IssuedCertificate | IssuingRefused:
        self.before(device)
        self.asked.append(device.record.device_id)
        refused = self.refusals.pop(device.record.device_id, None)
        if refused is not None:
            return refused
        known = self.issued.get(device.request.key)
        if known is not None:
            return replace(known, already=True)
        key = x509.load_der_x509_csr(device.request.der).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        certificate = self.signer.sign(key)
        identity = sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
        issued = IssuedCertificate(
            certificate.public_bytes(Encoding.PEM).decode(), identity, f"thing-{identity[:4]}"
        )
        self.issued[device.request.key] = issued
        return issued
