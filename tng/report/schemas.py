"""The JSON Schemas of reports and indexes: ``python -m tng.report.schemas docs/schemas``.

They are made from the same enumerations as the output, so that one command brings
them up to date after a check, an outcome or a kind of input was added. Nothing at run
time depends on them.
"""

import argparse
import json
from pathlib import Path

from tng.decode.registry import DECODERS
from tng.findings import CHECKS, Severity
from tng.models import Status
from tng.report.device_check_schema import device_check_schema
from tng.report.index import INDEX_LINES_SCHEMA, INDEX_SCHEMA
from tng.report.json_report import LINES_SCHEMA, REPORT_SCHEMA
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
from tng.scan import UNREADABLE, UNRECOGNISED, ZIP
from tng.trust.anchor import Role

VENDORS = ("microchip", "nxp", "other")
KINDS = (*(decoder.name for decoder in DECODERS), ZIP, UNREADABLE, UNRECOGNISED)

_POSITION: Schema = {"type": "integer", "minimum": 1}
_SOURCE = object_of({"file": TEXT}, {"entry": _POSITION, "line": _POSITION})
_FINDING = object_of(
    {
        "code": enumeration(sorted(CHECKS)),
        "severity": enumeration([severity.value for severity in Severity]),
        "message": TEXT,
    }
)
_IDENTITY: Schema = {
    "vendor": or_null(enumeration(list(VENDORS))),
    "device_id": TEXT_OR_NULL,
    "part_number": TEXT_OR_NULL,
    "group_id": TEXT_OR_NULL,
    "object_id": TEXT_OR_NULL,
}
_ANCHOR = or_null(object_of({"id": TEXT, "built_in": FLAG}))
_DEVICE: Schema = {
    "status": enumeration([status.value for status in Status]),
    **_IDENTITY,
    "provisioned_at": or_null(TIME),
    "certificate_sha256": or_null(SHA256),
    "serial_number": TEXT_OR_NULL,
    "subject_common_name": TEXT_OR_NULL,
    "issuer_common_name": TEXT_OR_NULL,
    "not_before": or_null(TIME),
    "not_after": or_null(TIME),
    "anchor": _ANCHOR,
    "signer": _ANCHOR,
    "path": list_of(TEXT),
    "source": _SOURCE,
    "findings": list_of(_FINDING),
}
_RUN = object_of(
    {
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
)
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
        "additionalProperties": _POSITION,
    },
}
_INDEX_ENTRY: Schema = {
    "file": TEXT_OR_NULL,
    **_IDENTITY,
    "certificate_sha256": or_null(SHA256),
    "subject_common_name": TEXT_OR_NULL,
    "source": _SOURCE,
    "findings": list_of(_FINDING),
}


def schemas() -> dict[str, Schema]:
    """Every schema by its file name."""
    return {
        "tng.report.1.json": titled(
            REPORT_SCHEMA,
            "What tng verify found, as one object",
            object_of(
                {
                    "schema": {"const": REPORT_SCHEMA},
                    "run": _RUN,
                    "devices": list_of(object_of(_DEVICE)),
                    "inputs": list_of(object_of(_INPUT)),
                    "summary": object_of(_SUMMARY),
                }
            ),
        ),
        "tng.report-lines.1.json": titled(
            LINES_SCHEMA,
            "One line of what tng verify found: begin, devices, inputs, and the summary last",
            lines_of(
                begin={"schema": {"const": LINES_SCHEMA}, "run": _RUN},
                device=_DEVICE,
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
