"""Whose chip a certificate says it is, where no signed manifest says it.

Everything here is read from names and serial numbers and is a claim: the verifier
checks it against pinned keys.
"""

import re
from dataclasses import dataclass

from tng.x509.certificate import Certificate
from tng.x509.names import ORGANIZATION, ORGANIZATIONAL_UNIT

UID_BYTES = 18
"""Length of an SE05x UID (NXP AN12436, object 7FFF0206)."""

_NXP_UNITS = ("Plug and Trust", "NXP Plug Trust CA")
"""NXP's hierarchies, and its demo CAs. The organization is not asked for: rehearsals with an
own vendor have another one, and only a pinned key decides."""
_MICROCHIP = "Microchip Technology Inc"

_UID_IN_NAME = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{36}(?![0-9A-Fa-f])")
_ATECC_SERIAL_IN_NAME = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{18}(?![0-9A-Fa-f])")


@dataclass(frozen=True, slots=True)
class Identity:
    """``vendor`` and ``device_id`` as `tng.models.DeviceRecord` spells them."""

    vendor: str
    device_id: str


def identify(leaf: Certificate) -> Identity:
    """Vendor and device id that a leaf claims, from its issuer's name and its own names."""
    organization = leaf.issuer.get(ORGANIZATION)
    unit = leaf.issuer.get(ORGANIZATIONAL_UNIT)
    name = leaf.subject.common_name or ""
    if unit in _NXP_UNITS:
        return Identity("nxp", uid_in_serial(leaf) or _first(_UID_IN_NAME, name, leaf))
    if organization == _MICROCHIP:
        return Identity("microchip", _first(_ATECC_SERIAL_IN_NAME, name, leaf))
    return Identity("other", leaf.serial_hex)


def uid_in_serial(certificate: Certificate) -> str | None:
    """The UID with which NXP begins serial numbers, 36 lower hex digits, if there is room."""
    digits = 2 * UID_BYTES
    return certificate.serial_hex[:digits] if len(certificate.serial_hex) >= digits else None


def _first(pattern: re.Pattern[str], name: str, leaf: Certificate) -> str:
    found = pattern.search(name)
    return found[0].lower() if found else leaf.serial_hex
