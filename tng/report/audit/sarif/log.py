"""The SARIF log (OASIS SARIF 2.1.0, errata 01): one run, its rules, inputs and results.

Notices are counted and not told one by one: in code scanning they would drown the rest.
"""

from typing import BinaryIO

from tng.audit.models import Audit, AuditInput, InputRole
from tng.findings import Check
from tng.report.audit.sarif.results import LEVELS, Results, count_results
from tng.report.audit.sarif.texts import artifact_uri, message
from tng.report.json_text import to_json
from tng.report.rows import Row, timestamp
from tng.report.text import printable

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def write_sarif(audit: Audit, stream: BinaryIO) -> None:
    """Write the log; each result stands in a line of its own."""
    results = count_results(audit)
    run: Row = {
        "tool": {"driver": _driver(audit, results)},
        "automationDetails": {"id": "tng/audit/"},
        "invocations": [_invocation(audit, results)],
        "artifacts": [_artifact(item) for item in audit.inputs],
        "properties": _properties(audit),
    }
    head = to_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})
    stream.write(head.removesuffix(b"}]}") + b',"results":[')
    separator = b"\n"
    for result in results:
        stream.write(separator + to_json(result))
        separator = b",\n"
    stream.write(b"\n]}]}\n")


def _driver(audit: Audit, results: Results) -> Row:
    rules = [_rule(trouble.check, results) for trouble in audit.troubles]
    return {"name": "tng", "version": audit.making.tool_version, "rules": rules}


def _rule(check: Check, results: Results) -> Row:
    return {
        "id": check.code,
        "name": "".join(word.capitalize() for word in check.code.split("-")),
        "shortDescription": {"text": f"{check.title}."},
        "fullDescription": {"text": check.meaning or f"{check.title}."},
        "help": {
            "text": f"{check.meaning} What to do: {check.remedy} Source: {check.source}",
            "markdown": (
                f"{check.meaning}\n\n**What to do:** {check.remedy}\n\n*Source:* {check.source}"
            ),
        },
        "defaultConfiguration": {"level": LEVELS[check.severity]},
        "properties": {"findings": results.counts[check.code]},
    }


def _invocation(audit: Audit, results: Results) -> Row:
    invocation: Row = {
        "executionSuccessful": True,
        "commandLine": printable(audit.making.command),
        "endTimeUtc": timestamp(audit.making.at),
    }
    if results.aggregated:
        codes = ", ".join(sorted(results.aggregated))
        invocation["toolExecutionNotifications"] = [
            {
                "level": "warning",
                "message": message(
                    "There are more findings than a run may have. All those of one rule are told "
                    f"in one result for: {codes}. The JSON report has them all."
                ),
            }
        ]
    return invocation


def _artifact(item: AuditInput) -> Row:
    source = item.role is InputRole.SOURCE
    artifact: Row = {
        "location": {"uri": artifact_uri(item.path)},
        "roles": ["analysisTarget"] if source else ["referencedOnCommandLine"],
    }
    if item.sha256:
        artifact["hashes"] = {"sha-256": item.sha256}
    return artifact


def _properties(audit: Audit) -> Row:
    notices = [item for item in audit.troubles if item.check.severity.rank == 0]
    return {
        "verdict": audit.verdict.decision.value,
        "sentence": audit.verdict.sentence,
        "outcomes": {status.value: count for status, count in audit.tally.statuses.items()},
        "notices": {item.check.code: item.count for item in notices},
    }
