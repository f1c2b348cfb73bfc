"""The JSON Schema of a device in reports, and of the parts that other schemas share with it."""

from tng.findings import CHECKS, Severity
from tng.models import Status
from tng.report.schema_parts import (
    FLAG,
    SHA256,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    Schema,
    enumeration,
    list_of,
    object_of,
    or_null,
)

VENDORS = ("microchip", "nxp", "other")

POSITION: Schema = {"type": "integer", "minimum": 1}
SOURCE = object_of({"file": TEXT}, {"entry": POSITION, "line": POSITION})
FINDING = object_of(
    {
        "code": enumeration(sorted(CHECKS)),
        "severity": enumeration([severity.value for severity in Severity]),
        "message": TEXT,
    }
)
IDENTITY: Schema = {
    "vendor": or_null(enumeration(list(VENDORS))),
    "device_id": TEXT_OR_NULL,
    "part_number": TEXT_OR_NULL,
    "group_id": TEXT_OR_NULL,
    "object_id": TEXT_OR_NULL,
}
ANCHOR = or_null(object_of({"id": TEXT, "built_in": FLAG}))
DEVICE: Schema = {
    "status": enumeration([status.value for status in Status]),
    **IDENTITY,
    "provisioned_at": or_null(TIME),
    "certificate_sha256": or_null(SHA256),
    "serial_number": TEXT_OR_NULL,
    "subject_common_name": TEXT_OR_NULL,
    "issuer_common_name": TEXT_OR_NULL,
    "not_before": or_null(TIME),
    "not_after": or_null(TIME),
    "anchor": ANCHOR,
    "signer": ANCHOR,
    "path": list_of(TEXT),
    "source": SOURCE,
    "findings": list_of(FINDING),
}
