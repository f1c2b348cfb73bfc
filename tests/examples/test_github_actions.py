"""examples/github-actions/audit.yml: valid, careful, and right about good and bad deliveries."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.examples.delivery import (
    BAD,
    CHIPS,
    GOOD,
    TARGET,
    Account,
    deliver,
    programs_first,
    registered_account,
    write_program,
)
from tests.examples.workflow import Job
from tests.judging import ROOT
from tests.seal.sealed import private_key, private_pem, public_pem
from tng.exit_codes import ExitCode
from tng.report.audit.registry import AuditForm, form_of

pytestmark = pytest.mark.slow

WORKFLOW = ROOT / "examples" / "github-actions" / "audit.yml"
REPORTS = {"audit.html", "audit.xlsx", "audit.json", "audit.md", "audit.sarif", "audit.xml"}
PACKAGE = "tng[aws,azure] @ git+https://github.com/somebody/tng@0123456789"
UPLOADS = ["Keep the ledger", "Show the findings under Security", "Keep the report"]
PASSPHRASE = "a passphrase"


@pytest.fixture(scope="module")
def account(tmp_path_factory) -> Iterator[Account]:
    with registered_account(tmp_path_factory.mktemp("account")) as running:
        yield running


@pytest.fixture
def checkout(tmp_path, account) -> Path:
    """What ``actions/checkout`` leaves: orders, configuration, manifests."""
    folder = tmp_path / "checkout"
    deliver(GOOD, folder / "manifests")
    order = f"order,part_number,quantity\nPO-1,ATECC608C-TNGTLS*,{CHIPS}\n"
    (folder / "orders.csv").write_text(order)
    (folder / "tng.toml").write_text(account.configuration)
    return folder


@pytest.fixture
def run(tmp_path, checkout, account):
    """Run the workflow; ``python`` is one that writes down what pip should install."""
    write_program(tmp_path / "bin" / "python", f'echo "$@" >> {tmp_path / "installed"}')
    (tmp_path / "runner").mkdir()
    environment = account.environment(
        PATH=programs_first(tmp_path / "bin"),
        RUNNER_TEMP=str(tmp_path / "runner"),
        GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
    )

    def run_workflow(*, variables=None, secrets=None) -> Job:
        document = yaml.safe_load(WORKFLOW.read_text())
        contexts = {
            "vars": {"TNG": PACKAGE, "AUDIT_TARGETS": TARGET, **(variables or {})},
            "secrets": secrets or {},
        }
        (job,) = document["jobs"].values()
        shell = document["defaults"]["run"]["shell"]
        return Job(job["steps"], shell, checkout, environment, contexts).run()

    return run_workflow


def sealing_key() -> dict[str, str]:
    pem = private_pem(private_key("P-256"), secret=PASSPHRASE).decode()
    return {"SEAL_KEY": pem.rstrip("\n"), "SEAL_PASSPHRASE": PASSPHRASE}


def test_workflow_is_of_githubs_schema():
    check = (
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
    )
    done = subprocess.run([*check, WORKFLOW], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_workflow_may_do_no_more_than_it_needs():
    document = yaml.safe_load(WORKFLOW.read_text())
    assert document["permissions"] == {}
    assert document["jobs"]["audit"]["permissions"] == {
        "contents": "read",
        "id-token": "write",
        "security-events": "write",
    }


def test_no_expression_is_pasted_into_a_script():
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["audit"]["steps"]
    assert [step["name"] for step in steps if "${{" in step.get("run", "")] == []


def test_good_delivery_passes_and_leaves_every_form_of_the_report(run, checkout, tmp_path):
    job = run(secrets=sealing_key())
    assert [(step.name, step.stderr) for step in job.done if step.code] == []
    assert job.names[-3:] == UPLOADS
    assert "Log in to AWS" not in job.names
    written = {path.name for path in (checkout / "audit").iterdir()}
    assert written == REPORTS | {"audit.seal.json", "audit.seal.jws"}
    assert {form_of(Path(name)) for name in REPORTS} == set(AuditForm) - {AuditForm.CSV}
    report = json.loads((checkout / "audit" / "audit.json").read_bytes())
    assert report["verdict"]["decision"] == "accept"
    assert [target["counts"]["in-place"] for target in report["targets"]] == [CHIPS]
    assert (tmp_path / "summary.md").read_text().startswith("# Accept this delivery")
    assert (tmp_path / "installed").read_text() == f"-m pip install {PACKAGE}\n"


def test_seal_holds_and_its_key_is_gone(run, checkout, tmp_path):
    run(secrets=sealing_key())
    assert list((tmp_path / "runner").iterdir()) == []
    (tmp_path / "auditor.pub.pem").write_bytes(public_pem(private_key("P-256")))
    check = (sys.executable, "-m", "tng", "audit", "--check", "audit/audit.json", "--key")
    done = subprocess.run([*check, tmp_path / "auditor.pub.pem"], cwd=checkout, check=False)
    assert done.returncode == 0


def test_key_is_readable_for_nobody_else_while_it_is_there(run, tmp_path):
    seen = tmp_path / "seen"
    write_program(tmp_path / "bin" / "tng", f'stat -c %a "$RUNNER_TEMP"/* > {seen}; env >> {seen}')
    run(secrets=sealing_key())
    mode, _, environment = seen.read_text().partition("\n")
    assert mode == "600"
    assert "PRIVATE KEY" not in environment


def test_bad_delivery_fails_the_job_and_everything_is_kept_all_the_same(run, checkout, tmp_path):
    deliver(BAD, checkout / "manifests")
    job = run()
    assert job.step("Audit").code == ExitCode.FINDINGS
    assert [step.name for step in job.done if step.code] == ["Audit"]
    assert job.names[-3:] == UPLOADS
    assert {path.name for path in (checkout / "audit").iterdir()} == REPORTS
    assert (tmp_path / "summary.md").read_text().startswith("# Do not accept this delivery")
    sarif = json.loads((checkout / "audit" / "audit.sarif").read_bytes())
    assert any(item["level"] == "error" for item in sarif["runs"][0]["results"])
    written = (checkout / "audit" / "audit.xml").read_bytes()
    junit = ElementTree.fromstring(written)  # noqa: S314 - this test had tng write it
    assert junit.findall(".//testcase/failure")


def test_orders_that_cannot_be_read_leave_no_report_and_say_so(run, checkout, tmp_path):
    (checkout / "orders.csv").write_text("order,part_number\nPO-1,\n")
    job = run()
    assert job.step("Audit").code == ExitCode.UNUSABLE
    assert "error: orders.csv" in job.step("Audit").stderr
    assert job.names[-1] == "Summary"
    assert "could not be made" in (tmp_path / "summary.md").read_text()


def test_without_targets_no_cloud_is_looked_at(run, checkout, account):
    before = len(account.clouds.aws.front.log)
    assert not run(variables={"AUDIT_TARGETS": ""}).failed
    assert json.loads((checkout / "audit" / "audit.json").read_bytes())["targets"] == []
    assert len(account.clouds.aws.front.log) == before


@pytest.mark.parametrize("package", ["", "tng", "tng[aws]==1.0"])
def test_a_name_that_anybody_may_own_in_an_index_is_not_installed(run, package, tmp_path):
    job = run(variables={"TNG": package})
    assert job.step("Install").code == 1
    assert not (tmp_path / "installed").exists()
    assert job.names[-1] == "Summary"


def test_logins_are_reached_where_they_are_set_up(run):
    names = run(variables={"AWS_ROLE": "arn:aws:iam::1:role/a", "AZURE_CLIENT_ID": "1"}).names
    assert {"Log in to AWS", "Log in to Azure"} < set(names)
