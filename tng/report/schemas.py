"""The JSON Schemas of reports and indexes: ``python -m tng.report.schemas docs/schemas``.

They are made from the same enumerations as the output, so that one command brings
them up to date after a check, an outcome or a kind of input was added. Nothing at run
time depends on them.
"""

import argparse
import json
from pathlib import Path

from tng.decode.registry import DECODERS
from tng.findings import CHECKS
from tng.models import Status
from tng.report.audit_schema import (
    AUDIT_DEVICE,
    AUDIT_MEMBERS,
    AUDIT_RUN,
    AUDIT_SUMMARY,
    audit_input,
)
from tng.report.connection_schema import connection_schema
from tng.report.device_check_schema import device_check_schema
from tng.report.device_schema import DEVICE, FINDING, IDENTITY, POSITION, SOURCE
from tng.report.diff_schema import diff_schema
from tng.report.index import INDEX_LINES_SCHEMA, INDEX_SCHEMA
from tng.report.issued_schema import issued_schemas
from tng.report.json_report import LINES_SCHEMA, REPORT_SCHEMA
from tng.report.policy_lint_schema import policy_lint_schema
from tng.report.requests_schema import requests_schemas
from tng.report.schema_parts import (
    COUNT,
    FLAG,
    SHA256,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    Schema,
    enumeration,
    lines_of,
    list_of,
    object_of,
    or_null,
    titled,
)
from tng.report.watching_schema import watch_schemas
from tng.scan.shares import UNREADABLE, UNRECOGNISED, ZIP
from tng.seal.schema import seal_schema
from tng.trust.anchor import Role

KINDS = (*(decoder.name for decoder in DECODERS), ZIP, UNREADABLE, UNRECOGNISED)

_RUN: Schema = {
    "tool": {"const": "tng"},
    "version": TEXT,
    "at": TIME,
    "strict": FLAG,
    "added_trust": list_of(
        object_of(
            {
                "role": enumeration([role.value for role in Role]),
                "id": TEXT,
                "source": TEXT,
            }
        )
    ),
}
_INPUT: Schema = {
    "path": TEXT,
    "sha256": or_null(SHA256),
    "kind": enumeration(list(KINDS)),
    "entries": COUNT,
}
_SUMMARY: Schema = {
    "devices": COUNT,
    "outcomes": object_of({status.value: COUNT for status in Status}),
    "findings": {
        "type": "object",
        "propertyNames": enumeration(sorted(CHECKS)),
        "additionalProperties": POSITION,
    },
}
_INDEX_ENTRY: Schema = {
    "file": TEXT_OR_NULL,
    **IDENTITY,
    "certificate_sha256": or_null(SHA256),
    "subject_common_name": TEXT_OR_NULL,
    "source": SOURCE,
    "findings": list_of(FINDING),
}


def schemas() -> dict[str, Schema]:
    """Every schema by its file name."""
    return {
        "tng.report.1.json": titled(
            REPORT_SCHEMA,
            "What tng verify or tng audit found, as one object",
            object_of(
                {
                    "schema": {"const": REPORT_SCHEMA},
                    "run": object_of(_RUN, AUDIT_RUN),
                    "devices": list_of(object_of(DEVICE, AUDIT_DEVICE)),
                    "inputs": list_of({"anyOf": [object_of(_INPUT), *audit_input(_INPUT)]}),
                    "summary": object_of(_SUMMARY, AUDIT_SUMMARY),
                },
                AUDIT_MEMBERS,
            ),
        ),
        "tng.report-lines.1.json": titled(
            LINES_SCHEMA,
            "One line of what tng verify found: begin, devices, inputs, and the summary last",
            lines_of(
                begin={"schema": {"const": LINES_SCHEMA}, "run": object_of(_RUN)},
                device=DEVICE,
                input=_INPUT,
                summary=_SUMMARY,
            ),
        ),
        "tng.index.1.json": titled(
            INDEX_SCHEMA,
            "Which file of tng decode holds which device; nothing in it is verified",
            object_of(
                {
                    "schema": {"const": INDEX_SCHEMA},
                    "verified": {"const": False},
                    "entries": list_of(object_of(_INDEX_ENTRY)),
                }
            ),
        ),
        "tng.index-lines.1.json": titled(
            INDEX_LINES_SCHEMA,
            "One line of the index of tng decode: entries, and the summary last",
            lines_of(
                entry=_INDEX_ENTRY,
                summary={"schema": {"const": INDEX_LINES_SCHEMA}, "entries": COUNT},
            ),
        ),
        **watch_schemas(),
        "tng.device-check.1.json": device_check_schema(),
        "tng.connection.1.json": connection_schema(),
        "tng.seal.1.json": seal_schema(),
        "tng.diff.1.json": diff_schema(),
        **requests_schemas(),
        **issued_schemas(),
        "tng.policy-lint.1.json": policy_lint_schema(),
    }


def schema_text(schema: Schema) -> str:
    """The schema as its file has it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Write every schema into the directory named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tng.report.schemas", description=__doc__)
    parser.add_argument("directory", type=Path, help="where to write")
    directory: Path = parser.parse_args(arguments).directory
    for name, schema in schemas().items():
        directory.joinpath(name).write_text(schema_text(schema), "utf-8")


if __name__ == "__main__":
    main()
