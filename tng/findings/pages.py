"""The pages of the checks, as ``docs/checks.md`` and ``tng checks CODE`` show them.

``python -m tng.findings.pages > docs/checks.md`` brings the document up to date.
"""

import sys
from collections.abc import Iterable

from tng.findings.model import Check, Effect
from tng.findings.table import CHECKS

_EFFECTS = {
    Effect.NONE: "none: the device keeps its outcome",
    Effect.UNVERIFIED: "the device is unverified",
    Effect.REJECTED: "the device is rejected",
    Effect.UNDECODABLE: "the entry is undecodable",
    Effect.INELIGIBLE: "the device is not registered",
}

_INTRODUCTION = """# Checks

Every finding that `tng` reports carries the code of one of these checks. The codes are
stable. A severity is `notice`, `warning` or `error`; `--fail-on` names the lightest that makes
a command exit with 1. This page is made from the table in `tng/findings/`; a test keeps the
two together, and `tng checks CODE` shows one section.
"""


def check_page(check: Check) -> str:
    """One check's section in Markdown."""
    return (
        f"## {check.code}\n\n"
        f"{check.title}.\n\n"
        f"- Severity: {check.severity.value}\n"
        f"- Effect: {_EFFECTS[check.effect]}\n"
        f"- Source: {check.source}\n\n"
        f"{check.meaning}\n\n"
        f"What to do: {check.remedy}\n"
    )


def checks_document(checks: Iterable[Check]) -> str:
    """The whole of ``docs/checks.md``."""
    return "\n".join([_INTRODUCTION, *map(check_page, checks)])


if __name__ == "__main__":
    sys.stdout.write(checks_document(CHECKS.values()))
