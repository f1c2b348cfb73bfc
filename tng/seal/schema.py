"""The JSON Schema of a seal's statement."""

from tng.audit.models import InputRole
from tng.report.schema_parts import (
    COUNT,
    SHA256,
    TEXT,
    TIME,
    Schema,
    enumeration,
    list_of,
    object_of,
    or_null,
    titled,
)
from tng.seal.public_key import ALGORITHMS
from tng.seal.statement import SCHEMA

_BASE64URL: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
_NAME: Schema = {"type": "string", "pattern": r"^[^/\\\u0000]+$"}
_FILE = object_of({"name": _NAME, "sha256": SHA256, "size": COUNT})
_ELLIPTIC = object_of(
    {
        "kty": {"const": "EC"},
        "crv": enumeration(["P-256", "P-384"]),
        "x": _BASE64URL,
        "y": _BASE64URL,
    }
)
_RSA = object_of({"kty": {"const": "RSA"}, "n": _BASE64URL, "e": _BASE64URL})


def seal_schema() -> Schema:
    """The statement that a detached JWS beside it signs."""
    return titled(
        SCHEMA,
        "What a seal of tng audit states; the detached JWS beside it signs its bytes",
        object_of(
            {
                "schema": {"const": SCHEMA},
                "tool": {"const": "tng"},
                "version": TEXT,
                "at": TIME,
                "command": TEXT,
                "report": _FILE,
                "outputs": list_of(_FILE),
                "inputs": list_of(
                    object_of(
                        {
                            "role": enumeration([role.value for role in InputRole]),
                            "path": TEXT,
                            "sha256": or_null(SHA256),
                        }
                    )
                ),
                "key": object_of(
                    {
                        "algorithm": enumeration(list(ALGORITHMS)),
                        "sha256": SHA256,
                        "jwk": {"oneOf": [_ELLIPTIC, _RSA]},
                    }
                ),
            }
        ),
    )
