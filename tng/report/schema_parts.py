"""What the JSON Schemas of this project are put together from (draft 2020-12)."""

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TIME: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"}


def object_of(members: Schema, optional: Schema | None = None) -> Schema:
    """An object of exactly these members; ``optional`` ones may be absent."""
    return {
        "type": "object",
        "properties": {**members, **(optional or {})},
        "required": list(members),
        "additionalProperties": False,
    }


def list_of(items: Schema) -> Schema:
    """An array of such items."""
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    """A value of that schema, or ``null``."""
    return {"anyOf": [schema, {"type": "null"}]}


def enumeration(values: object) -> Schema:
    """One of these values."""
    return {"enum": values}


def lines_of(**members: Schema) -> Schema:
    """One line of JSON lines: an object of one of these members, told by ``message_type``."""
    return {
        "oneOf": [
            object_of({"message_type": {"const": message_type}, **schema})
            for message_type, schema in members.items()
        ]
    }


def titled(name: str, title: str, schema: Schema) -> Schema:
    """A whole schema: what ``tng`` calls it, and its title."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tng:schema:{name}",
        "title": f"{title} ({name})",
        **schema,
    }
