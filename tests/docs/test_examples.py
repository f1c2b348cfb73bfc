"""What examples/ offers for copying is usable as it is."""

import json
from pathlib import Path

from tests.commands import run_tng
from tng.clouds.aws.policies import too_wide
from tng.sandbox.preparation import device_policy

ROOT = Path(__file__).parents[2]
TRUST = ROOT / "manifests" / "trust"
EXAMPLE = ROOT / "examples" / "tng.toml"
POLICY = ROOT / "examples" / "policies" / "device-policy.json"
SOURCE = (
    str(ROOT / "manifests" / "tngtls-10.json"),
    "--trust-anchor", str(TRUST / "root.pem"),
    "--manifest-signer", str(TRUST / "manifest-signer.pem"),
)  # fmt: skip


def test_every_target_can_be_planned():
    result = run_tng(
        "plan", *SOURCE, "--config", str(EXAMPLE), "--offline", "--format", "json",
        "--target", "production-eu", "--target", "production-us",
        "--target", "production-dps", expect=0,
    )  # fmt: skip
    targets = json.loads(result.stdout)["targets"]
    assert [(target["account"], target["region"]) for target in targets] == [
        ("111111111111", "eu-central-1"),
        ("222222222222", "us-east-1"),
        ("contoso-dps.azure-devices-provisioning.net", ""),
    ]
    assert [len(target["calls"]) for target in targets] == [5, 4, 1]


def test_policy_is_the_one_that_the_sandbox_uses_and_no_wildcard():
    text = POLICY.read_text("utf-8")
    assert json.loads(text) == json.loads(device_policy())
    assert too_wide(text) == ""
