"""The JSON Schema of what ``tng check-device`` writes."""

from tng.device.result import SCHEMA, Reason
from tng.report.schema_parts import (
    SHA256,
    TEXT,
    Schema,
    enumeration,
    list_of,
    object_of,
    titled,
)

_ABOUT: Schema = {
    "registration_id": TEXT,
    "certificate_sha256": SHA256,
    "id_scope": TEXT,
    "host": TEXT,
    "warnings": list_of(TEXT),
}
_REASON: Schema = {
    "reason": enumeration([reason.value for reason in Reason]),
    "message": TEXT,
    "hint": TEXT,
}


def device_check_schema() -> Schema:
    """One of four forms, told apart by ``status``."""
    schema = {"const": SCHEMA}
    assigned: Schema = {"hub": TEXT, "device_id": TEXT, "substatus": TEXT}
    refused: Schema = {**_REASON, "error_code": {"type": ["integer", "null"]}, "tracking_id": TEXT}
    forms = {"assigned": assigned, "refused": refused, "unfinished": _REASON, "unreached": _REASON}
    return titled(
        SCHEMA,
        "What tng check-device learned",
        {
            "oneOf": [
                object_of({"schema": schema, "status": {"const": status}, **members, **_ABOUT})
                for status, members in forms.items()
            ]
        },
    )
