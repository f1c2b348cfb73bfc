"""The JSON Schemas of devices that asked for certificates: reports, previews, and saved results."""

from tng.provisioning.saving import SCHEMA as SAVED_SCHEMA
from tng.report.issued import LINES_SCHEMA, SCHEMA
from tng.report.schema_parts import (
    COUNT,
    FLAG,
    SHA256,
    TEXT,
    TEXT_OR_NULL,
    Schema,
    enumeration,
    lines_of,
    list_of,
    object_of,
    or_null,
    titled,
)

_SETTINGS: Schema = {"type": "object", "additionalProperties": TEXT}
_DEVICE: Schema = {
    "number": {"type": "integer", "minimum": 1},
    "result": enumeration(["pass", "fail"]),
    "device_id": TEXT_OR_NULL,
    "public_key_sha256": or_null(SHA256),
    "thing_name": TEXT_OR_NULL,
    "certificate_id": or_null(SHA256),
    "certificate_pem": TEXT_OR_NULL,
    "device_configuration": or_null(_SETTINGS),
    "already": or_null(FLAG),
    "seconds": {"type": "number", "minimum": 0},
    "reason": TEXT_OR_NULL,
    "hint": TEXT_OR_NULL,
    "attention": FLAG,
    "may_be_active": list_of(SHA256),
}
_SUMMARY: Schema = {"passed": COUNT, "failed": COUNT, "already": COUNT}
_PREVIEW: Schema = {
    "state": enumeration(["new", "done", "attention", "refused"]),
    "device_id": TEXT_OR_NULL,
    "public_key_sha256": or_null(SHA256),
    "parameters": _SETTINGS,
    "reason": TEXT_OR_NULL,
}
_SAVED: Schema = {
    "schema": {"const": SAVED_SCHEMA},
    "device_id": TEXT,
    "public_key_sha256": SHA256,
    "certificate_id": SHA256,
    "thing_name": TEXT_OR_NULL,
    "device_configuration": _SETTINGS,
}
_DOUBTFUL: Schema = {"may_be_active": {"const": True}}


def issued_schemas() -> dict[str, Schema]:
    """The whole, one line of it, and the file beside each certificate."""
    whole: Schema = {
        "schema": {"const": SCHEMA},
        "target": TEXT,
        "devices": list_of(object_of(_DEVICE)),
        "summary": object_of(_SUMMARY),
    }
    return {
        "tng.issued.1.json": titled(
            SCHEMA, "The devices that tng fleet-provision or tng station served", object_of(whole)
        ),
        "tng.issued-lines.1.json": titled(
            LINES_SCHEMA,
            "One line of the devices that were served, or (a dry run) would be",
            lines_of(
                begin={"schema": {"const": LINES_SCHEMA}, "target": TEXT},
                device=_DEVICE,
                preview=_PREVIEW,
                summary=_SUMMARY,
            ),
        ),
        "tng.provisioned.1.json": titled(
            SAVED_SCHEMA, "What fleet provisioning made of one device", object_of(_SAVED, _DOUBTFUL)
        ),
    }
