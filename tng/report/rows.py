"""One outcome as the flat values that every format shows (schema ``tng.report/1``)."""

from datetime import UTC, datetime
from functools import lru_cache

from tng.findings import Finding
from tng.models import AnchorReference, AttestedDevice, Outcome, Source, Undecodable, VerifiedDevice
from tng.x509.certificate import Certificate

Row = dict[str, object]


def device_row(outcome: Outcome) -> Row:
    """The members of ``devices[]``; what is not known is ``None``."""
    if isinstance(outcome, Undecodable):
        return {
            "status": outcome.status.value,
            "vendor": None,
            "device_id": None,
            "part_number": None,
            "group_id": None,
            "object_id": None,
            "provisioned_at": None,
            **_certificate_members(None),
            "anchor": None,
            "signer": None,
            "path": [],
            "source": source_member(outcome.source),
            "findings": [finding_member(item) for item in outcome.findings],
        }
    record = outcome.record
    verified = outcome if isinstance(outcome, VerifiedDevice) else None
    signed = outcome if isinstance(outcome, VerifiedDevice | AttestedDevice) else None
    return {
        "status": outcome.status.value,
        "vendor": record.vendor,
        "device_id": record.device_id,
        "part_number": record.part_number,
        "group_id": record.group_id,
        "object_id": record.object_id,
        "provisioned_at": timestamp(record.provisioned_at) if record.provisioned_at else None,
        **_certificate_members(record.leaf),
        "anchor": _anchor_member(verified.anchor) if verified else None,
        "signer": _anchor_member(signed.signer) if signed and signed.signer else None,
        "path": list(verified.path) if verified else [],
        "source": source_member(record.source),
        "findings": [finding_member(item) for item in outcome.findings],
    }


def _certificate_members(leaf: Certificate | None) -> Row:
    if leaf is None:
        return dict.fromkeys(_CERTIFICATE_MEMBERS)
    return {
        "certificate_sha256": leaf.sha256,
        "serial_number": leaf.serial_hex,
        "subject_common_name": leaf.subject.common_name,
        "issuer_common_name": leaf.issuer.common_name,
        "not_before": timestamp(leaf.not_before),
        "not_after": timestamp(leaf.not_after),
    }


_CERTIFICATE_MEMBERS = (
    "certificate_sha256",
    "serial_number",
    "subject_common_name",
    "issuer_common_name",
    "not_before",
    "not_after",
)


# Devices of a batch share the dates of their certificates.
@lru_cache(maxsize=1024)
def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    # Not `strftime`, which takes ten times as long.
    return f"{moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"


def _anchor_member(reference: AnchorReference) -> Row:
    return {"id": reference.id, "built_in": reference.built_in}


def source_member(source: Source) -> Row:
    """``file`` and, where there is one, ``entry`` or ``line``."""
    member: Row = {"file": source.file}
    if source.entry is not None:
        member["entry"] = source.entry
    if source.line is not None:
        member["line"] = source.line
    return member


def finding_member(item: Finding) -> Row:
    """``code``, ``severity`` and ``message``."""
    return {"code": item.code, "severity": item.severity.value, "message": item.message}
