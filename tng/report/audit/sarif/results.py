"""Findings as SARIF results: one each, or one a rule where there are too many."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tng.audit.models import Audit, AuditedDevice, GeneralFinding, InputRole, Subject
from tng.findings import CHECKS, Finding, Severity
from tng.models import Source
from tng.report.audit.sarif.texts import artifact_uri, message
from tng.report.rows import Row
from tng.report.text import printable

MAX_RESULTS = 25_000
"""Results of a run that GitHub takes (docs.github.com, SARIF support for code scanning)."""
LEVELS = {Severity.NOTICE: "note", Severity.WARNING: "warning", Severity.ERROR: "error"}
_FINGERPRINT = "tngFinding/v1"
_FILES = {"order": InputRole.ORDER, "target": InputRole.CONFIGURATION}
"""What a finding that is about no device stands in."""


@dataclass(slots=True)
class _Rule:
    count: int = 0
    severity: Severity = Severity.NOTICE
    first: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Results:
    """The results of an audit, counted before they are written.

    ``counts`` are findings by code, notices too. ``aggregated`` are the codes whose findings are
    told in one result each, since all together would be more than `MAX_RESULTS`.
    """

    counts: Counter[str]
    aggregated: frozenset[str]
    _rules: dict[str, _Rule]
    _audit: Audit

    def __iter__(self) -> Iterator[Row]:
        for item, result in _results(self._audit):
            if item.code not in self.aggregated:
                yield result
        for code in sorted(self.aggregated):
            yield _aggregate(code, self._rules[code])


def count_results(audit: Audit, limit: int = MAX_RESULTS) -> Results:
    """Walk the devices once, and decide which rules have to be told in one result each."""
    rules: dict[str, _Rule] = {}
    for item, result in _results(audit):
        rule = rules.setdefault(item.code, _Rule(severity=item.severity, first=result))
        rule.count += 1
        if item.severity.rank > rule.severity.rank:
            rule.severity = item.severity
    counts = Counter({trouble.check.code: trouble.count for trouble in audit.troubles})
    counts.update({code: rule.count - counts[code] for code, rule in rules.items()})
    return Results(counts, _too_many(rules, limit), rules, audit)


def _too_many(rules: dict[str, _Rule], limit: int) -> frozenset[str]:
    """The most frequent rules, until the rest fits."""
    total = sum(rule.count for rule in rules.values())
    chosen: set[str] = set()
    for code, rule in sorted(rules.items(), key=lambda item: (-item[1].count, item[0])):
        if total <= limit:
            break
        chosen.add(code)
        total -= rule.count - 1
    return frozenset(chosen)


def _aggregate(code: str, rule: _Rule) -> Row:
    check = CHECKS.get(code)
    title = check.title if check else code
    return {
        **rule.first,
        "level": LEVELS[rule.severity],
        "message": message(
            f"{title}: {rule.count:,} times. There are more findings than a run may have, so that "
            "these are told in one, with the place of the first; the JSON report has them all."
        ),
        "occurrenceCount": rule.count,
        "partialFingerprints": _fingerprints("all of", code),
    }


def _results(audit: Audit) -> Iterator[tuple[Finding, Row]]:
    """Every warning and error with its result: those about no device first."""
    told: Counter[tuple[str, Subject]] = Counter()
    for general in audit.general:
        if general.finding.severity.rank > 0:
            key = (general.finding.code, general.subject)
            yield general.finding, _general(audit, general, told[key])
            told[key] += 1
    for device in audit.devices:
        seen: Counter[str] = Counter()
        for item in device.findings:
            if item.severity.rank > 0:
                yield item, _of_device(device, item, seen[item.code])
                seen[item.code] += 1


def _of_device(device: AuditedDevice, item: Finding, nth: int) -> Row:
    """A result about a device; ``nth`` tells its findings of the same code apart."""
    known = device.device_id is not None
    name = " ".join(filter(None, (device.device_id, device.object_id))) or str(device.source)
    return _result(
        item,
        {"physicalLocation": _place(device.source)},
        {"name": printable(name), "kind": "object" if known else "element"},
        _fingerprints(item.code, name, str(nth)),
    )


def _general(audit: Audit, found: GeneralFinding, nth: int) -> Row:
    subject = found.subject
    return _result(
        found.finding,
        _file(audit, _FILES.get(subject.kind)),
        {"name": printable(f"{subject.kind} {subject.name}"), "kind": "object"},
        _fingerprints(found.finding.code, subject.kind, subject.name, str(nth)),
    )


def _file(audit: Audit, role: InputRole | None) -> Row:
    """The first input of that role, otherwise any: GitHub refuses a result without a file."""
    files = sorted(audit.inputs, key=lambda item: item.role is not role)
    return {"physicalLocation": _place(Source(files[0].path))} if files else {}


def _result(item: Finding, place: Row, logical: Row, fingerprints: Row) -> Row:
    return {
        "ruleId": item.code,
        "level": LEVELS[item.severity],
        "message": message(item.message),
        "locations": [{**place, "logicalLocations": [logical]}],
        "partialFingerprints": fingerprints,
    }


def _place(source: Source) -> Row:
    place: Row = {"artifactLocation": {"uri": artifact_uri(source.file)}}
    if source.line is not None:
        place["region"] = {"startLine": source.line}
    return place


def _fingerprints(*parts: str) -> Row:
    """The same for the same finding in a later run, wherever its source then lies."""
    text = "\0".join(parts).encode("utf-8", "backslashreplace")
    digest = hashlib.sha256(text).hexdigest()[:32]
    # The second is the one that GitHub goes by; it would otherwise be made from the file's lines.
    return {_FINGERPRINT: digest, "primaryLocationLineHash": f"{digest}:1"}
