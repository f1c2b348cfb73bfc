"""The JSON Schemas are what the code says, and real output is what they say."""

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST, NXP_TRUST, ROOT
from tng.findings import CHECKS, Severity
from tng.models import Status
from tng.report.schemas import schema_text, schemas

_SCHEMAS = ROOT / "docs" / "schemas"
_TRUST = (*MICROCHIP_TRUST, *NXP_TRUST)
_EXAMPLES = sorted(
    str(path.relative_to(MANIFESTS))
    for path in MANIFESTS.rglob("*")
    if path.is_file() and path.suffix != ".md" and "trust" not in path.parts
)


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((_SCHEMAS / name).read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_schema_in_the_repository_is_what_the_code_says(name: str):
    assert (_SCHEMAS / name).read_text("utf-8") == schema_text(schemas()[name]), (
        "bring the schemas up to date with: python -m tng.report.schemas docs/schemas"
    )


def test_the_schemas_enumerate_what_the_code_does():
    schema = json.loads((_SCHEMAS / "tng.report.1.json").read_text("utf-8"))
    device = schema["properties"]["devices"]["items"]["properties"]
    assert device["status"]["enum"] == [status.value for status in Status]
    found = device["findings"]["items"]["properties"]
    assert found["severity"]["enum"] == [severity.value for severity in Severity]
    assert set(found["code"]["enum"]) == set(CHECKS)


@pytest.mark.parametrize("example", _EXAMPLES)
def test_the_report_on_every_example_is_valid(example: str):
    done = run_tng("verify", str(MANIFESTS / example), *_TRUST, "--format", "json")
    report = json.loads(done.stdout)
    _validator("tng.report.1.json").validate(report)
    assert report["summary"]["devices"] == len(report["devices"])
    assert sum(report["summary"]["outcomes"].values()) == len(report["devices"])


def test_a_report_on_everything_at_once_is_valid_line_by_line():
    done = run_tng("verify", str(MANIFESTS), *_TRUST, "--format", "jsonl")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        _validator("tng.report-lines.1.json").validate(line)
    kinds = [line["message_type"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("begin", "summary")
    assert set(kinds[1:-1]) == {"device", "input"}
    assert lines[-1]["devices"] == kinds.count("device")


def test_what_cannot_be_read_is_valid_too(tmp_path: Path):
    (tmp_path / "empty.json").touch()
    (tmp_path / "binary").write_bytes(bytes(range(1, 256)) * 9)
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04broken")
    (tmp_path / "cut.json").write_bytes((MANIFESTS / "tngtls-10.json").read_bytes()[:9000])
    (tmp_path / "wrong\x1b[31m.json").write_bytes(b'[{"payload":"e30","protected":"e30"}]')
    done = run_tng("verify", str(tmp_path), "--format", "json")
    report = json.loads(done.stdout)
    _validator("tng.report.1.json").validate(report)
    assert report["summary"]["outcomes"]["undecodable"] >= 5


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_the_index_is_valid(tmp_path: Path, form: str):
    folder = str(tmp_path / "certificates")
    done = run_tng("decode", str(MANIFESTS), "-o", folder, "--format", form)
    if form == "json":
        _validator("tng.index.1.json").validate(json.loads(done.stdout))
        return
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        _validator("tng.index-lines.1.json").validate(line)
    assert lines[-1]["entries"] == len(lines) - 1


def test_the_schemas_refuse_a_member_that_nobody_knows():
    done = run_tng("verify", str(MANIFESTS / "lite-3.json"), *_TRUST, "--format", "json")
    report = json.loads(done.stdout)
    report["devices"][0]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError):
        _validator("tng.report.1.json").validate(report)
