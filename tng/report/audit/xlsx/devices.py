"""The sheets Devices and Findings, which grow with the audit."""

from collections.abc import Iterator, Sequence

from tng.audit.models import Audit, AuditedDevice
from tng.findings import CHECKS, Finding, Severity
from tng.report.audit.xlsx.table import Column, Table

_DIGEST = 68
_BEFORE = (
    Column("Number", 10), Column("Status", 13), Column("Device", 22), Column("Part number", 22),
    Column("Group", 18), Column("Object", 10), Column("Vendor", 11),
    Column("Provisioned (UTC)", 19), Column("Order", 14), Column("Order line", 10),
    Column("Delivery", 13),
)  # fmt: skip
_AFTER = (
    Column("Differences", 40), Column("Findings", 40), Column("Messages", 60),
    Column("Common name", 24), Column("Issuer", 30), Column("Serial number", 42),
    Column("Valid from (UTC)", 19), Column("Valid to (UTC)", 19),
    Column("SHA-256 of the certificate", _DIGEST), Column("Anchor", 24), Column("Origin", 20),
    Column("Signer", 24), Column("File", 40), Column("Entry", 10), Column("Line", 10),
)  # fmt: skip
FINDING_COLUMNS = (
    Column("Severity", 11), Column("Code", 28), Column("Title", 48), Column("What to do", 60),
    Column("About", 40), Column("Part number", 22), Column("Source", 40), Column("Message", 80),
)  # fmt: skip


def device_columns(targets: Sequence[str]) -> tuple[Column, ...]:
    """The columns of the sheet Devices: two of them for each target."""
    places = (Column(heading, 20) for name in targets for heading in (name, f"Name on {name}"))
    return (*_BEFORE, *places, *_AFTER)


def write_devices(audit: Audit, devices: Table, findings: Table) -> None:
    """Fill both sheets; the heaviest findings come first, and before those of devices others."""
    targets = [target.name for target in audit.targets]
    for device in audit.devices:
        devices.add(_device(device, targets))
    devices.close()
    # A walk for each severity: nothing is kept that could be sorted.
    for severity in sorted(Severity, key=lambda item: -item.rank):
        for row in _findings(audit, severity):
            findings.add(row)
    findings.close()


def _findings(audit: Audit, severity: Severity) -> Iterator[tuple[object, ...]]:
    for item in audit.general:
        if item.finding.severity is severity:
            about = f"{item.subject.kind} {item.subject.name}"
            yield _finding(item.finding, about, None, None)
    for device in audit.devices:
        for found in device.findings:
            if found.severity is severity:
                yield _finding(found, device.device_id, device.part_number, device.source)


def _device(device: AuditedDevice, targets: Sequence[str]) -> list[object]:
    order, anchor, signer = device.order, device.anchor, device.signer
    return [
        device.number, device.status, device.device_id, device.part_number, device.group_id,
        device.object_id, device.vendor, device.provisioned_at,
        order.order if order else None,
        order.line + 1 if order and order.line is not None else None,
        order.delivery if order else None,
        *_places(device, targets),
        "; ".join(
            f"{item.target}: {text}" for item in device.standings for text in item.differences
        ),
        " ".join(item.code for item in device.findings),
        "; ".join(item.message for item in device.findings if item.severity.rank > 0),
        *_certificate(device),
        anchor.id if anchor else None,
        anchor.origin if anchor else None,
        signer.id if signer else None,
        device.source.file, device.source.entry, device.source.line,
    ]  # fmt: skip


def _places(device: AuditedDevice, targets: Sequence[str]) -> list[object]:
    standings = {item.target: item for item in device.standings}
    cells: list[object] = []
    for name in targets:
        found = standings.get(name)
        cells += (found.standing, found.name) if found else (None, None)
    return cells


def _certificate(device: AuditedDevice) -> tuple[object, ...]:
    facts = device.certificate
    if facts is None:
        return (None,) * 6
    return (
        facts.subject, facts.issuer, facts.serial_number, facts.not_before, facts.not_after,
        facts.sha256,
    )  # fmt: skip


def _finding(item: Finding, about: object, part: object, source: object) -> tuple[object, ...]:
    check = CHECKS.get(item.code)
    title, remedy = (check.title, check.remedy) if check else ("", "")
    return (item.severity, item.code, title, remedy, about, part, source, item.message)
