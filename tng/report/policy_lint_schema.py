"""The JSON Schema of what ``tng lint-policy`` writes."""

from tng.findings import Severity
from tng.findings.policies import POLICIES
from tng.policies.model import SCHEMA, PolicyKind
from tng.report.device_schema import POSITION
from tng.report.schema_parts import TEXT, Schema, enumeration, list_of, object_of, or_null, titled

_FINDING: Schema = {
    "code": enumeration([check.code for check in POLICIES]),
    "severity": enumeration([severity.value for severity in Severity]),
    "message": TEXT,
    "where": TEXT,
    "line": or_null(POSITION),
    "remedy": TEXT,
}


def policy_lint_schema() -> Schema:
    """Files in the order in which they were named; ``kind`` is null where one was not read."""
    file: Schema = {
        "file": TEXT,
        "kind": or_null(enumeration([kind.value for kind in PolicyKind])),
        "findings": list_of(object_of(_FINDING)),
    }
    return titled(
        SCHEMA,
        "What tng lint-policy found in policies and provisioning templates",
        object_of({"schema": {"const": SCHEMA}, "files": list_of(object_of(file))}),
    )
