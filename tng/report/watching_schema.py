"""The JSON Schemas of what ``tng watch`` writes."""

from tng.clouds.interface import Standing
from tng.report.schema_parts import (
    COUNT,
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
from tng.report.watching import LINES_SCHEMA, SCHEMA

_STANDING = enumeration([standing.value for standing in Standing])
_NUMBER: Schema = {"type": "number", "minimum": 0}
_IDENTITY: Schema = {"device_id": TEXT, "name": TEXT_OR_NULL}
_SIGHTING: Schema = {
    "place": TEXT_OR_NULL,
    "assigned_device_id": TEXT_OR_NULL,
    "updated_at": TEXT_OR_NULL,
    "message": TEXT_OR_NULL,
}
_DEVICE: Schema = {
    **_IDENTITY,
    "standing": or_null(_STANDING),
    **_SIGHTING,
    "error": TEXT_OR_NULL,
    "registered_at": TIME,
}
_CHANGE: Schema = {
    "target": TEXT,
    **_IDENTITY,
    "before": _STANDING,
    "standing": _STANDING,
    **_SIGHTING,
    "seconds": _NUMBER,
}
_TARGET: Schema = {
    "name": TEXT,
    "cloud": TEXT,
    "account": TEXT,
    "region": TEXT,
    "devices_watched": COUNT,
    "counts": object_of({standing.value: COUNT for standing in Standing}),
    "unseen": COUNT,
    "failed_looks": COUNT,
    "assigned_per_second": _NUMBER,
    "seconds_left": or_null(_NUMBER),
    "stopped": TEXT_OR_NULL,
}
_FAILED_TARGET: Schema = {"name": TEXT, "message": TEXT, "hint": TEXT_OR_NULL}
_RESULT = enumeration(["done", "partial", "refused", "interrupted"])


def watch_schemas() -> dict[str, Schema]:
    """Every schema by its file name."""
    return {
        "tng.watch.1.json": titled(
            SCHEMA,
            "What tng watch saw of registered devices, as one object",
            object_of(
                {
                    "schema": {"const": SCHEMA},
                    "command": TEXT,
                    "result": _RESULT,
                    "failed_targets": list_of(object_of(_FAILED_TARGET)),
                    "targets": list_of(
                        object_of({**_TARGET, "devices": list_of(object_of(_DEVICE))})
                    ),
                }
            ),
        ),
        "tng.watch-lines.1.json": titled(
            LINES_SCHEMA,
            "One line of tng watch: begin, changes as they are seen; then devices, targets that "
            "could not be watched, and the summary last",
            lines_of(
                begin={"schema": {"const": LINES_SCHEMA}, "command": TEXT},
                change=_CHANGE,
                device={"target": TEXT, **_DEVICE},
                failed_target=_FAILED_TARGET,
                summary={"result": _RESULT, "targets": list_of(object_of(_TARGET))},
            ),
        ),
    }
