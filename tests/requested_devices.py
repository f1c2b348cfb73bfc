"""Devices that ask for a certificate, as the reader of requests would hand them over."""

from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from tng.csr.model import CertificateRequest, RequestedDevice
from tng.models import DeviceRecord, Source


@cache
def private_key(number: int) -> ec.EllipticCurvePrivateKey:
    """The key of device ``number``; the same in every process."""
    return ec.derive_private_key(2**200 + number, ec.SECP256R1())


@cache
def request_der(number: int, name: str = "") -> bytes:
    """A request of device ``number``, which is called ``bench-<number>`` unless by ``name``."""
    common_name = name or name_of(number)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(private_key(number), SHA256()).public_bytes(Encoding.DER)


def name_of(number: int) -> str:
    """The common name in its request."""
    return f"bench-{number}"


def spki(number: int) -> bytes:
    """Its public key."""
    public = private_key(number).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def requested(number: int, name: str = "") -> RequestedDevice:
    """Device ``number``, asking; ``name`` is what it is called instead."""
    common_name = name or name_of(number)
    request = CertificateRequest(
        request_der(number), spki(number), "P-256", common_name, f"CN={common_name}"
    )
    record = DeviceRecord(
        source=Source(f"{number}.csr"),
        vendor="other",
        device_id=common_name,
        part_number=None,
        group_id=None,
        object_id=None,
        leaf=None,
    )
    return RequestedDevice(record, request, ())
