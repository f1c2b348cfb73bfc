"""The JSON Schema of what an audit adds to ``tng.report/1``; `tng verify` writes none of it."""

from collections.abc import Iterable
from enum import StrEnum

from tng.audit.models import Decision, Delivery, InputRole, Standing
from tng.findings import CHECKS, Severity
from tng.report.device_schema import FINDING, POSITION, SOURCE
from tng.report.schema_parts import (
    COUNT,
    FLAG,
    SHA256,
    TEXT,
    TEXT_OR_NULL,
    Schema,
    enumeration,
    list_of,
    object_of,
    or_null,
)


def _one_of(values: Iterable[StrEnum]) -> Schema:
    return enumeration([value.value for value in values])


AUDIT_RUN: Schema = {"command": TEXT}
AUDIT_DEVICE: Schema = {
    "number": POSITION,
    "order": object_of(
        {"delivery": _one_of(Delivery), "order": TEXT, "line": or_null(COUNT)},
    ),
    "targets": list_of(
        object_of(
            {
                "target": TEXT,
                "standing": _one_of(Standing),
                "name": TEXT,
                "differences": list_of(TEXT),
            }
        )
    ),
}
AUDIT_SUMMARY: Schema = {
    "chips": COUNT,
    "accepted_chips": COUNT,
    "parts": list_of(object_of({"part_number": TEXT, "accepted": COUNT, "others": COUNT})),
    "provisioned": {"type": "object", "additionalProperties": COUNT},
    "ends": {"type": "object", "additionalProperties": COUNT},
}


def audit_input(members: Schema) -> list[Schema]:
    """An input of an audit: a source, or a file that was read as something else."""
    others = [role.value for role in InputRole if role is not InputRole.SOURCE]
    return [
        object_of({"role": {"const": InputRole.SOURCE.value}, **members}),
        object_of({"role": enumeration(others), **members, "kind": TEXT}),
    ]


_EXAMPLE = object_of({"name": TEXT, "source": TEXT, "message": TEXT})
_TROUBLE = object_of(
    {
        "code": enumeration(sorted(CHECKS)),
        "severity": _one_of(Severity),
        "title": TEXT,
        "meaning": TEXT,
        "remedy": TEXT,
        "basis": TEXT,
        "count": COUNT,
        "devices": COUNT,
        "examples": list_of(_EXAMPLE),
    }
)
_LINE = object_of(
    {
        "order": TEXT,
        "part_number": TEXT,
        "group_id": TEXT_OR_NULL,
        "date": TEXT_OR_NULL,
        "quantity": COUNT,
        "listed_serials": COUNT,
        "source": SOURCE,
        "delivered": COUNT,
        "short": COUNT,
        "over": COUNT,
        "not_genuine": COUNT,
        "missing": list_of(TEXT),
        "missing_count": COUNT,
    }
)
_UNORDERED = object_of({"part_number": TEXT_OR_NULL, "group_id": TEXT_OR_NULL, "chips": COUNT})
_TARGET = object_of(
    {
        "name": TEXT,
        "cloud": TEXT,
        "place": TEXT,
        "facts": list_of(object_of({"name": TEXT, "value": TEXT})),
        "counts": object_of({standing.value: COUNT for standing in Standing}),
        "unknown": list_of(object_of({"key": TEXT, "name": TEXT, "recorded": FLAG})),
        "unknown_count": COUNT,
        "recorded_count": COUNT,
        "listed": FLAG,
        "problem": TEXT_OR_NULL,
    }
)
_ANCHOR = object_of(
    {
        "id": TEXT,
        "built_in": FLAG,
        "role": TEXT,
        "subject": TEXT,
        "sha256": or_null(SHA256),
        "source": TEXT,
        "devices": COUNT,
    }
)
AUDIT_MEMBERS: Schema = {
    "verdict": object_of(
        {"decision": _one_of(Decision), "sentence": TEXT, "reasons": list_of(TEXT)}
    ),
    "troubles": list_of(_TROUBLE),
    "general_findings": list_of(
        object_of({"subject": object_of({"kind": TEXT, "name": TEXT}), "finding": FINDING})
    ),
    "reconciliation": or_null(
        object_of({"lines": list_of(_LINE), "unordered": list_of(_UNORDERED)})
    ),
    "overlaps": list_of(object_of({"first": TEXT, "second": TEXT, "devices": COUNT})),
    "seen_before": list_of(object_of({"at": TEXT, "source": TEXT, "devices": COUNT})),
    "targets": list_of(_TARGET),
    "elsewhere": list_of(object_of({"target": TEXT, "devices": COUNT})),
    "anchors": list_of(_ANCHOR),
    "checks": list_of(enumeration(sorted(CHECKS))),
}
