"""Policy documents: reading the one to be created, and seeing wildcards. No call is made."""

import json
from pathlib import Path

from tng.errors import ConfigurationError

MAX_CHARACTERS = 2048
"""Of a policy document without white space (Service Quotas, AWS IoT Core)."""

_MAX_FILE_BYTES = 64 * 1024
_ALL_ACTIONS = frozenset({"*", "iot:*"})


def read_policy_file(file: Path) -> str:
    """The policy document in ``file``; raises `ConfigurationError` if AWS would refuse it."""
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"the policy file {file} cannot be read: {error.strerror}", "Check the path."
        ) from error
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} is not JSON: {error}", "Correct the file.") from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise ConfigurationError(
            f"{file} is not a policy document", 'Expected an object with "Version" and "Statement".'
        )
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    if len("".join(text.split())) > MAX_CHARACTERS:
        raise ConfigurationError(
            f"{file} has {len(text)} characters, AWS allows {MAX_CHARACTERS}",
            "Shorten the policy, or split it into several.",
        )
    return text


def allows_everything(document: str) -> bool:
    """Whether a statement allows all IoT actions on all resources."""
    try:
        policy = json.loads(document)
    except (ValueError, RecursionError):
        return False
    statements = policy.get("Statement", ()) if isinstance(policy, dict) else ()
    if isinstance(statements, dict):
        statements = [statements]
    return any(isinstance(item, dict) and _is_wildcard(item) for item in statements)


def _is_wildcard(statement: dict[str, object]) -> bool:
    return (
        statement.get("Effect") == "Allow"
        and "Condition" not in statement
        and any(action in _ALL_ACTIONS for action in _texts(statement.get("Action")))
        and "*" in _texts(statement.get("Resource"))
    )


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item.lower() for item in values if isinstance(item, str)]
