"""A target that lacks what says which it is: a matter of configuration, and nobody's refusal."""

from pathlib import Path

import pytest

from tests.commands import run_tng
from tests.judging import MANIFESTS

MANIFEST = str(MANIFESTS / "tngtls-10.json")
AWS = ("--cloud", "aws", "--policy", "fleet")


@pytest.fixture(autouse=True)
def _nobody_says_a_region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")


@pytest.mark.parametrize(
    "command",
    [
        ("plan", MANIFEST, *AWS),
        ("plan", MANIFEST, *AWS, "--offline"),
        ("register", MANIFEST, *AWS, "--yes"),
        ("register", MANIFEST, *AWS, "--dry-run"),
    ],
)
def test_a_target_of_aws_without_a_region_is_told_before_anything_is_read(command):
    result = run_tng(*command, expect=3)
    assert "error: the target has no region" in result.stderr
    assert "hint: Add --region" in result.stderr
    assert "10 devices" not in result.stderr


def test_a_named_target_without_a_region_is_named():
    Path("tng.toml").write_text('[targets.eu]\ncloud = "aws"\npolicy = "fleet"\n')
    told = run_tng("plan", MANIFEST, "--target", "eu", expect=3).stderr
    assert "target 'eu' has no region" in told


def test_a_target_of_azure_without_a_service_is_told():
    told = run_tng("plan", MANIFEST, "--cloud", "azure", expect=3).stderr
    assert "error: the target has no service" in told
    assert "hint: Give either dps_host" in told
