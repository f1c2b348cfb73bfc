"""What changed between two reports: of one device, and of everything beside the devices.

Pure. Comparing the other way round gives the mirrored answer: what is new is then gone, what
is better is worse; what changed stays changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tng.audit.models import OrderMatch, Standing
from tng.audit.reported import ReportedDevice, ReportedStanding
from tng.findings import Finding, finding


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """What changed about a device; ``old`` or ``new`` is ``None`` where the report lacks it."""

    old: ReportedDevice | None
    new: ReportedDevice | None
    findings: tuple[Finding, ...]

    @property
    def device(self) -> ReportedDevice:
        """The device as the later report has it, otherwise as the earlier one had it."""
        found = self.new or self.old
        if found is None:
            raise ValueError("a change is of a device that one report has")
        return found


_DISTANCES = {
    Standing.IN_PLACE: 0,
    Standing.ABSENT: 0,
    Standing.INCOMPLETE: 1,
    Standing.DIFFERENT: 2,
    Standing.MISSING: 3,
    Standing.CONFLICT: 4,
    Standing.UNEXPECTED: 5,
}
"""How far a standing is from what is wanted; `Standing.UNKNOWN` is at no distance."""


_IDENTITY = ("vendor", "device id", "object", "part number", "group")


def compare_device(old: ReportedDevice | None, new: ReportedDevice | None) -> DeviceChange:
    """The change of one device; its findings are empty where nothing changed."""
    if old is None and new is not None:
        return DeviceChange(None, new, tuple(_new(new)))
    if new is None and old is not None:
        return DeviceChange(old, None, (finding("device-gone", _where(old)),))
    if old is None or new is None:
        raise ValueError("one of the reports has the device")
    return DeviceChange(old, new, tuple(_compared(old, new)))


def _new(device: ReportedDevice) -> Iterator[Finding]:
    yield finding("device-new", _where(device))
    if not device.accepted:
        yield finding("new-not-accepted", f"{device.status.value} now, not there before")
    for standing in device.standings:
        yield from _new_standing(standing)


def _compared(old: ReportedDevice, new: ReportedDevice) -> Iterator[Finding]:
    yield from _status(old, new)
    if old.certificate != new.certificate:
        message = f"{_certificate(old)} before, {_certificate(new)} now"
        yield finding("certificate-replaced", message)
    yield from _identity(old, new)
    yield from _standings(old, new)
    if old.order is not None and new.order is not None and old.order != new.order:
        message = f"{_delivery(old.order)} before, {_delivery(new.order)} now"
        yield finding("delivery-changed", message)


def _status(old: ReportedDevice, new: ReportedDevice) -> Iterator[Finding]:
    if old.status is new.status:
        return
    message = f"{old.status.value} before, {new.status.value} now"
    if old.accepted == new.accepted:
        yield finding("status-changed", message)
    else:
        yield finding("status-better" if new.accepted else "status-worse", message)


def _identity(old: ReportedDevice, new: ReportedDevice) -> Iterator[Finding]:
    changed = [
        f"{words} {_known(before)} before, {_known(now)} now"
        for words, before, now in zip(
            _IDENTITY, _identity_values(old), _identity_values(new), strict=True
        )
        if before != now
    ]
    if changed:
        yield finding("identity-changed", "; ".join(changed))


def _identity_values(device: ReportedDevice) -> tuple[str | None, ...]:
    return (
        device.vendor,
        device.device_id,
        device.object_id,
        device.part_number,
        device.group_id,
    )


def _known(value: str | None) -> str:
    return "unknown" if value is None else value


def _standings(old: ReportedDevice, new: ReportedDevice) -> Iterator[Finding]:
    before = {item.target: item for item in old.standings}
    for now in new.standings:
        if now.target in before:
            yield from _standing(before[now.target], now)
        else:
            yield from _new_standing(now)


def _new_standing(new: ReportedStanding) -> Iterator[Finding]:
    """Only what is bad: of a target that could not be read, nothing was known before either."""
    if _DISTANCES.get(new.standing, 0):
        yield finding("new-standing-bad", f"on {new.target} {_stands(new)} now, not known before")


def _standing(old: ReportedStanding, new: ReportedStanding) -> Iterator[Finding]:
    message = f"on {new.target} {_stands(old)} before, {_stands(new)} now"
    if old.standing is new.standing:
        # Why a target cannot be read is said in other words each time.
        known = old.standing is not Standing.UNKNOWN
        if known and sorted(old.differences) != sorted(new.differences):
            yield finding("standing-changed", message)
    elif Standing.UNKNOWN in (old.standing, new.standing):
        yield finding("standing-unknown", message)
    elif _DISTANCES[new.standing] != _DISTANCES[old.standing]:
        is_worse = _DISTANCES[new.standing] > _DISTANCES[old.standing]
        yield finding("standing-worse" if is_worse else "standing-better", message)


def _where(device: ReportedDevice) -> str:
    return f"{device.status.value}, in {device.source}"


def _certificate(device: ReportedDevice) -> str:
    return "no certificate" if device.certificate is None else f"certificate {device.certificate}"


def _stands(standing: ReportedStanding) -> str:
    why = "; ".join(standing.differences)
    return f"{standing.standing.value} ({why})" if why else standing.standing.value


def _delivery(order: OrderMatch) -> str:
    line = "" if order.line is None else f" line {order.line + 1}"
    return f"{order.delivery.value}, {order.order}{line}" if order.order else order.delivery.value
