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
from tng.report.index import INDEX_LINES_SCHEMA, INDEX_SCHEMA
from tng.report.json_report import LINES_SCHEMA, REPORT_SCHEMA
from tng.scan import UNREADABLE, UNRECOGNISED, ZIP
from tng.trust.anchor import Role

Schema = dict[str, object]

VENDORS = ("microchip", "nxp", "other")
KINDS = (*(decoder.name for decoder in DECODERS), ZIP, UNREADABLE, UNRECOGNISED)

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TIME: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"}


def _object(members: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**members, **(optional or {})},
        "required": list(members),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _enumeration(values: object) -> Schema:
    return {"enum": values}


_POSITION: Schema = {"type": "integer", "minimum": 1}
_SOURCE = _object({"file": _TEXT}, {"entry": _POSITION, "line": _POSITION})
_FINDING = _object(
    {
        "code": _enumeration(sorted(CHECKS)),
        "severity": _enumeration([severity.value for severity in Severity]),
        "message": _TEXT,
    }
)
_IDENTITY: Schema = {
    "vendor": _or_null(_enumeration(list(VENDORS))),
    "device_id": _TEXT_OR_NULL,
    "part_number": _TEXT_OR_NULL,
    "group_id": _TEXT_OR_NULL,
    "object_id": _TEXT_OR_NULL,
}
_ANCHOR = _or_null(_object({"id": _TEXT, "built_in": _FLAG}))
_DEVICE: Schema = {
    "status": _enumeration([status.value for status in Status]),
    **_IDENTITY,
    "certificate_sha256": _or_null(_SHA256),
    "serial_number": _TEXT_OR_NULL,
    "subject_common_name": _TEXT_OR_NULL,
    "issuer_common_name": _TEXT_OR_NULL,
    "not_before": _or_null(_TIME),
    "not_after": _or_null(_TIME),
    "anchor": _ANCHOR,
    "signer": _ANCHOR,
    "path": _list(_TEXT),
    "source": _SOURCE,
    "findings": _list(_FINDING),
}
_RUN = _object(
    {
        "tool": {"const": "tng"},
        "version": _TEXT,
        "at": _TIME,
        "strict": _FLAG,
        "added_trust": _list(
            _object(
                {
                    "role": _enumeration([role.value for role in Role]),
                    "id": _TEXT,
                    "source": _TEXT,
                }
            )
        ),
    }
)
_INPUT: Schema = {
    "path": _TEXT,
    "sha256": _or_null(_SHA256),
    "kind": _enumeration(list(KINDS)),
    "entries": _COUNT,
}
_SUMMARY: Schema = {
    "devices": _COUNT,
    "outcomes": _object({status.value: _COUNT for status in Status}),
    "findings": {
        "type": "object",
        "propertyNames": _enumeration(sorted(CHECKS)),
        "additionalProperties": _POSITION,
    },
}
_INDEX_ENTRY: Schema = {
    "file": _TEXT_OR_NULL,
    **_IDENTITY,
    "certificate_sha256": _or_null(_SHA256),
    "subject_common_name": _TEXT_OR_NULL,
    "source": _SOURCE,
    "findings": _list(_FINDING),
}


def schemas() -> dict[str, Schema]:
    """Every schema by its file name."""
    return {
        "tng.report.1.json": _titled(
            REPORT_SCHEMA,
            "What tng verify found, as one object",
            _object(
                {
                    "schema": {"const": REPORT_SCHEMA},
                    "run": _RUN,
                    "devices": _list(_object(_DEVICE)),
                    "inputs": _list(_object(_INPUT)),
                    "summary": _object(_SUMMARY),
                }
            ),
        ),
        "tng.report-lines.1.json": _titled(
            LINES_SCHEMA,
            "One line of what tng verify found: begin, devices, inputs, and the summary last",
            _lines(
                begin={"schema": {"const": LINES_SCHEMA}, "run": _RUN},
                device=_DEVICE,
                input=_INPUT,
                summary=_SUMMARY,
            ),
        ),
        "tng.index.1.json": _titled(
            INDEX_SCHEMA,
            "Which file of tng decode holds which device; nothing in it is verified",
            _object(
                {
                    "schema": {"const": INDEX_SCHEMA},
                    "verified": {"const": False},
                    "entries": _list(_object(_INDEX_ENTRY)),
                }
            ),
        ),
        "tng.index-lines.1.json": _titled(
            INDEX_LINES_SCHEMA,
            "One line of the index of tng decode: entries, and the summary last",
            _lines(
                entry=_INDEX_ENTRY,
                summary={"schema": {"const": INDEX_LINES_SCHEMA}, "entries": _COUNT},
            ),
        ),
    }


def _lines(**members: Schema) -> Schema:
    return {
        "oneOf": [
            _object({"message_type": {"const": message_type}, **schema})
            for message_type, schema in members.items()
        ]
    }


def _titled(name: str, title: str, schema: Schema) -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tng:schema:{name}",
        "title": f"{title} ({name})",
        **schema,
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
