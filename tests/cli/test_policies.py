"""``tng examples`` and ``tng lint-policy``: what they print, and how they end."""

import json

import jsonschema
import pytest

from tests.commands import run_tng
from tests.judging import ROOT
from tests.policies.wide import TUTORIALS, allow, arn, policy
from tng.policies.examples import EXAMPLES

SCHEMA = ROOT / "docs" / "schemas" / "tng.policy-lint.1.json"
NAMES = [item.name for item in EXAMPLES]


def test_examples_are_listed():
    lines = run_tng("examples", expect=0).stdout.splitlines()
    assert [line.split()[0] for line in lines] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_printed_and_passes(name):
    printed = run_tng("examples", name, expect=0)
    assert "filled in by default" in printed.stderr
    judged = run_tng(
        "lint-policy", "-", "--fail-on", "notice", stdin=printed.stdout_bytes, expect=0
    )
    assert judged.stdout == ""


def test_fields_are_filled_in():
    result = run_tng(
        "examples", "claim-policy", "--account", "222222222222", "--region", "cn-north-1",
        "--template", "line-2", expect=0,
    )  # fmt: skip
    statements = json.loads(result.stdout)["Statement"]
    assert statements[0]["Resource"] == "arn:aws-cn:iot:cn-north-1:222222222222:client/tng-*"
    assert "provisioning-templates/line-2/provision/*" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(
    "wrong",
    [
        ("--account", "12"),
        ("--region", "mars"),
        ("--template", "a/b"),
        ("--topic-prefix", "a/*"),
        ("--topic-prefix", "$aws/things"),
        ("--policy", "a b"),
    ],
)
def test_fields_that_would_widen_it_are_refused(wrong):
    result = run_tng("examples", "device-policy", *wrong, expect=2)
    assert result.stdout == ""
    assert wrong[0] in result.stderr


def test_all_are_written_and_nothing_is_replaced(tmp_path):
    folder = tmp_path / "policies"
    run_tng("examples", "-o", str(folder), expect=0)
    assert sorted(path.stem for path in folder.iterdir()) == sorted(NAMES)
    result = run_tng("examples", "-o", str(folder), expect=2)
    assert "is there already" in result.stderr


def test_an_unknown_example_is_a_usage_error():
    assert "`tng examples` lists them" in run_tng("examples", "nonsense", expect=2).stderr


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_policies_of_tutorials_fail(name, tmp_path):
    file = tmp_path / "wide.json"
    file.write_bytes(TUTORIALS[name])
    result = run_tng("lint-policy", str(file), expect=1)
    assert "  error    policy-" in result.stdout


def test_json_is_what_its_schema_says(tmp_path):
    file = tmp_path / "wide.json"
    file.write_bytes(TUTORIALS["everything"])
    result = run_tng("lint-policy", str(file), str(tmp_path / "none"), "--format", "json", expect=3)
    found = json.loads(result.stdout)
    jsonschema.validate(found, json.loads(SCHEMA.read_text("utf-8")))
    first, second = found["files"]
    assert (first["kind"], first["findings"][0]["code"]) == ("device", "policy-all-resources")
    assert (second["kind"], second["findings"][0]["code"]) == (None, "policy-unreadable")


def test_fail_on_decides_the_exit_code():
    connect = allow("iot:Connect", arn("client/${iot:Connection.Thing.ThingName}"))
    for least, code in (("error", 0), ("warning", 0), ("notice", 1), ("never", 0)):
        run_tng("lint-policy", "-", "--fail-on", least, stdin=policy(connect), expect=code)


def test_the_kind_can_be_told():
    claim = run_tng("examples", "claim-policy", expect=0).stdout_bytes
    assert "device, " in run_tng("lint-policy", "-", "--kind", "device", stdin=claim).stderr
    device = run_tng("examples", "device-policy", expect=0).stdout_bytes
    arguments = ("lint-policy", "-", "--without-things", "--fail-on", "warning")
    result = run_tng(*arguments, stdin=device, expect=1)
    assert "policy-thing-may-be-missing" in result.stdout


def test_what_stands_in_the_file_cannot_reach_into_the_terminal(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(policy(allow("iot:Publish", "*", Sid="\x1b[2J\u202e")))
    result = run_tng("lint-policy", str(file), expect=1)
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output
