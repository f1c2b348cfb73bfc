"""What the page's table knows of a device: one small function a column.

The names of the columns are those that ``assets/*.js`` ask for. Text leaves here printable.
"""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta

from tng.audit.models import AuditedDevice, DeviceStanding
from tng.models import AnchorReference
from tng.report.text import printable

LOWER_ID, UPPER_ID = "\ue000", "\ue001"
"""Stand for the device's own id in its texts, which then repeat and pack well."""
_SHORTEST_ID = 6
"""A shorter id might stand in a text by chance, which would only cost room."""
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def _shown(text: str | None) -> str | None:
    """Printable, with characters escaped that mean an id here."""
    if text is None:
        return None
    return printable(text).replace(LOWER_ID, "\\ue000").replace(UPPER_ID, "\\ue001")


def _plain(text: str | None) -> str | None:
    return None if text is None else printable(text)


def _around_id(device: AuditedDevice) -> Callable[[str | None], str | None]:
    """`_shown`, and the device's id replaced by what stands for it."""
    name = _plain(device.device_id)
    if name is None or len(name) < _SHORTEST_ID or not name.isascii():
        return _shown
    upper = name.upper()

    def shown(text: str | None) -> str | None:
        safe = _shown(text)
        return safe and safe.replace(name, LOWER_ID).replace(upper, UPPER_ID)

    return shown


def _anchor(reference: AnchorReference | None) -> Hashable:
    return reference and (_shown(reference.id), reference.built_in)


def _findings(device: AuditedDevice) -> Hashable:
    shown = _around_id(device)
    return tuple(
        (_shown(item.code), item.severity.value, shown(item.message)) for item in device.findings
    )


def _order(device: AuditedDevice) -> Hashable:
    match = device.order
    return match and (match.delivery.value, _shown(match.order), match.line)


def _standing(item: DeviceStanding, shown: Callable[[str | None], str | None]) -> Hashable:
    return (
        _shown(item.target),
        item.standing.value,
        shown(item.name),
        tuple(map(shown, item.differences)),
    )


def _standings(device: AuditedDevice) -> Hashable:
    shown = _around_id(device)
    return tuple(_standing(item, shown) for item in device.standings)


def _seconds(moment: datetime | None) -> int | None:
    """Seconds since the beginning of year 1, and one, so that 0 is free for what is not known."""
    return None if moment is None else (moment - _BEGINNING) // _SECOND + 1


def _lifetime(device: AuditedDevice) -> int | None:
    """Seconds that the certificate is valid, the same for a whole batch, often.

    One is added to what is not negative, so that 0 is free for what is not known.
    """
    facts = device.certificate
    if facts is None:
        return None
    seconds = (facts.not_after - facts.not_before) // _SECOND
    return seconds + 1 if seconds >= 0 else seconds


def _subject(device: AuditedDevice) -> str | None:
    facts = device.certificate
    return None if facts is None else _around_id(device)(facts.subject)


def _issuer(device: AuditedDevice) -> str | None:
    return None if device.certificate is None else _shown(device.certificate.issuer)


def _sha256(device: AuditedDevice) -> str | None:
    return None if device.certificate is None else _plain(device.certificate.sha256)


def _serial(device: AuditedDevice) -> str | None:
    return None if device.certificate is None else _plain(device.certificate.serial_number)


def _begins(device: AuditedDevice) -> int | None:
    return None if device.certificate is None else _seconds(device.certificate.not_before)


WORDS: dict[str, Callable[[AuditedDevice], Hashable]] = {
    "status": lambda device: device.status.value,
    "vendor": lambda device: _shown(device.vendor),
    "part": lambda device: _shown(device.part_number),
    "group": lambda device: _shown(device.group_id),
    "object": lambda device: _shown(device.object_id),
    "subject": _subject,
    "issuer": _issuer,
    "anchor": lambda device: _anchor(device.anchor),
    "signer": lambda device: _anchor(device.signer),
    "path": lambda device: tuple(map(_shown, device.path)),
    "file": lambda device: _shown(device.source.file),
    "findings": _findings,
    "order": _order,
    "standings": _standings,
}
HEX_TEXTS: dict[str, Callable[[AuditedDevice], str | None]] = {
    "device": lambda device: _plain(device.device_id),
    "sha256": _sha256,
    "serial": _serial,
}
NUMBERS: dict[str, Callable[[AuditedDevice], int | None]] = {
    "number": lambda device: device.number,
    "entry": lambda device: device.source.entry,
    "line": lambda device: device.source.line,
    "provisioned": lambda device: _seconds(device.provisioned_at),
    "begins": _begins,
    "lifetime": _lifetime,
}
