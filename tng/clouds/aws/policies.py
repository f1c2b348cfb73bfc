"""Policy documents: reading the one to be created, and seeing what is too wide. No call is made."""

from pathlib import Path

from tng.errors import ConfigurationError
from tng.policies.json_places import MAX_BYTES
from tng.policies.linting import lint
from tng.policies.model import PolicyKind
from tng.policies.reading import compact, read_document

_REFUSED = frozenset({"policy-syntax", "policy-too-long"})
"""Checks whose findings AWS would refuse the document for."""
_WIDE = frozenset(
    {
        "policy-all-resources",
        "policy-any-client",
        "policy-all-topics",
        "policy-other-things",
        "policy-inverted",
    }
)
"""Checks whose findings mean that one device can act as another."""


def read_policy_file(file: Path) -> str:
    """The policy document in ``file``; raises `ConfigurationError` if AWS would refuse it."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"the policy file {file} cannot be read: {error.strerror}", "Check the path."
        ) from error
    placed, remarks = read_document(data)
    if placed is None:
        reason = remarks[0].finding.message
        raise ConfigurationError(f"{file} cannot be used: {reason}", "Correct the file.")
    for remark in lint(data, PolicyKind.DEVICE).remarks:
        if remark.finding.code in _REFUSED:
            where = f"{remark.where}: " if remark.where else ""
            raise ConfigurationError(
                f"{file} is no policy that AWS takes: {where}{remark.finding.message}",
                f"`tng lint-policy {file}` tells everything that is wrong with it.",
            )
    return compact(placed.value)


def too_wide(document: str) -> str:
    """Why a device with this policy could act as another; empty where it could not."""
    for remark in lint(document.encode("utf-8", "replace"), PolicyKind.DEVICE).remarks:
        if remark.finding.code in _WIDE:
            return f"{remark.finding.message} ({remark.finding.code})"
    return ""
