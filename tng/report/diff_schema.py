"""The JSON Schema of what ``tng diff`` writes."""

from tng.findings import CHECKS
from tng.models import Status
from tng.report.device_schema import FINDING, POSITION
from tng.report.diffs import SCHEMA
from tng.report.schema_parts import (
    COUNT,
    SHA256,
    TEXT,
    TEXT_OR_NULL,
    Schema,
    enumeration,
    list_of,
    object_of,
    or_null,
    titled,
)

_REPORT = object_of({"path": TEXT, "version": TEXT, "at": TEXT, "devices": COUNT})
_SIDE = or_null(
    object_of(
        {
            "number": POSITION,
            "status": enumeration([status.value for status in Status]),
            "certificate_sha256": or_null(SHA256),
            "source": TEXT,
        }
    )
)
_FACT = object_of(
    {
        "topic": TEXT,
        "name": TEXT,
        "old": TEXT_OR_NULL,
        "new": TEXT_OR_NULL,
        "finding": or_null(FINDING),
    }
)
_CHANGE = object_of(
    {
        "vendor": TEXT_OR_NULL,
        "device_id": TEXT_OR_NULL,
        "object_id": TEXT_OR_NULL,
        "part_number": TEXT_OR_NULL,
        "old": _SIDE,
        "new": _SIDE,
        "findings": list_of(FINDING),
    }
)


def diff_schema() -> Schema:
    """Facts, then devices that changed, then counts."""
    return titled(
        SCHEMA,
        "What changed from one report to another",
        object_of(
            {
                "schema": {"const": SCHEMA},
                "old": _REPORT,
                "new": _REPORT,
                "facts": list_of(_FACT),
                "devices": list_of(_CHANGE),
                "summary": object_of(
                    {
                        "devices": COUNT,
                        "findings": {
                            "type": "object",
                            "propertyNames": enumeration(sorted(CHECKS)),
                            "additionalProperties": POSITION,
                        },
                    }
                ),
            }
        ),
    )
