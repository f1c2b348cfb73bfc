"""examples/kubernetes: a strict manifest, a careful pod, and three nights of its audit."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.examples.delivery import (
    GOOD,
    TARGET,
    Account,
    deliver,
    programs_first,
    registered_account,
    write_program,
)
from tests.judging import ROOT
from tests.seal.sealed import private_key, private_pem, public_pem
from tng.exit_codes import ExitCode

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "examples" / "kubernetes" / "audit-cronjob.yaml"
OLDEST_KUBERNETES = "1.31"
"""The first in which all fields of the example are stable (podFailurePolicy)."""
DOCUMENTS = {item["kind"]: item for item in yaml.safe_load_all(EXAMPLE.read_text())}
DATA = DOCUMENTS["ConfigMap"]["data"]
JOB = DOCUMENTS["CronJob"]["spec"]["jobTemplate"]["spec"]
POD = JOB["template"]["spec"]
(CONTAINER,) = POD["containers"]
MOUNTS = sorted(mount["mountPath"] for mount in CONTAINER["volumeMounts"])
(TEMPORARY,) = (it["mountPath"] for it in CONTAINER["volumeMounts"] if it["name"] == "temporary")
_PATH = re.compile(r"(?<![\w.}/])/[a-z]+")


@dataclass(frozen=True)
class Night:
    """How a run of the container ended."""

    code: int
    said: str
    folder: Path

    @property
    def report(self):
        return json.loads((self.folder / "audit.json").read_bytes())


@dataclass(frozen=True)
class Cluster:
    """The pod's volumes as folders below ``root``, and its container's command as a process."""

    root: Path
    account: Account

    def __post_init__(self):
        for mount in MOUNTS:
            self.inside(mount).mkdir(parents=True, exist_ok=True)
        for name, text in DATA.items():
            (self.inside("/config") / name).write_text(self._mapped(text))
        (self.inside("/config") / "tng.toml").write_text(self.account.configuration)
        deliver(GOOD, self.inside("/manifests"))

    def inside(self, path: str) -> Path:
        """Where that path of the container is here."""
        return self.root / path.lstrip("/")

    def _mapped(self, text: str) -> str:
        return _PATH.sub(lambda found: f"{self.root}{found[0]}", text)

    def night(self, date: str, **more: str) -> Night:
        """Run the container on that date, as the kubelet would."""
        write_program(self.root / "bin" / "date", f"[ \"$*\" = '-u +%F' ] && echo {date}")
        own = {item["name"]: item["value"] for item in CONTAINER["env"] if "value" in item}
        environment = self.account.environment(
            PATH=programs_first(self.root / "bin"),
            TMPDIR=str(self.inside(TEMPORARY)),
            **{**own, "AUDIT_TARGETS": TARGET, **more},
        )
        done = subprocess.run(
            [self._mapped(word) for word in CONTAINER["command"]],
            cwd=self.inside(TEMPORARY), env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        folder = self.inside("/state") / "reports" / date
        return Night(done.returncode, done.stdout + done.stderr, folder)


@pytest.fixture
def cluster(tmp_path):
    (tmp_path / "account").mkdir()
    with registered_account(tmp_path / "account") as account:
        yield Cluster(tmp_path / "cluster", account)


@pytest.mark.parametrize("kind", DOCUMENTS)
@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, kubernetes_validate.latest_version()])
def test_every_object_is_of_the_schema_of_kubernetes(kind, version):
    kubernetes_validate.validate(DOCUMENTS[kind], version, strict=True)


def test_a_misspelt_field_would_be_found():
    spec = {**DOCUMENTS["CronJob"]["spec"], "concurencyPolicy": "Forbid"}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(
            {**DOCUMENTS["CronJob"], "spec": spec}, OLDEST_KUBERNETES, strict=True
        )


def test_what_the_objects_name_of_each_other_is_there():
    names = {kind: item["metadata"]["name"] for kind, item in DOCUMENTS.items()}
    volumes = {item["name"]: item for item in POD["volumes"]}
    assert POD["serviceAccountName"] == names["ServiceAccount"]
    assert volumes["configuration"]["configMap"]["name"] == names["ConfigMap"]
    assert volumes["data"]["persistentVolumeClaim"]["claimName"] == names["PersistentVolumeClaim"]
    assert {mount["name"] for mount in CONTAINER["volumeMounts"]} == set(volumes)
    assert JOB["podFailurePolicy"]["rules"][0]["onExitCodes"]["containerName"] == CONTAINER["name"]


def test_pod_is_restricted():
    # The rules of the Pod Security Standard "restricted", and a root that is not writable.
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["automountServiceAccountToken"] is False
    assert DOCUMENTS["CronJob"]["spec"]["concurrencyPolicy"] == "Forbid"
    assert "memory" in CONTAINER["resources"]["limits"]


def test_secrets_are_only_referred_to_and_may_be_missing():
    assert "Secret" not in DOCUMENTS
    references = [item["valueFrom"]["secretKeyRef"] for item in CONTAINER["env"]
                  if "valueFrom" in item]  # fmt: skip
    references += [item["secret"] for item in POD["volumes"] if "secret" in item]
    assert len(references) == 2
    assert all(item["optional"] for item in references)
    (keys,) = (item["secret"] for item in POD["volumes"] if "secret" in item)
    assert keys["defaultMode"] == 0o440


def test_the_script_touches_nothing_but_what_is_mounted():
    used = set(_PATH.findall(DATA["nightly.sh"]))
    assert used <= set(MOUNTS)
    assert {"/config", "/keys", "/manifests", "/state"} <= used


def test_what_cannot_get_better_is_not_tried_again():
    (rule,) = JOB["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert rule["onExitCodes"]["values"] == [
        ExitCode.FINDINGS, ExitCode.USAGE, ExitCode.UNUSABLE,
    ]  # fmt: skip
    # Without it, podFailurePolicy is refused.
    assert POD["restartPolicy"] == "Never"


def test_three_nights(cluster):
    first = cluster.night("2026-11-19")
    assert first.code == ExitCode.DONE, first.said
    assert "no earlier report to compare with" in first.said
    assert first.report["verdict"]["decision"] == "accept"

    second = cluster.night("2026-11-20")
    assert second.code == ExitCode.DONE, second.said
    assert "2026-11-19:" in second.said
    assert "nothing changed" in second.said

    cluster.account.detach_policy()
    third = cluster.night("2026-11-21")
    assert third.code == ExitCode.FINDINGS, third.said
    assert "error: standing-worse (1)" in third.said

    kept = sorted(path.name for path in (cluster.inside("/state") / "reports").iterdir())
    assert kept == ["2026-11-19", "2026-11-20", "2026-11-21"]
    assert first.report["run"]["at"] <= third.report["run"]["at"]
    assert third.report["verdict"]["decision"] == "do-not-accept"


@pytest.mark.slow
def test_known_findings_may_be_left_out_and_drift_still_fails(cluster):
    cluster.account.detach_policy()
    first = cluster.night("2026-11-19", AUDIT_FAIL_ON="never")
    second = cluster.night("2026-11-20", AUDIT_FAIL_ON="never")
    assert (first.code, second.code) == (ExitCode.DONE, ExitCode.DONE), second.said
    cluster.account.detach_policy()
    assert cluster.night("2026-11-21", AUDIT_FAIL_ON="never").code == ExitCode.FINDINGS


@pytest.mark.slow
def test_a_night_without_a_report_is_stepped_over(cluster):
    assert cluster.night("2026-11-19").code == ExitCode.DONE
    orders = cluster.inside("/config") / "orders.csv"
    good = orders.read_text()
    orders.write_text("order\n")
    assert cluster.night("2026-11-20").code == ExitCode.UNUSABLE
    orders.write_text(good)
    third = cluster.night("2026-11-21")
    assert third.code == ExitCode.DONE, third.said
    assert "2026-11-19:" in third.said
    # A second run of the same night is compared with the night before, not with itself.
    again = cluster.night("2026-11-21")
    assert (again.code, "2026-11-19:" in again.said) == (ExitCode.DONE, True)


@pytest.mark.slow
def test_report_is_sealed_where_there_is_a_key(cluster):
    key = private_key("P-256")
    (cluster.inside("/keys") / "key.pem").write_bytes(private_pem(key, secret="a passphrase"))
    night = cluster.night("2026-11-19", TNG_SIGN_PASSPHRASE="a passphrase")
    assert night.code == ExitCode.DONE, night.said
    public = cluster.root / "auditor.pub.pem"
    public.write_bytes(public_pem(key))
    done = subprocess.run(
        ["tng", "audit", "--check", night.folder / "audit.json", "--key", public],
        env=cluster.account.environment(PATH=programs_first()), check=False,
    )  # fmt: skip
    assert done.returncode == ExitCode.DONE
