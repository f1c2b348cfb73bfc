"""What of an audited device matters to the orders: which chip it is, and whether it counts."""

from dataclasses import dataclass

from tng.audit.models import AuditedDevice
from tng.verify.duplicates import REPEATED


@dataclass(frozen=True, slots=True)
class Arrival:
    """One outcome as the orders see it.

    ``number`` is the device's; ``chip`` names the chip (`chip_of`), and several arrivals may
    be of one; ``serial`` is the chip's serial number in lower-case hex. ``duplicate`` says that
    it was not accepted because the same device stands in another place.
    """

    number: int
    chip: str
    part_number: str | None
    group_id: str | None
    serial: str
    accepted: bool
    duplicate: bool


def chip_of(device: AuditedDevice) -> str | None:
    """`chip_name` of the device; ``None`` where nothing could be read."""
    if device.vendor is None or device.device_id is None:
        return None
    issuer = device.certificate.issuer if device.certificate else None
    return chip_name(device.vendor, device.device_id, issuer)


def chip_name(vendor: str, device_id: str, issuer: str | None) -> str:
    """What names a chip across inputs and audits; ``issuer`` is its certificate's, where known.

    A chip of Microchip or NXP has its own number. For others there is only the serial number
    of the certificate, which is unique for its issuer alone (RFC 5280 §4.1.2.2).
    """
    if vendor in ("microchip", "nxp") or issuer is None:
        return f"{vendor}:{device_id}"
    return f"{vendor}:{device_id}:{issuer}"


def arrival_of(device: AuditedDevice) -> Arrival | None:
    """The device as an arrival; ``None`` where nothing could be read."""
    chip = chip_of(device)
    if chip is None:
        return None
    return Arrival(
        number=device.number,
        chip=chip,
        part_number=device.part_number,
        group_id=device.group_id,
        serial=device.device_id or "",
        accepted=device.accepted,
        duplicate=any(item.code in REPEATED for item in device.findings),
    )
