"""The JSON Schemas of what ``tng csr`` writes about requests."""

from tng.csr.reading import KIND
from tng.findings import CHECKS
from tng.report.device_schema import FINDING, POSITION, SOURCE
from tng.report.requests import REQUEST_LINES_SCHEMA, REQUESTS_SCHEMA, STATUSES
from tng.report.schema_parts import (
    COUNT,
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
from tng.scan.shares import UNREADABLE, UNRECOGNISED, ZIP

_REQUEST: Schema = {
    "status": enumeration(list(STATUSES)),
    "device_id": TEXT_OR_NULL,
    "key_type": TEXT_OR_NULL,
    "public_key_sha256": or_null(SHA256),
    "common_name": TEXT_OR_NULL,
    "subject": TEXT_OR_NULL,
    "source": SOURCE,
    "findings": list_of(FINDING),
}
_INPUT: Schema = {
    "path": TEXT,
    "sha256": or_null(SHA256),
    "kind": enumeration([KIND, ZIP, UNREADABLE, UNRECOGNISED]),
    "entries": COUNT,
}
_SUMMARY: Schema = {
    "requests": COUNT,
    "outcomes": object_of(dict.fromkeys(STATUSES, COUNT)),
    "findings": {
        "type": "object",
        "propertyNames": enumeration(sorted(CHECKS)),
        "additionalProperties": POSITION,
    },
}


def requests_schemas() -> dict[str, Schema]:
    """The whole, and one line of it."""
    return {
        "tng.requests.1.json": titled(
            REQUESTS_SCHEMA,
            "The certificate requests that tng csr read",
            object_of(
                {
                    "schema": {"const": REQUESTS_SCHEMA},
                    "requests": list_of(object_of(_REQUEST)),
                    "inputs": list_of(object_of(_INPUT)),
                    "summary": object_of(_SUMMARY),
                }
            ),
        ),
        "tng.request-lines.1.json": titled(
            REQUEST_LINES_SCHEMA,
            "One line of the certificate requests that tng csr read; the summary is last",
            lines_of(
                begin={"schema": {"const": REQUEST_LINES_SCHEMA}},
                request=_REQUEST,
                input=_INPUT,
                summary=_SUMMARY,
            ),
        ),
    }
