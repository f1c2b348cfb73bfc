"""The JSON Schema of what ``tng connect`` writes."""

from tng.device.connection import SCHEMA, ConnectReason
from tng.device.result import Reason
from tng.report.schema_parts import (
    FLAG,
    SHA256,
    TEXT,
    Schema,
    enumeration,
    list_of,
    object_of,
    titled,
)

_ABOUT: Schema = {
    "cloud": enumeration(["aws", "azure"]),
    "endpoint": TEXT,
    "client_id": TEXT,
    "certificate_sha256": SHA256,
    "warnings": list_of(TEXT),
}
_REASONS = sorted({*(item.value for item in ConnectReason), *(item.value for item in Reason)})
_REASON: Schema = {"reason": enumeration(_REASONS), "message": TEXT, "hint": TEXT}
_CONNECTED: Schema = {"host": TEXT, "topic": TEXT, "received": FLAG, "device_id": TEXT}


def connection_schema() -> Schema:
    """One of four forms, told apart by ``status``."""
    schema = {"const": SCHEMA}
    forms = {
        "connected": _CONNECTED,
        "refused": _REASON,
        "unfinished": _REASON,
        "unreached": _REASON,
    }
    return titled(
        SCHEMA,
        "What tng connect learned",
        {
            "oneOf": [
                object_of({"schema": schema, "status": {"const": status}, **members, **_ABOUT})
                for status, members in forms.items()
            ]
        },
    )
