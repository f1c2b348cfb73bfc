"""An audited device as the members of ``devices[]`` in ``tng.report/1``, and back.

Reports written before there was an audit lack some members; what is absent is ``None`` or
empty, so that ``tng diff`` reads them too.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tng.audit.models import (
    AuditedDevice,
    CertificateFacts,
    Delivery,
    DeviceStanding,
    OrderMatch,
    Standing,
)
from tng.findings import CHECKS, Effect, Finding, Severity
from tng.models import AnchorReference, Outcome, Source, Status
from tng.report.rows import Row, device_row, finding_member, source_member, timestamp

Members = Mapping[str, Any]


def audited(outcome: Outcome, number: int) -> AuditedDevice:
    """A judged device before it was compared with anything."""
    return read_row({"number": number, **device_row(outcome)})


def row_of(device: AuditedDevice) -> Row:
    """The members of the device; `read_row` gives back an equal one."""
    row: Row = {
        "number": device.number,
        "status": device.status.value,
        "vendor": device.vendor,
        "device_id": device.device_id,
        "part_number": device.part_number,
        "group_id": device.group_id,
        "object_id": device.object_id,
        "provisioned_at": timestamp(device.provisioned_at) if device.provisioned_at else None,
        **_certificate_members(device.certificate),
        "anchor": _anchor_member(device.anchor),
        "signer": _anchor_member(device.signer),
        "path": list(device.path),
        "source": source_member(device.source),
        "findings": [finding_member(item) for item in device.findings],
    }
    if device.order is not None:
        row["order"] = {
            "delivery": device.order.delivery.value,
            "order": device.order.order,
            "line": device.order.line,
        }
    if device.standings:
        row["targets"] = [
            {
                "target": item.target,
                "standing": item.standing.value,
                "name": item.name,
                "differences": list(item.differences),
            }
            for item in device.standings
        ]
    return row


def read_row(row: Members) -> AuditedDevice:
    """The device of a row that `row_of` or `device_row` made.

    Raises `KeyError`, `TypeError` or `ValueError` for anything else.
    """
    source = row["source"]
    return AuditedDevice(
        number=row.get("number", 0),
        status=Status(row["status"]),
        vendor=row["vendor"],
        device_id=row["device_id"],
        part_number=row["part_number"],
        group_id=row["group_id"],
        object_id=row["object_id"],
        provisioned_at=_moment(row.get("provisioned_at")),
        certificate=_certificate(row),
        anchor=_anchor(row["anchor"]),
        signer=_anchor(row["signer"]),
        path=tuple(row["path"]),
        source=Source(source["file"], source.get("entry"), source.get("line")),
        findings=tuple(map(_finding, row["findings"])),
        order=_order(row.get("order")),
        standings=tuple(map(_standing, row.get("targets", ()))),
    )


def _certificate_members(facts: CertificateFacts | None) -> Row:
    if facts is None:
        return dict.fromkeys(_CERTIFICATE_MEMBERS)
    return {
        "certificate_sha256": facts.sha256,
        "serial_number": facts.serial_number,
        "subject_common_name": facts.subject,
        "issuer_common_name": facts.issuer,
        "not_before": timestamp(facts.not_before),
        "not_after": timestamp(facts.not_after),
    }


_CERTIFICATE_MEMBERS = (
    "certificate_sha256",
    "serial_number",
    "subject_common_name",
    "issuer_common_name",
    "not_before",
    "not_after",
)


def _certificate(row: Members) -> CertificateFacts | None:
    if row["certificate_sha256"] is None:
        return None
    return CertificateFacts(
        sha256=row["certificate_sha256"],
        serial_number=row["serial_number"],
        subject=row["subject_common_name"],
        issuer=row["issuer_common_name"],
        not_before=_known(row["not_before"]),
        not_after=_known(row["not_after"]),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else _known(text)


def _known(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _anchor_member(reference: AnchorReference | None) -> Row | None:
    return None if reference is None else {"id": reference.id, "built_in": reference.built_in}


def _anchor(member: Members | None) -> AnchorReference | None:
    return None if member is None else AnchorReference(member["id"], member["built_in"])


def _finding(member: Members) -> Finding:
    """The finding; a check that this version does not know has no effect of its own."""
    check = CHECKS.get(member["code"])
    effect = check.effect if check else Effect.NONE
    return Finding(member["code"], Severity(member["severity"]), effect, member["message"])


def _order(member: Members | None) -> OrderMatch | None:
    if member is None:
        return None
    return OrderMatch(Delivery(member["delivery"]), member["order"], member["line"])


def _standing(member: Members) -> DeviceStanding:
    return DeviceStanding(
        member["target"],
        Standing(member["standing"]),
        member["name"],
        tuple(member["differences"]),
    )
