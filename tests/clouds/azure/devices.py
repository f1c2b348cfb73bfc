"""Devices whose certificates say what a test needs."""

from dataclasses import replace

from tests.planned_devices import leaf, verified
from tng.models import VerifiedDevice
from tng.x509.names import COMMON_NAME, Name


def named(common_name: str | None, number: int = 1, *, is_ca: bool = False) -> VerifiedDevice:
    """Chip ``number`` with another common name; its signature does not matter here."""
    attributes = () if common_name is None else ((COMMON_NAME, common_name),)
    certificate = leaf(number)
    changed = replace(
        certificate,
        subject=Name(b"", attributes),
        extensions=replace(certificate.extensions, is_ca=is_ca),
    )
    return replace(verified(number), leaf=changed)


def common_name(number: int) -> str:
    """The common name of chip ``number`` of the test vendor."""
    return leaf(number).subject.common_name or ""
