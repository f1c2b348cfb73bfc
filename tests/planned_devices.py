"""Devices for tests of planning and of clouds, as the verifier would hand them over."""

from functools import cache

from tng.findings import Finding
from tng.models import (
    AnchorReference,
    DeviceRecord,
    Source,
    UnverifiedDevice,
    VerifiedDevice,
)
from tng.testing.microchip import MicrochipVendor
from tng.x509.certificate import Certificate, read_certificate

_VENDOR = MicrochipVendor()


@cache
def leaf(number: int) -> Certificate:
    """The certificate of chip ``number`` of the test vendor."""
    return read_certificate(_VENDOR.device(number).certificate)


def record(number: int, *, vendor: str = "microchip", part_number: str | None = "TNGTLS"):
    """The record of chip ``number``."""
    return DeviceRecord(
        source=Source("manifest.json", entry=number),
        vendor=vendor,
        device_id=_VENDOR.device(number).unique_id,
        part_number=part_number,
        group_id=None,
        object_id="0",
        leaf=leaf(number),
    )


def verified(number: int, *findings: Finding, **changes) -> VerifiedDevice:
    """Chip ``number``, verified."""
    return VerifiedDevice(
        record=record(number, **changes),
        leaf=leaf(number),
        issuers=(),
        path=("signer", "root"),
        anchor=AnchorReference("test-root", built_in=False),
        signer=None,
        findings=findings,
    )


def unverified(number: int, *findings: Finding) -> UnverifiedDevice:
    """Chip ``number``, whose issuer is not at hand."""
    return UnverifiedDevice(record=record(number), issuers=(), findings=findings)
